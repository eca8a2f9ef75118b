"""Adapters against mean gain and worst task: what was considered, what was trained, what was chosen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.records import Group, Proposal
from reports.style import BLUE, INK, MUTED, PAPER, RULE, drawn, quiet, sheet

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
        front: Whether it is trained and no other trained grouping is at least as good in adapters (few), mean gain and
            worst task (high), and better in one of them.
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


def _beats(one: Proposal, other: Proposal) -> bool:
    """Whether ``one`` is nowhere worse and somewhere better; a worst task counts where both have one."""

    def pairs() -> list[tuple[float, float]]:
        found = [(-float(one.adapters), -float(other.adapters))]
        values = ((one.mean_gain, other.mean_gain), (one.worst, other.worst))
        return found + [(a, b) for a, b in values if a is not None and b is not None]

    return all(a >= b for a, b in pairs()) and any(a > b for a, b in pairs())


def pareto_info(proposals: Sequence[Proposal]) -> ParetoInfo:
    """Sorts the groupings and finds the front among the trained ones: few adapters, much gain, no task far behind."""
    known = sorted(
        ((p, p.mean_gain) for p in proposals if p.mean_gain is not None), key=lambda pair: (pair[0].adapters, -pair[1])
    )
    trained = [proposal for proposal, _ in known if proposal.trained]
    points = [
        ParetoPoint(
            groups=proposal.groups,
            adapters=proposal.adapters,
            mean_gain=gain,
            error=proposal.error,
            worst=proposal.worst,
            trained=proposal.trained,
            chosen=proposal.chosen,
            kind="choice" if proposal.chosen and proposal.kind == "proposal" else proposal.kind,
            front=proposal.trained and not any(_beats(other, proposal) for other in trained),
        )
        for proposal, gain in known
    ]
    return ParetoInfo(tuple(points))


@dataclass(frozen=True)
class Mark:
    """A grouping in one panel: where it is drawn, and its standard error there, if it has one."""

    point: ParetoPoint
    x: float
    y: float
    error: float | None


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
    axes: Axes, marks: Sequence[Mark], *, fill: str, line: str, size: float, label: str, marker: str = "o"
) -> None:
    """Points at their places, with standard errors; nothing where there are none."""
    if not marks:
        return
    x, y = [mark.x for mark in marks], [mark.y for mark in marks]
    errors = [mark.error or 0.0 for mark in marks]
    axes.errorbar(x, y, yerr=errors, fmt="none", ecolor=line, elinewidth=0.8, alpha=0.7, zorder=2)
    axes.scatter(x, y, s=size, marker=marker, facecolor=fill, edgecolor=line, linewidth=1, zorder=3, label=label)


def _panel(axes: Axes, marks: Sequence[Mark]) -> None:
    """One of the objectives against the number of adapters."""
    of = [mark.point for mark in marks]
    reached = [mark for mark in marks if mark.point.trained]
    best = {p.adapters: max(m.y for m in reached if m.point.adapters <= p.adapters) for p in of if p.trained}
    x = sorted(best)
    steps = {"color": RULE, "linewidth": 1.4, "zorder": 1, "label": "best trained with so few adapters"}
    axes.step(x, [best[adapters] for adapters in x], where="post", **steps)  # type: ignore[arg-type]  # mixed keywords
    left = [mark for mark in marks if not mark.point.chosen]
    untrained = [mark for mark in left if not mark.point.trained]
    front = [mark for mark in left if mark.point.front]
    behind = [mark for mark in left if mark.point.trained and not mark.point.front]
    chosen = [mark for mark in marks if mark.point.chosen]
    _scatter(axes, untrained, fill=PAPER, line=MUTED, size=18, label="predicted only")
    _scatter(axes, behind, fill=MUTED, line=MUTED, size=18, label="trained")
    _scatter(axes, front, fill=INK, line=INK, size=28, marker="D", label="trained, on the front")
    _scatter(axes, chosen, fill=BLUE, line=BLUE, size=62, label="choice")
    for mark in marks:
        point = mark.point
        if point.kind in KINDS:
            axes.annotate(
                KINDS[point.kind],
                (mark.x, mark.y),
                xytext=(0, 8) if point.chosen else (7, 5),
                textcoords="offset points",
                ha="center" if point.chosen else "left",
                color=BLUE if point.chosen else INK,
                fontsize=8,
                fontweight="bold" if point.chosen else "normal",
            )
    axes.axhline(0, color=INK, linewidth=0.8, zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0.09, y=0.12)
    quiet(axes, grid="y")


@drawn
def draw_pareto(info: ParetoInfo) -> Figure:
    """Draws :class:`ParetoInfo`: up is more gain, of all tasks and of the worst; left is fewer adapters."""
    places = list(zip(info.points, _places(info.points), strict=True))
    means = [Mark(point, x, point.mean_gain, point.error) for point, x in places]
    worst = [Mark(point, x, point.worst, None) for point, x in places if point.worst is not None]
    figure = sheet(6.4, 5.6 if worst else 3.9)
    panels = figure.subplots(2 if worst else 1, 1, sharex=True, squeeze=False)[:, 0]
    for axes, marks, label in zip(
        panels, (means, worst), ("mean gain (± standard error)", "gain of the worst task"), strict=False
    ):
        _panel(axes, marks)
        axes.set_ylabel(label)
    panels[-1].set_xlabel("adapters (stored and served)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, handletextpad=0.4, columnspacing=1.3)
    return figure
