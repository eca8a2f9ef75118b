"""Intervals, tests and what would settle them. Knows numbers and their errors, nothing of tasks or runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from affinity.gains import MeasuredGroup

Array = NDArray[np.float64]

Confidence = float | Callable[[float], float]
"""Of a two-sided interval: a number, or, at one of several looks, what follows from the share of the estimate's
variance that more runs leave as it is (:meth:`grouping.spending.Look.confidence`)."""

POWER = 0.9
"""Chance of seeing an effect that planning asks for."""


@dataclass(frozen=True)
class Interval:
    """An estimate and the range that the data leave.

    Args:
        estimate: The middle.
        low: Lower end.
        high: Upper end.
        confidence: How often such a range holds the truth.
    """

    estimate: float
    low: float
    high: float
    confidence: float


def t_interval(estimate: float, error: float, freedom: float, *, confidence: float = 0.95) -> Interval:
    """The two-sided interval ``estimate +- t(freedom) * error``.

    A percentile bootstrap over three seeds covers 73 % where this covers 95 %.

    Args:
        error: Standard error, 0 or more.
        freedom: Its degrees of freedom, above 0; infinite for a normal interval.

    Raises:
        ValueError: If the error is below 0 or unknown, or the confidence is not between 0 and 1.
    """
    half = quantile(freedom, confidence=confidence) * _known(error)
    return Interval(estimate, estimate - half, estimate + half, confidence)


def level(confidence: Confidence, *, fixed: float, total: float) -> float:
    """The confidence as a number.

    Args:
        fixed: Variance that more runs leave as it is.
        total: All of it.
    """
    if not callable(confidence):
        return confidence
    return confidence(min(fixed / total, 1.0) if total > 0 else 0.0)


def quantile(freedom: float, *, confidence: float = 0.95) -> float:
    """How many standard errors a two-sided interval reaches to each side."""
    if not 0 < confidence < 1 or not freedom > 0:
        raise ValueError(f"Expected a confidence in (0, 1) and freedom above 0, but got {confidence} and {freedom}.")
    return float(stats.t.ppf((1 + confidence) / 2, freedom))


def p_above(estimate: float, error: float, freedom: float, *, null: float = 0.0) -> float:
    """One-sided p value of "the truth is at most ``null``"; without error 0 above ``null`` and 1 otherwise."""
    if _known(error) == 0:
        return float(estimate <= null)
    return float(stats.t.sf((estimate - null) / error, freedom))


def holm(p_values: Sequence[float]) -> Array:
    """Holm's adjusted p values, in the order given: reject those below ``alpha`` and at most ``alpha`` errs at all.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979), https://www.jstor.org/stable/4615733.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"Expected p values between 0 and 1, but got {p.tolist()}.")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def non_inferior(interval: Interval, margin: float) -> bool:
    """Whether at most ``margin`` is lost: the lower end is above minus the margin.

    The lower end of a two-sided 95 % interval makes it a one-sided test at 2.5 %. If all of several tasks must pass,
    each is tested at that level and nothing is adjusted: an intersection-union test.
    """
    return interval.low > -margin


def detectable_effect(error: float, freedom: float, *, confidence: float = 0.95, power: float = POWER) -> float:
    """The smallest true effect that an experiment with this error finds significant with probability ``power``."""
    return (quantile(freedom, confidence=confidence) + float(stats.t.ppf(power, freedom))) * _known(error)


def times_more(fixed: float, falling: float, *, wanted: float) -> float | None:
    """How many times more data bring a standard error down to ``wanted``.

    Args:
        fixed: The part of the standard error that more of this kind of data does not touch.
        falling: The part that falls with the root of it.

    Returns:
        At least 1; None if the fixed part alone is too large.
    """
    if fixed**2 + falling**2 <= wanted**2:
        return 1.0
    left = wanted**2 - fixed**2
    return falling**2 / left if left > 0 else None


def delta_intervals(of: MeasuredGroup, *, confidence: Confidence = 0.95) -> dict[str, Interval]:
    """The interval of every member's delta, in points; from 0 to 0 for a single."""
    rows = zip(of.group, of.delta, of.delta_error, of.freedom, strict=True)
    return {
        name: t_interval(float(d), float(e), float(f), confidence=delta_level(of, name, confidence))
        for name, d, e, f in rows
    }


def delta_level(of: MeasuredGroup, name: str, confidence: Confidence) -> float:
    """The confidence of a member's delta as a number; nothing counts as fixed where the error's parts are unknown."""
    at = of.group.index(name)
    fixed = 0.0 if of.delta_parts is None else float(of.delta_parts.sample[at]) ** 2
    return level(confidence, fixed=fixed, total=float(of.delta_error[at]) ** 2)


def mean_over_tasks(
    groups: Sequence[MeasuredGroup], *, quantity: str = "gain", confidence: Confidence = 0.95
) -> Interval:
    r"""Interval of the mean over all tasks of a grouping, of ``gain`` (no unit) or ``delta`` (points).

    Every task has its own reference and its own held-out examples, so those errors are independent between tasks: tasks
    on the very same examples would need a wider interval. Members of a group share its run, whose noise they may have
    in common: with the correlation :math:`\rho` that the replicates show (:mod:`affinity.companions`), the members'
    run errors :math:`b_t` add the variance :math:`\rho (\sum b_t)^2 + (1 - \rho) \sum b_t^2`. Where a group's errors
    are not known by parts, its members' are added as if they moved as one. Groups are trained apart: their variances
    add up, and what equal seeds may have made alike there is neglected. Degrees of freedom are Satterthwaite's over
    groups, each with the fewest of its members. Singles count with 0 and no error.

    Raises:
        ValueError: If ``groups`` is empty or ``quantity`` is another word.
    """
    if not groups or quantity not in ("gain", "delta"):
        raise ValueError(f"Expected groups and `gain` or `delta`, but got {len(groups)} groups and `{quantity}`.")
    count = sum(len(of.group) for of in groups)
    total = 0.0
    squares, uncertain, fixed = 0.0, 0.0, 0.0
    for of in groups:
        gain = quantity == "gain"
        freedom = of.gain_freedom if gain else of.freedom
        total += float((of.gain if gain else of.delta).sum())
        variance = sum_variance(of, gain=gain)
        squares += variance
        parts = of.gain_parts if gain else of.delta_parts
        fixed += 0.0 if parts is None else float(np.sum(parts.sample**2))
        uncertain += variance**2 / float(freedom.min())
    freedom_of_mean = squares**2 / uncertain if uncertain > 0 else np.inf
    nominal = level(confidence, fixed=fixed, total=squares)
    return t_interval(total / count, float(np.sqrt(squares)) / count, freedom_of_mean, confidence=nominal)


def sum_variance(of: MeasuredGroup, *, gain: bool) -> float:
    """Variance of the sum over a group's members of their gains, or of their deltas."""
    parts, errors, companions = (
        (of.gain_parts, of.gain_error, of.gain_companions)
        if gain
        else (of.delta_parts, of.delta_error, of.delta_companions)
    )
    if parts is None:
        return float(errors.sum()) ** 2
    runs = companions * float(parts.run.sum()) ** 2 + (1 - companions) * float(np.sum(parts.run**2))
    return runs + float(np.sum(parts.reference**2) + np.sum(parts.sample**2))


def _known(error: float) -> float:
    if not error >= 0:
        raise ValueError(f"Expected a standard error of 0 or more, but got {error}.")
    return error
