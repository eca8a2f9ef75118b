"""Adapters against mean gain: what was considered, what was trained, what was chosen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.records import Group, Proposal
from reports.style import BLUE, INK, MUTED, PAPER, drawn, quiet, sheet

KINDS = {"single": "every task alone", "together": "all together", "choice": "chosen grouping"}
"""Points with a name of their own."""


@dataclass(frozen=True)
class ParetoPoint:
    """A grouping.

    Args:
        groups: Its groups.
        adapters: How many adapters it stores and serves.
        mean_gain: Mean gain over tasks on the select half, measured if ``trained``, else predicted.
        error: Its standard error, or None.
        worst: Gain of the worst task, or None.
        trained: Whether every group of it was trained.
        chosen: Whether it is the choice.
        kind: ``proposal``, ``single``, ``together`` or ``choice``.
        front: Whether it is trained and no trained grouping with as few adapters has more gain.
    """

    groups: tuple[Group, ...]
    adapters: int
    mean_gain: float
    error: float | None
    worst: float | None
    trained: bool
    chosen: bool
    kind: str
    front: bool


@dataclass(frozen=True)
class ParetoInfo:
    """Points by adapters, then gain."""

    points: tuple[ParetoPoint, ...]


def pareto_info(proposals: Sequence[Proposal]) -> ParetoInfo:
    """Sorts the groupings and finds the front among the trained ones: few adapters, much gain."""
    known = sorted(
        ((p, p.mean_gain) for p in proposals if p.mean_gain is not None), key=lambda pair: (pair[0].adapters, -pair[1])
    )
    best = -float("inf")
    points = []
    for proposal, gain in known:
        front = proposal.trained and gain > best
        best = gain if front else best
        kind = "choice" if proposal.chosen and proposal.kind == "proposal" else proposal.kind
        points.append(
            ParetoPoint(
                proposal.groups,
                proposal.adapters,
                gain,
                proposal.error,
                proposal.worst,
                proposal.trained,
                proposal.chosen,
                kind,
                front,
            )
        )
    return ParetoInfo(tuple(points))


def _places(points: Sequence[ParetoPoint]) -> list[float]:
    """Where each point is drawn: at its number of adapters, neighbours spread a little so that none hides another."""
    same = Counter(point.adapters for point in points)
    seen: Counter[int] = Counter()
    places = []
    for point in points:
        step = min(0.12, 0.6 / same[point.adapters])
        places.append(point.adapters + step * (seen[point.adapters] - (same[point.adapters] - 1) / 2))
        seen[point.adapters] += 1
    return places


def _scatter(
    axes: Axes, marks: Sequence[tuple[ParetoPoint, float]], *, fill: str, line: str, size: float, label: str
) -> None:
    """Points at their places, with standard errors; nothing where there are none."""
    if not marks:
        return
    x, y = [place for _, place in marks], [point.mean_gain for point, _ in marks]
    errors = [point.error or 0.0 for point, _ in marks]
    axes.errorbar(x, y, yerr=errors, fmt="none", ecolor=line, elinewidth=0.8, alpha=0.7, zorder=2)
    axes.scatter(x, y, s=size, facecolor=fill, edgecolor=line, linewidth=1, zorder=3, label=label)


@drawn
def draw_pareto(info: ParetoInfo) -> Figure:
    """Draws :class:`ParetoInfo`: up is more gain, left is fewer adapters; the line joins the trained front."""
    figure = sheet(6.4, 3.9)
    axes = figure.add_subplot()
    marks = list(zip(info.points, _places(info.points), strict=True))
    chosen = [mark for mark in marks if mark[0].chosen]
    trained = [mark for mark in marks if mark[0].trained and not mark[0].chosen]
    untrained = [mark for mark in marks if not mark[0].trained and not mark[0].chosen]
    front = [p for p in info.points if p.front]
    steps = {"color": MUTED, "linewidth": 0.9, "zorder": 1, "label": "front of what was trained"}
    axes.step([p.adapters for p in front], [p.mean_gain for p in front], where="post", **steps)  # type: ignore[arg-type]  # mixed keywords
    _scatter(axes, untrained, fill=PAPER, line=MUTED, size=18, label="predicted only")
    _scatter(axes, trained, fill=MUTED, line=MUTED, size=22, label="trained")
    _scatter(axes, chosen, fill=BLUE, line=BLUE, size=52, label="choice")
    for point, place in marks:
        if point.kind in KINDS:
            axes.annotate(
                KINDS[point.kind],
                (place, point.mean_gain),
                xytext=(7, 5),
                textcoords="offset points",
                color=BLUE if point.chosen else INK,
                fontsize=8,
                fontweight="bold" if point.chosen else "normal",
            )
    axes.axhline(0, color=INK, linewidth=0.8, zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0.09, y=0.12)
    axes.set_xlabel("adapters (stored and served)")
    axes.set_ylabel("mean gain over tasks (± standard error)")
    quiet(axes, grid="y")
    figure.legend(loc="outside upper left", ncols=4, handletextpad=0.4, columnspacing=1.3)
    return figure
