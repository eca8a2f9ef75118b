"""Which partition to train: the one expected to improve most on the best so far, per model that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.labels import masks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grouping.sampling.worlds import Worlds

    Array = NDArray[np.float64]

TRIAL = 0.1
"""What a trial costs beside its new models, in models: without it, one that needs none would always come first."""

LEAST = 1e-12
"""Least standard error that is divided by."""


@dataclass(frozen=True, eq=False)
class Expected:
    """What is expected of ``C`` partitions, each array of shape ``(C,)``.

    Args:
        value: Expected value, the higher the better.
        error: Its standard error, with the luck of new groups.
        improvement: Expected improvement on the incumbent.
        reach: How many standard errors the expected value is above the incumbent.
        feasible: Probability that no constraint is violated.
        models: Models that would have to be trained.
    """

    value: Array
    error: Array
    improvement: Array
    reach: Array
    feasible: Array
    models: NDArray[np.intp]

    @property
    def best(self) -> int:
        """The most expected improvement per model.

        Where no world has any, the one that comes closest in its errors, of those that likely keep all constraints.
        """
        worth = self.improvement * self.feasible / (self.models + TRIAL)
        return int(np.lexsort((self.value, self.reach, self.feasible >= 0.5, worth))[-1])


def expected(
    labels: NDArray[np.intp], worlds: Worlds, violations: Sequence[Worlds], *, incumbent: float | None,
    paid: NDArray[np.int64],
) -> Expected:  # fmt: skip
    r"""With :math:`v_d` a partition's value in world ``d``, its expected improvement is the mean of
    :math:`\max(v_d - v_{best}, 0)`.

    The luck of groups that were not seen is in the error, but not in the improvement: every such group has the same
    chance of it, so it tells none from another, and to hope for it is to train one model after the other for nothing.

    Args:
        labels: The partitions, shape ``(C, T)``.
        violations: Worlds of minus each constraint's value.
        incumbent: The best value so far; None, where nothing feasible was told, takes the base, every task alone.
        paid: Groups whose models are trained, as masks.
    """
    values = worlds.values(labels)
    over = values - (worlds.base[:, None] if incumbent is None else incumbent)
    error = np.sqrt(values.var(axis=0) + worlds.luck(labels))
    improvement = np.maximum(over, 0.0).mean(axis=0)
    reach, feasible = over.mean(axis=0) / np.maximum(error, LEAST), np.ones(len(labels))
    for of in violations:
        feasible *= (of.values(labels) >= 0).mean(axis=0)
    masks = masks_of(labels)
    new = (np.bitwise_count(masks) > 1) & ~np.isin(masks, paid)
    return Expected(values.mean(axis=0), error, improvement, reach, feasible, new.sum(axis=1).astype(np.intp))
