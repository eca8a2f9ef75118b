"""A number with its error, and how the errors of gains and of correlations come about."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

CONFIDENCE = 0.95
"""How often an interval holds the truth."""
FEWEST = 4
"""Tasks of which one can be left out with a correlation left."""


@dataclass(frozen=True)
class Estimate:
    """A sum or mean of gains; no unit.

    Args:
        value: The estimate; what 0 means is said where it is used.
        error: Its standard error, 0 or more.
        low: Lower end of its two-sided 95 % interval, Student's t.
        high: Upper end.
    """

    value: float
    error: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether the interval excludes 0; otherwise the value is within noise."""
        return self.low > 0 or self.high < 0


def estimate(value: float, variance: float, freedom: float) -> Estimate:
    """``value`` with the interval that its error variance and degrees of freedom, above 0 and perhaps infinite, leave.

    Of several gains the fewest degrees of freedom count: their noise is pooled, so they do not add to each other's.
    """
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    return Estimate(float(value), error, float(value) - half, float(value) + half)


def of_one_run(weighted: Array) -> Array:
    r"""Variance of a weighted sum over the members of one training run; shape ``(..., M)`` to ``(...)``.

    ``weighted`` are weights times standard errors. Members share the run, so their errors have some correlation between
    0 and 1, which one run does not tell. The variance is linear in it, so the larger of the two ends counts:
    :math:`\sum_m (w_m e_m)^2` for a difference, :math:`(\sum_m w_m e_m)^2` for a mean.
    """
    larger: Array = np.maximum((weighted**2).sum(axis=-1), weighted.sum(axis=-1) ** 2)
    return larger


def jackknife_error(statistic: Callable[[NDArray[np.int64]], float], count: int) -> float:
    r"""Standard error of a statistic of ``count`` tasks, given the indices of those kept; NaN where it is undefined.

    :math:`\sqrt{(T - 1) / T \cdot \sum_t (s_{-t} - \bar s)^2}`, leaving out one task with its row and its column. Pairs
    that are independent of each other make it too large, by a factor of up to the root of 2; tasks that move all of
    their pairs do not.
    """
    left = np.array([statistic(np.delete(np.arange(count), t)) for t in range(count)])
    return float(np.sqrt((count - 1) / count * np.sum((left - left.mean()) ** 2)))


def correlation_over_tasks(
    correlate: Callable[[Array, Array], float], left: Array, right: Array
) -> tuple[float | None, float | None, float | None]:
    """A correlation of two tables and the ends of its two-sided 95 % interval, each None where undefined.

    Student's t with ``T - 1`` degrees of freedom on :func:`jackknife_error`, within -1 and 1.

    Args:
        correlate: Of two tables of shape ``(T, T)``; NaN where it is undefined.
        left: Sources by targets, shape ``(T, T)``.
        right: The same of the other side.
    """
    value, count = correlate(left, right), len(left)
    if not np.isfinite(value):
        return None, None, None

    def without(kept: NDArray[np.int64]) -> float:
        cut = np.ix_(kept, kept)
        return correlate(left[cut], right[cut])

    error = jackknife_error(without, count) if count >= FEWEST else float("nan")
    if not np.isfinite(error):
        return value, None, None
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    return value, max(value - half, -1.0), min(value + half, 1.0)
