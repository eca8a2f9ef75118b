"""Measured changes of every task against its single, with intervals and margins."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.lettering import drawable
from reports.numbers import known
from reports.records import Recommendation
from reports.style import BLUE, INK, MUTED, ORANGE, PAPER, RULE, SHADE, drawn, quiet, sheet

NAMES = {"choice": "chosen grouping", "together": "all together", "random": "random grouping of the same shape"}
"""Groupings that are drawn, and what they are called."""
MARKS = {"choice": ("o", BLUE, BLUE), "together": ("s", MUTED, PAPER), "random": ("D", MUTED, PAPER)}
"""Marker, line and fill of each grouping."""
ROOMY = 24
"""Up to this number of tasks the baselines are drawn beside the choice."""


@dataclass(frozen=True)
class Change:
    """A change of a task's metric against its single, in points, with its two-sided 95 % interval."""

    delta: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ForestRow:
    """One task.

    Args:
        task: Its name.
        group: Number of its group in the tested grouping, from 1.
        margin: Points that may be lost; the lower end must stay above minus the margin.
        verdict: The task's verdict.
        changes: The change under each measured grouping, by its key in :data:`NAMES`.
    """

    task: str
    group: int
    margin: float | None
    verdict: str
    changes: dict[str, Change]


@dataclass(frozen=True)
class ForestInfo:
    """Rows in the order of the tested grouping; ``choice`` says what that grouping is called."""

    rows: tuple[ForestRow, ...]
    choice: str


def _change(delta: float | None, low: float | None, high: float | None) -> Change | None:
    return None if delta is None or not known(delta) else Change(delta, low, high)


def forest_info(recommendation: Recommendation) -> ForestInfo:
    """Collects the measured changes; tasks without any are left out, so an unvalidated run has no rows."""
    rows = []
    for number, group in enumerate(recommendation.tested, start=1):
        for task in group:
            outcome = recommendation.tasks[task]
            found = {"choice": _change(outcome.delta, outcome.low, outcome.high)}
            for key in ("together", "random"):
                baseline = recommendation.baselines.get(key)
                served = baseline.tasks.get(task) if baseline else None
                found[key] = _change(served.delta, served.low, served.high) if served else None
            changes = {key: change for key, change in found.items() if change is not None}
            if changes:
                rows.append(ForestRow(task, number, outcome.margin, outcome.verdict, changes))
    choice = "refuted grouping" if recommendation.verdict == "refuted" else NAMES["choice"]
    return ForestInfo(tuple(rows), choice)


def _draw_changes(axes: Axes, rows: Sequence[ForestRow], key: str, *, shift: float, label: str) -> None:
    """One grouping's points and intervals, ``shift`` below the task's line."""
    marker, line, fill = MARKS[key]
    main = key == "choice"
    chosen = [(y, row.changes[key]) for y, row in enumerate(rows) if key in row.changes]
    for y, change in chosen:
        if change.low is not None and change.high is not None:
            axes.plot([change.low, change.high], [y + shift] * 2, color=line, linewidth=1.8 if main else 0.9, zorder=3)
    axes.scatter(
        [change.delta for _, change in chosen],
        [y + shift for y, _ in chosen],
        marker=marker,
        s=34 if main else 16,
        facecolor=fill,
        edgecolor=line,
        linewidth=1,
        zorder=4,
        label=label,
    )


@drawn
def draw_forest(info: ForestInfo) -> Figure:
    """Draws :class:`ForestInfo`: right of 0 is better than alone; the orange tick is minus the margin."""
    rows = info.rows
    longest = max((len(drawable(row.task)) for row in rows), default=1)
    dense = len(rows) > ROOMY
    figure = sheet(5.9 + 0.07 * longest, (0.21 if dense else 0.44) * len(rows) + 1.2)
    axes = figure.add_subplot()
    drawn_keys = ["choice"] if dense else list(NAMES)
    present = [key for key in drawn_keys if any(key in row.changes for row in rows)]
    shifts = {"choice": -0.16 if len(present) > 1 else 0.0, "together": 0.1, "random": 0.3}
    for key in present:
        _draw_changes(axes, rows, key, shift=shifts[key], label=info.choice if key == "choice" else NAMES[key])
    marked = [(y, -row.margin) for y, row in enumerate(rows) if row.margin is not None]
    for y, margin in marked:
        axes.plot([margin, margin], [y - 0.42, y + 0.42], color=ORANGE, linewidth=1.4, zorder=2)
    if marked:
        axes.plot([], [], color=ORANGE, linewidth=1.4, label="minus the margin")
    for y, row in enumerate(rows):
        if row.group % 2 == 0:
            axes.axhspan(y - 0.5, y + 0.5, color=SHADE, linewidth=0, zorder=0)
        verdict = axes.annotate(row.verdict, (1.015, y), xycoords=("axes fraction", "data"), va="center", fontsize=8)
        verdict.set(**{"color": MUTED} if row.verdict == "confirmed" else {"color": INK, "fontweight": "bold"})
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [drawable(row.task) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("change of the task's metric against the task alone (points, 95 % interval; right is better)")
    quiet(axes)
    axes.grid(axis="x", color=RULE)
    axes.spines["left"].set_visible(False)
    figure.legend(loc="outside upper left", ncols=4, handletextpad=0.3, columnspacing=1.3)
    return figure
