"""Affinities as a directed graph: who helps and who hurts whom, where that is beyond its error."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path
from numpy.typing import NDArray

from reports import numbers
from reports.heatmap import heatmap_info
from reports.lettering import drawable
from reports.numbers import signed
from reports.origin import origin
from reports.style import BLUE, INK, ORANGE, PAPER, RULE, drawn, sheet

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix

MOST = 40
"""Arrows of either sign that are drawn, the strongest; more hide each other."""
NODE = 0.1
"""Radius of a task's mark, in inches."""
APART = 1.7
"""Places from the last task of a group to the first of the next."""
LEVEL_NAMES = 12
"""Up to this number of tasks names are level; above, they point away from the circle."""
DASHED = (0, (2.6, 1.1))
"""Lines that hurt, so that they can be told without colours."""

Point = NDArray[np.float64]


@dataclass(frozen=True)
class Arrow:
    """A directed affinity whose interval excludes 0.

    Args:
        source: Helps if ``score`` is above 0, else hurts.
        target: Gains or loses.
        score: The target's gain; no unit.
        error: Its standard error.
        shown: Whether it is among the strongest of its sign, which are drawn.
    """

    source: str
    target: str
    score: float
    error: float
    shown: bool


@dataclass(frozen=True)
class GraphInfo:
    """The graph.

    Args:
        tasks: All tasks clockwise, groups unbroken.
        groups: Number of every task's group, from 1; None where it is in none.
        arrows: What is beyond its error, the strongest first.
        limit: Size from which on arrows are equally thick, so that an outlier cannot thin all others.
        estimator: What made the affinities; empty where unknown.
    """

    tasks: tuple[str, ...]
    groups: tuple[int | None, ...]
    arrows: tuple[Arrow, ...]
    limit: float
    estimator: str

    @property
    def shown(self) -> tuple[Arrow, ...]:
        """The arrows that are drawn."""
        return tuple(arrow for arrow in self.arrows if arrow.shown)


def graph_info(matrix: "AffinityMatrix", groups: Sequence[Sequence[str]] = ()) -> GraphInfo:
    """All directed affinities with an interval that excludes 0, as in the heatmap, in its order of tasks.

    Raises:
        InputError: If a group names an unknown task or a task stands in two groups.
    """
    info = heatmap_info(matrix, groups)
    number = {task: i for i, group in enumerate(groups, start=1) for task in group}
    cells = sorted(map(tuple, np.argwhere(info.certain)), key=lambda at: -abs(info.scores[at]))
    seen: Counter[bool] = Counter()
    arrows = []
    for i, j in cells:
        score = float(info.scores[i, j])
        seen[score > 0] += 1
        shown = seen[score > 0] <= MOST
        arrows.append(Arrow(info.tasks[i], info.tasks[j], score, float(info.errors[i, j]), shown))
    of = tuple(map(number.get, info.tasks))
    return GraphInfo(info.tasks, of, tuple(arrows), info.limit, matrix.estimator)


def _places(info: GraphInfo) -> tuple[NDArray[np.float64], float]:
    """Where tasks stand, clockwise from the top, in radians, and the length of the circle in places.

    A place is the way from a task to the next of its group; groups are further apart.
    """
    new = [i > 0 and (of is None or of != info.groups[i - 1]) for i, of in enumerate(info.groups)]
    steps = np.array([0.0] + [APART if apart else 1.0 for apart in new[1:]])
    around = float(steps.sum()) + (APART if len(set(info.groups)) > 1 else 1.0)
    return np.pi / 2 - 2 * np.pi * np.cumsum(steps) / around, around


def _bend(start: Point, end: Point, node: float) -> tuple[Point, Point, Point]:
    """A quadratic curve drawn to the centre and to its own right, so that the way back is another one; cut where the
    marks of its ends begin."""
    along, middle = end - start, 0.5 * (start + end)
    length, depth = float(np.hypot(*along)), float(np.hypot(*middle))
    aside = np.array([along[1], -along[0]]) / length * (node + 0.1 * length)
    inward = middle * (min(depth, 3 * node + 0.25 * length) / (depth or 1.0))
    control = middle - inward + aside

    def at(t: float) -> Point:
        found: Point = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
        return found

    path = np.linspace(0, 1, 101)
    away = [float(np.hypot(*(at(t) - start))) for t in path]
    ahead = [float(np.hypot(*(at(t) - end))) for t in path]
    first = next((t for t, gap in zip(path, away, strict=True) if gap >= node), 0.0)
    last = next((t for t, gap in zip(path[::-1], ahead[::-1], strict=True) if gap >= 1.25 * node), 1.0)
    first, last = min(first, last), max(first, last)
    inner: Point = (1 - first) * (1 - last) * start + (first + last - 2 * first * last) * control + first * last * end
    return at(float(first)), inner, at(float(last))


def _width(size: float, info: GraphInfo) -> float:
    """Thickness of a line in points."""
    thin, thick = (0.7, 4.2) if len(info.tasks) <= 2 * LEVEL_NAMES else (0.5, 2.4)
    return thin + (thick - thin) * min(1.0, size / info.limit)


def _draw_arrows(axes: Axes, info: GraphInfo, places: dict[str, Point], scale: float) -> None:
    """Curves with heads, the strongest on top; ``scale`` is the data's length of an inch."""
    lines, heads, colours, widths, dashes = [], [], [], [], []
    for arrow in reversed(info.shown):
        width = _width(abs(arrow.score), info)
        start, control, end = _bend(places[arrow.source], places[arrow.target], NODE * scale)
        along = end - control
        along = along / (float(np.hypot(*along)) or 1.0)
        aside = np.array([-along[1], along[0]])
        long, wide = (0.045 + 0.022 * width) * scale, (0.03 + 0.013 * width) * scale
        neck = end - along * long * 0.8
        lines.append(Path([start, control, neck], [Path.MOVETO, Path.CURVE3, Path.CURVE3]))
        heads.append([end, end - along * long + aside * wide, end - along * long - aside * wide])
        colours.append(BLUE if arrow.score > 0 else ORANGE)
        widths.append(width)
        dashes.append("solid" if arrow.score > 0 else DASHED)
    axes.add_collection(
        PathCollection(lines, facecolors="none", edgecolors=colours, linewidths=widths, linestyles=dashes, zorder=2)
    )
    axes.add_collection(PolyCollection(heads, facecolors=colours, edgecolors="none", zorder=3))


def _draw_tasks(axes: Axes, info: GraphInfo, angles: NDArray[np.float64], scale: float) -> None:
    """Marks with the numbers of their groups, names outside, and an arc along every group of two or more."""
    level = len(info.tasks) <= LEVEL_NAMES
    for group in dict.fromkeys(of for of in info.groups if of is not None):
        of = [angle for angle, number in zip(angles, info.groups, strict=True) if number == group]
        if len(of) > 1:
            arc = np.linspace(of[0], of[-1], 8 * len(of))
            axes.plot(np.cos(arc), np.sin(arc), color=RULE, alpha=0.7, linewidth=19, solid_capstyle="round", zorder=1)
    axes.scatter(
        np.cos(angles), np.sin(angles), s=(2 * 72 * NODE) ** 2, facecolor=PAPER, edgecolor=INK, linewidth=0.9, zorder=4
    )
    out = 1 + 1.6 * NODE * scale
    for task, number, angle in zip(info.tasks, info.groups, angles, strict=True):
        x, y = float(np.cos(angle)), float(np.sin(angle))
        if number is not None:
            axes.text(x, y, str(number), ha="center", va="center_baseline", fontsize=7, zorder=5)
        right = x > -1e-9
        turn = 0.0 if level else float(np.degrees(angle)) - (0 if right else 180)
        side = "center" if level and abs(x) < 0.15 else "left" if right else "right"
        height = "center" if not level or abs(x) >= 0.15 else "bottom" if y > 0 else "top"
        axes.text(
            out * x,
            out * y,
            drawable(task),
            ha=side,
            va=height,
            rotation=turn,
            rotation_mode="anchor",
            fontsize=8.5 if level else 6.6,
        )


def _legend(axes: Axes, info: GraphInfo) -> None:
    """What thickness and colour stand for: the strongest and the weakest arrow of each sign that is drawn."""
    samples = []
    up, down = ("helps", "hurts") if origin(info.estimator).gains else ("above 0", "below 0")
    for helps, word in ((True, up), (False, down)):
        of = [arrow.score for arrow in info.shown if (arrow.score > 0) == helps]
        for score in dict.fromkeys((of[0], of[-1]) if of else ()):
            style = {"color": BLUE} if helps else {"color": ORANGE, "linestyle": DASHED}
            line = Line2D([], [], linewidth=_width(abs(score), info), **style)
            samples.append((line, f"{word}, {signed(score)}"))
    axes.legend(*zip(*samples, strict=True), loc="lower left", bbox_to_anchor=(0, 1), ncols=4, handlelength=2.6)


@drawn
def draw_graph(info: GraphInfo) -> Figure:
    """Draws :class:`GraphInfo`: arrows from sources to targets, blue helps, dashed orange hurts, thick is strong."""
    tasks = len(info.tasks)
    angles, around = _places(info)
    radius = max(1.55, min(0.4 * around, 6 + 0.18 * around) / (2 * np.pi))  # inches
    letters = max((len(drawable(task)) for task in info.tasks), default=1)
    side = 2 * (radius + 0.3 + letters * (0.08 if tasks <= LEVEL_NAMES else 0.056))
    figure = sheet(side, 2 * radius + 0.9 if tasks <= LEVEL_NAMES else side)
    figure.set_layout_engine(None)
    wide, high = figure.get_size_inches() / radius / 2
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-wide, wide), ylim=(-high, high), aspect="equal")
    axes.set_axis_off()
    places = {task: np.array([np.cos(angle), np.sin(angle)]) for task, angle in zip(info.tasks, angles, strict=True)}
    _draw_arrows(axes, info, places, 1 / radius)
    _draw_tasks(axes, info, angles, 1 / radius)
    _legend(axes, info)
    return figure


def graph_sentence(info: GraphInfo) -> str:
    """How to read the graph, and what of it is left out."""
    gains = origin(info.estimator).gains
    kind = "affinity" if gains else "score"
    pairs = f"{len(info.arrows):,} of {len(info.tasks) * (len(info.tasks) - 1):,} directed pairs"
    drawn = len(info.shown)
    left = f" The strongest {drawn} are drawn; all are in the data files." if len(info.arrows) > drawn else ""
    signs = "Blue helps, dashed orange hurts" if gains else "Blue is above 0, dashed orange below"
    return (
        f"An arrow runs from source to target where the {numbers.LEVEL} interval of the {kind} excludes 0: {pairs}. "
        f"{signs}, the thicker the more; numbers in circles are groups.{left}"
    )
