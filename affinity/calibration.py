r"""Can forecasts of gains be believed: predicted against measured, and the correction of a clear bias.

A forecast is a posterior mean :math:`x` with a standard error :math:`s_x`: the truth is taken to scatter around it.
What is then measured has an error :math:`s_y` of its own. So for a calibrated forecast

.. math:: y = a + b x + e, \quad a = 0, \; b = 1, \quad \operatorname{var} e = s_x^2 + s_y^2,

both errors in one residual. This is Berkson's error model: the line is fitted by least squares with weights
:math:`1 / (s_x^2 + s_y^2)`. Deming's or York's line, for an :math:`x` that scatters around a truth, would find a slope
above 1 in forecasts that are right, because posterior means are shrunk already.

The line is told by its *level*, the mean error :math:`c = \overline{y - x}` at the weighted mean :math:`\bar x` of the
forecasts, and its *slope* :math:`b`; :math:`a = c + (1 - b) \bar x`. Members of a group share one training run, so
standard errors come from leaving one group out at a time (jackknife, t with one degree of freedom less than there are
groups), and are never below those that the stated errors give.

A bias is *clear* if the interval of the level excludes 0 or that of the slope excludes 1, each at 97.5 %, so that both
together err in 5 %. Only then, and only with :data:`ENOUGH_GROUPS` groups, is it corrected, by the part that is clear,
shrunk by :math:`1 - (se / effect)^2`, since what is corrected only when it is large was found too large. ``python -m
benchmarks.calibration`` simulates what that does with and without a bias.

That a search trains the groups that look best makes no bias by itself: its choice follows from what was known, and so
does the forecast.

Source: Berkson, JASA 45 (1950), https://doi.org/10.1080/01621459.1950.10483349; the jackknife over groups
is that of Efron and Stein, Ann. Statist. 9 (1981), https://doi.org/10.1214/aos/1176345462.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

FEWEST_GROUPS = 5
"""Trained groups below which no line is fitted: leaving one out tells nothing then."""
ENOUGH_GROUPS = 12
"""Trained groups below which a clear bias is told and not corrected: with eight, correcting what is no bias made
forecasts 2 % worse on average in the simulation."""
CLEAR = 0.975
"""Confidence of the two intervals that decide whether a bias is clear; together they err in 5 %."""
SLOPES = (0.1, 3.0)
"""A corrected slope stays within these: a line through few points can have any."""
COVERED = (0.90, 0.95)
"""Levels of the predictive intervals that are counted."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """One task's gain in one group, predicted before the group was measured."""

    run: str
    """The run that it is of."""
    group: tuple[str, ...]
    """The group."""
    task: str
    """The member."""
    predicted: float
    """Expected gain."""
    predicted_error: float
    """Its standard error."""
    measured: float
    """Measured gain."""
    measured_error: float
    """Its standard error."""

    @property
    def error(self) -> float:
        """Standard deviation that the difference should have."""
        return float(np.hypot(self.predicted_error, self.measured_error))


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """An estimate with its interval."""

    value: float
    error: float
    """Standard error."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How often predictive intervals held the measured gain."""

    level: float
    """How often they should."""
    held: int
    """How often they did."""
    share: float
    """``held`` over all."""
    low: float
    """Lower end of the exact binomial 95 % interval of the share, which takes points as independent: members of one
    group are not, so it is rather too narrow."""
    high: float
    """Upper end."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A forecast ``x`` becomes ``x + level + (slope - 1) * (x - centre)``; its error is multiplied by ``slope``."""

    level: float = 0.0
    """Added to every forecast: a gain, no unit."""
    slope: float = 1.0
    """Of corrected over uncorrected forecasts; above 0."""
    centre: float = 0.0
    """Where the slope leaves a forecast as it is."""

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise ValueError(f"Expected a slope above 0, but got {self.slope}.")

    def apply(self, predicted: Array) -> Array:
        """Corrected forecasts, of any shape."""
        corrected: Array = predicted + self.level + (self.slope - 1) * (predicted - self.centre)
        return corrected

    def undo(self, corrected: float) -> float:
        """The forecast before it was corrected."""
        return self.centre + (corrected - self.centre - self.level) / self.slope


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Forecasts against what was measured."""

    points: int
    """Gains of a task in a group."""
    groups: int
    """Trained groups."""
    runs: tuple[str, ...]
    """Runs that they are of."""
    mean_standardised: float | None
    """Mean of (measured - predicted) / error; 0 for forecasts without bias. None without points."""
    spread_standardised: float | None
    """Root mean square of the same; 1 if stated errors are right, above 1 if they are too small."""
    coverage: tuple[Coverage, ...]
    """By :data:`COVERED`."""
    mean_error: Estimated | None
    """Weighted mean of measured - predicted, 95 % interval, for any number of groups: the stated errors of a group's
    members are added as if they moved as one, those of different groups as independent. None without points."""
    centre: float | None
    """Weighted mean of the forecasts."""
    level: Estimated | None
    """Mean error at the centre, 97.5 % interval; None below :data:`FEWEST_GROUPS` groups."""
    intercept: float | None
    """a: what is measured where 0 is predicted."""
    slope: Estimated | None
    """b, 97.5 % interval; None below :data:`FEWEST_GROUPS` groups or where all forecasts are equal."""
    bias: Literal["clear", "not clear", "too few groups"]
    """Whether an interval excludes 0 or 1."""
    correction: Correction | None
    """What takes a clear bias away; None if it is not clear, or there are fewer than :data:`ENOUGH_GROUPS` groups."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"runs": list(self.runs), "coverage": [asdict(of) for of in self.coverage]}


def calibrate(points: Sequence[Forecast]) -> Calibration:
    """Compares forecasts with measurements; those without any error are left out, as nothing was measured there.

    Raises:
        ValueError: If a number is not finite or an error below 0.
    """
    numbers = np.array(
        [[p.predicted, p.predicted_error, p.measured, p.measured_error] for p in points], dtype=np.float64
    ).reshape(-1, 4)
    if not np.isfinite(numbers).all() or (numbers[:, [1, 3]] < 0).any():
        raise ValueError("Expected finite gains with errors of 0 or more.")
    kept = [point for point in points if point.error > 0]
    names = sorted({(point.run, point.group) for point in kept})
    x, y, s = (np.array([getattr(p, of) for p in kept]) for of in ("predicted", "measured", "error"))
    of_group = np.array([names.index((point.run, point.group)) for point in kept], dtype=np.intp)
    z = (y - x) / s
    enough = len(names) >= FEWEST_GROUPS
    level, slope, centre = _line(x, y, s, of_group) if enough else (None, None, None)
    correction = None if level is None or centre is None else _correction(level, slope, centre)
    intercept = None
    if level is not None and centre is not None:
        intercept = level.value + (1 - (1.0 if slope is None else slope.value)) * centre
    return Calibration(
        points=len(kept),
        groups=len(names),
        runs=tuple(sorted({point.run for point in kept})),
        mean_standardised=float(z.mean()) if kept else None,
        spread_standardised=float(np.sqrt((z**2).mean())) if kept else None,
        coverage=tuple(_coverage(z, of) for of in COVERED) if kept else (),
        mean_error=_mean_error(y - x, s, of_group) if kept else None,
        centre=centre,
        level=level,
        intercept=intercept,
        slope=slope,
        bias="too few groups" if not enough else "not clear" if correction is None else "clear",
        correction=correction if len(names) >= ENOUGH_GROUPS else None,
    )


def _mean_error(error: Array, s: Array, group: NDArray[np.intp]) -> Estimated:
    weight = s**-2.0 / (s**-2.0).sum()
    value = float(weight @ error)
    own = float(np.sqrt((np.bincount(group, weights=weight * s) ** 2).sum()))
    half = float(stats.norm.ppf(0.975)) * own
    return Estimated(value=value, error=own, low=value - half, high=value + half)


def _line(x: Array, y: Array, s: Array, group: NDArray[np.intp]) -> tuple[Estimated, Estimated | None, float]:
    """Level at the centre, slope and centre."""
    weight = s**-2.0
    centre = float(np.average(x, weights=weight))
    sloped = _sloped(x, weight)
    count = int(group.max()) + 1
    theta = _fit(x - centre, y - x, weight, sloped=sloped)
    parts = np.stack([_fit(*(v[group != g] for v in (x - centre, y - x, weight)), sloped=sloped) for g in range(count)])
    left_out = np.sqrt((count - 1) / count * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    spread = (weight * (x - centre) ** 2).sum()
    stated = np.array([weight.sum() ** -0.5, spread**-0.5 if sloped else 0.0])
    errors = np.maximum(left_out, stated)
    t = float(stats.t.ppf((1 + CLEAR) / 2, count - 1))

    def estimated(value: float, error: float) -> Estimated:
        return Estimated(value=value, error=error, low=value - t * error, high=value + t * error)

    level = estimated(float(theta[0]), float(errors[0]))
    return level, estimated(1 + float(theta[1]), float(errors[1])) if sloped else None, centre


def _sloped(x: Array, weight: Array) -> bool:
    """Whether forecasts differ at all, in every sample that leaves one out too as far as rounding tells."""
    return bool(np.ptp(x) > 1e-12 * max(1.0, float(np.abs(x).max()))) and len(weight) > 2


def _fit(x: Array, error: Array, weight: Array, *, sloped: bool) -> Array:
    """Mean error at 0 and its slope, by weighted least squares; a slope of 0 where ``x`` does not vary."""
    mean_x, mean = np.average(x, weights=weight), np.average(error, weights=weight)
    spread = (weight * (x - mean_x) ** 2).sum()
    steep = float((weight * (x - mean_x) * (error - mean)).sum() / spread) if sloped and spread > 0 else 0.0
    return np.array([mean - steep * mean_x, steep])


def _correction(level: Estimated, slope: Estimated | None, centre: float) -> Correction | None:
    shifted = not level.low <= 0 <= level.high
    tilted = slope is not None and not slope.low <= 1 <= slope.high
    if not (shifted or tilted):
        return None
    tilt = _shrunk(slope.value - 1, slope.error) if slope is not None and tilted else 0.0
    return Correction(
        level=_shrunk(level.value, level.error) if shifted else 0.0,
        slope=float(np.clip(1 + tilt, *SLOPES)),
        centre=centre,
    )


def _shrunk(effect: float, error: float) -> float:
    return effect * max(0.0, 1 - (error / effect) ** 2)


def _coverage(z: Array, level: float) -> Coverage:
    held, count = int((np.abs(z) <= stats.norm.ppf((1 + level) / 2)).sum()), len(z)
    low = float(stats.beta.ppf(0.025, held, count - held + 1)) if held else 0.0
    high = float(stats.beta.ppf(0.975, held + 1, count - held)) if held < count else 1.0
    return Coverage(level=level, held=held, share=held / count, low=low, high=high)
