"""Learning curves: a task in its group against its step-matched reference."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.lettering import drawable
from reports.records import Curve, Evidence, Group
from reports.style import BLUE, MUTED, PAPER, drawn, quiet, sheet

PANELS = 24
"""At most this number of tasks get a panel, in drawing order."""


@dataclass(frozen=True)
class Line:
    """One run's curve of one task.

    Args:
        run: ``reference`` or ``group``.
        seed: The run's seed.
        passes: Passes over the task's own examples, shape ``(points,)``.
        loss: Mean stop-half loss, shape ``(points,)``.
        chosen: Index of the point that was read.
    """

    run: str
    seed: int
    passes: tuple[float, ...]
    loss: tuple[float, ...]
    chosen: int


@dataclass(frozen=True)
class CurvesInfo:
    """Lines by task, in drawing order, and the number of tasks that were left out for space."""

    tasks: Mapping[str, tuple[Line, ...]]
    left_out: int


def _line(run: str, curve: Curve) -> Line | None:
    """The curve's finite points; None where fewer than two are left or the chosen one is not among them."""
    points = [(i, x, y) for i, (x, y) in enumerate(zip(curve.grid, curve.stop, strict=False)) if y is not None]
    places = [i for i, _, _ in points]
    if len(points) < 2 or curve.chosen not in places:
        return None
    passes, losses = tuple(x for _, x, _ in points), tuple(y for _, _, y in points)
    return Line(run, curve.seed, passes, losses, places.index(curve.chosen))


def curves_info(evidence: Evidence, groups: tuple[Group, ...]) -> CurvesInfo:
    """Reference and serving group of every task, in the order of ``groups``."""
    found: dict[str, tuple[Line, ...]] = {}
    for group in groups:
        key = "+".join(sorted(group))
        for task in group:
            runs = evidence.curves.get(task, {})
            curves = [("reference", c) for c in runs.get("reference", ())]
            curves += [("group", c) for c in runs.get(key, ()) if len(group) > 1]
            lines = [line for line in (_line(run, curve) for run, curve in curves) if line is not None]
            if lines:
                found[task] = tuple(lines)
    kept = dict(list(found.items())[:PANELS])
    return CurvesInfo(kept, len(found) - len(kept))


def _panel(axes: Axes, task: str, lines: tuple[Line, ...]) -> None:
    """One task's curves; a ring marks the point that was read."""
    for line in lines:
        group = line.run == "group"
        colour, style = (BLUE, "-") if group else (MUTED, (0, (3, 1.5)))
        axes.plot(line.passes, line.loss, color=colour, linestyle=style, linewidth=1.5 if group else 1.1)
        point = (line.passes[line.chosen], line.loss[line.chosen])
        axes.scatter(*point, s=26, facecolor=PAPER, edgecolor=colour, linewidth=1.3, zorder=4)
    axes.set_title(drawable(task, limit=26), loc="left", fontsize=8.5)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(labelsize=7.5)
    quiet(axes, grid="y")


@drawn
def draw_curves(info: CurvesInfo) -> Figure:
    """Draws :class:`CurvesInfo` as one small panel per task, each with its own scale."""
    columns = min(3, len(info.tasks)) or 1
    rows = math.ceil(len(info.tasks) / columns)
    figure = sheet(2.75 * columns + 0.3, 1.85 * rows + 0.75)
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes, (task, lines) in zip(panels.flat, info.tasks.items(), strict=False):
        _panel(axes, task, lines)
    for axes in list(panels.flat)[len(info.tasks) :]:
        axes.set_visible(False)
    first = panels[0, 0]
    if any(line.run == "group" for lines in info.tasks.values() for line in lines):
        first.plot([], [], color=BLUE, linewidth=1.5, label="in its group")
    first.plot([], [], color=MUTED, linestyle=(0, (3, 1.5)), linewidth=1.1, label="reference (alone, step-matched)")
    first.scatter([], [], s=26, facecolor=PAPER, edgecolor=MUTED, linewidth=1.3, label="point that was read")
    figure.legend(*first.get_legend_handles_labels(), loc="outside upper left", ncols=3, columnspacing=1.3)
    figure.supxlabel("passes over the task's own examples", fontsize=8.5)
    figure.supylabel("loss on the stop half", fontsize=8.5)
    return figure
