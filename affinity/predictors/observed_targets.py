"""What was measured, target by target, in units of each target's own spread."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import Measured
from affinity.predictors.hybrid import UNMEASURED
from affinity.predictors.marginal_likelihood import COMMON_MEAN
from affinity.predictors.measurements import SMALLEST, apart, membership
from affinity.predictors.target_spread import spreads

Array = NDArray[np.float64]
Members = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Observed:
    """What was measured of one target in ``n`` groups, in its spreads.

    Args:
        target: Its column.
        rows: Which of all measured groups these are, shape ``(n,)``.
        members: The groups, shape ``(n, T)``.
        values: Less the expected trend with size, shape ``(n,)``.
        own: Own standard errors, above 0, alike.
        shared: Standard errors of the reference, alike.
    """

    target: int
    rows: NDArray[np.intp]
    members: Members
    values: Array
    own: Array
    shared: Array


def trend(members: Members) -> Array:
    """What is expected of groups of these sizes, in spreads of a target, shape ``(G,)``."""
    found: Array = COMMON_MEAN[1] * np.log(np.maximum(members.sum(axis=1), 1) / 2)
    return found


def observe(tasks: tuple[str, ...], measured: tuple[Measured, ...]) -> tuple[Array, tuple[Observed, ...]]:
    """Every target's spread, shape ``(T,)``, and what was measured of it."""
    members = membership(tasks, measured)
    values, own, shared = np.zeros((3, *members.shape))
    for row, of in enumerate(measured):
        at = [tasks.index(name) for name in of.group]
        values[row, at], own[row, at], shared[row, at] = apart(of)
    rows = [np.flatnonzero(members[:, t]) for t in range(len(tasks))]
    spread = spreads([values[of, t] for t, of in enumerate(rows)], UNMEASURED)
    return spread, tuple(
        Observed(
            target=t,
            rows=of,
            members=members[of],
            values=values[of, t] / spread[t] - trend(members[of]),
            own=np.maximum(own[of, t] / spread[t], SMALLEST),
            shared=shared[of, t] / spread[t],
        )
        for t, of in enumerate(rows)
    )
