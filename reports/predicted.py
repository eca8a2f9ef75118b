"""Predicted gains against measured ones: can the probe runs be believed?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.records import Group, GroupGains, Recommendation
from reports.style import BLUE, INK, MUTED, ORANGE, PAPER, drawn, quiet, sheet
from reports.trust import Calibrated

PHASES = {"probe": "probe runs", "search": "search", "validation": "validation"}
"""Where a measurement came from."""
MARKS = {"probe": ("o", MUTED, PAPER), "search": ("s", ORANGE, ORANGE), "validation": ("o", BLUE, BLUE)}
"""Marker, line and fill."""


@dataclass(frozen=True)
class Prediction:
    """One task's gain in one group, predicted before it was measured.

    Args:
        group: The group.
        task: The member.
        phase: One of :data:`PHASES`.
        predicted: Predicted gain.
        predicted_error: Its standard error, or None.
        measured: Measured gain.
        measured_error: Its standard error, or None.
    """

    group: Group
    task: str
    phase: str
    predicted: float
    predicted_error: float | None
    measured: float
    measured_error: float | None


@dataclass(frozen=True)
class PredictedInfo:
    """Points, Pearson's correlation (None below three points) and the root mean squared difference (None without);
    and the line of the calibration, measured = intercept + slope * predicted, where forecasts have a clear bias: any
    other line is noise."""

    points: tuple[Prediction, ...]
    correlation: float | None
    difference: float | None
    line: tuple[float, float] | None = None


def predicted_info(measured: Sequence[GroupGains], recommendation: Recommendation) -> PredictedInfo:
    """All gains that were both predicted and measured.

    Where the evidence has no validation entry with predictions, the answer's own test gains stand in for them.
    """
    points = []
    for entry in measured:
        for task in entry.group:
            guess, gain = (entry.predicted or {}).get(task), entry.gain.get(task)
            if guess is not None and gain is not None:
                errors = ((entry.predicted_error or {}).get(task), entry.gain_error.get(task))
                points.append(Prediction(entry.group, task, entry.phase, guess, errors[0], gain, errors[1]))
    if not any(point.phase == "validation" for point in points):
        for group in recommendation.tested:
            for task in group:
                row = recommendation.tasks[task]
                if len(group) > 1 and row.predicted is not None and row.gain is not None:
                    error = row.predicted_error
                    points.append(Prediction(group, task, "validation", row.predicted, error, row.gain, None))
    x, y = np.array([p.predicted for p in points]), np.array([p.measured for p in points])
    spread = len(points) > 2 and x.std() > 0 and y.std() > 0
    correlation = float(np.corrcoef(x, y)[0, 1]) if spread else None
    difference = float(np.sqrt(np.mean((x - y) ** 2))) if points else None
    return PredictedInfo(tuple(points), correlation, difference, _line(recommendation.calibration))


def _line(calibration: Calibrated | None) -> tuple[float, float] | None:
    """Of the forecasts as they were used: corrected ones, where they were corrected."""
    of = None if calibration is None else calibration.corrected or calibration.forecasts
    if of is None or of.bias != "clear" or of.intercept is None or of.slope is None or of.slope.value is None:
        return None
    return of.intercept, of.slope.value


@drawn
def draw_predicted(info: PredictedInfo) -> Figure:
    """Draws :class:`PredictedInfo` with the line on which prediction and measurement agree."""
    figure = sheet(5.0, 4.4)
    axes = figure.add_subplot()
    for phase, name in PHASES.items():
        points = [p for p in info.points if p.phase == phase]
        if not points:
            continue
        marker, line, fill = MARKS[phase]
        x, y = [p.predicted for p in points], [p.measured for p in points]
        errors = ([p.predicted_error or 0.0 for p in points], [p.measured_error or 0.0 for p in points])
        axes.errorbar(x, y, xerr=errors[0], yerr=errors[1], fmt="none", ecolor=line, elinewidth=0.7, alpha=0.55)
        axes.scatter(x, y, s=24, marker=marker, facecolor=fill, edgecolor=line, linewidth=1, zorder=3, label=name)
    values = [v for p in info.points for v in (p.predicted, p.measured)] or [0.0]
    room = 0.12 * (max(values) - min(values)) or 0.01
    ends = (min(*values, 0.0) - room, max(*values, 0.0) + room)
    axes.plot(ends, ends, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1, label="equal")
    if info.line is not None:
        axes.plot(ends, [info.line[0] + info.line[1] * x for x in ends], color=ORANGE, linewidth=1.1, label="fitted")
    axes.axhline(0, color=INK, linewidth=0.5, zorder=0)
    axes.axvline(0, color=INK, linewidth=0.5, zorder=0)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set_xlabel("predicted gain (± standard error)")
    axes.set_ylabel("measured gain (± standard error)")
    quiet(axes)
    figure.legend(loc="outside upper left", ncols=4, handletextpad=0.4, columnspacing=1.3)
    return figure
