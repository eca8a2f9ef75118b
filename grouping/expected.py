"""Which partition to train: the one expected to improve most on the best so far, per model that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from grouping.labels import masks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grouping.worlds import Worlds

    Array = NDArray[np.float64]

TRIAL = 0.1
"""What a trial costs beside its new models, in models: without it, one that needs none would always come first."""


@dataclass(frozen=True, eq=False)
class Expected:
    """What is expected of ``C`` partitions, each array of shape ``(C,)``.

    Args:
        value: Expected value, the higher the better.
        error: Its standard error.
        improvement: Expected improvement on the incumbent.
        feasible: Probability that no constraint is violated.
        models: Models that would have to be trained.
    """

    value: Array
    error: Array
    improvement: Array
    feasible: Array
    models: NDArray[np.intp]

    @property
    def best(self) -> int:
        """The most expected improvement per model, and of equal ones the highest expected value."""
        worth = self.improvement * self.feasible / (self.models + TRIAL)
        return int(np.lexsort((self.value, worth))[-1])


def expected(
    labels: NDArray[np.intp], worlds: Worlds, violations: Sequence[Worlds], *, incumbent: float | None,
    paid: NDArray[np.int64],
) -> Expected:  # fmt: skip
    r"""With :math:`v_d` a partition's value in world ``d`` and :math:`\sigma_d` the spread of its luck there, the mean of

    .. math:: E \max(v_d + \sigma_d Z - v_{best}, 0)
              = (v_d - v_{best}) \Phi(u_d) + \sigma_d \varphi(u_d), \qquad u_d = (v_d - v_{best}) / \sigma_d .

    Args:
        labels: The partitions, shape ``(C, T)``.
        violations: Worlds of minus each constraint's value.
        incumbent: The best value so far; None, where nothing feasible was told, takes the base, every task alone.
        paid: Groups whose models are trained, as masks.
    """
    values, luck = worlds.values(labels)
    over = values - (worlds.base[:, None] if incumbent is None else incumbent)
    sigma = np.sqrt(luck) + 1e-12
    ratio = over / sigma
    density = np.exp(-0.5 * ratio**2) / np.sqrt(2 * np.pi)
    improvement = np.maximum(over * ndtr(ratio) + sigma * density, 0.0).mean(axis=0)
    feasible = np.ones(len(labels))
    for of in violations:
        margin, own = of.values(labels)
        feasible *= ndtr(margin / (np.sqrt(own) + 1e-12)).mean(axis=0)
    masks = masks_of(labels)
    new = (np.bitwise_count(masks) > 1) & ~np.isin(masks, paid)
    error = np.sqrt(values.var(axis=0) + luck.mean(axis=0))
    return Expected(values.mean(axis=0), error, improvement, feasible, new.sum(axis=1).astype(np.intp))
