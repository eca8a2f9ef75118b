"""Two runs' affinities drawn: both heatmaps in one order and scale, and every pair's two scores against each other."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from affinity.both import Both
from affinity.concordance import Concordance
from affinity.pair_differences import PairScores
from reports.comparison import Comparison
from reports.heatmap import HeatmapInfo, beyond_errors, scale
from reports.leaves import leaf_order
from reports.lettering import drawable
from reports.records import Group
from reports.style import BLUE, INK, MUTED, ORANGE, PAPER, drawn, quiet, sheet

Array = NDArray[np.float64]

NAMED = 3
"""Pairs that are named in the scatter: those that are apart by more than their errors, the furthest first."""
WHISKERS = 200
"""Up to this number of pairs their errors are drawn; above, they would hide the pairs."""


@dataclass(frozen=True)
class ScatterInfo:
    """Every pair that counts in both runs.

    Args:
        names: Of the runs.
        pairs: The pairs; above 0 the source helps.
        named: Those that are written out.
        same_scale: Whether equal scores lie on one line.
    """

    names: Both[str]
    pairs: tuple[PairScores, ...]
    named: tuple[PairScores, ...]
    same_scale: bool

    @property
    def whiskers(self) -> bool:
        """Whether errors are drawn."""
        return len(self.pairs) <= WHISKERS


def matrices(of: Concordance) -> Both[tuple[Array, Array]]:
    """Scores and errors of each run, shapes ``(T, T)``, sources by targets, in the order of its tasks."""
    size, index = len(of.tasks), {task: i for i, task in enumerate(of.tasks)}
    found = Both(*((np.zeros((size, size)), np.zeros((size, size))) for _ in range(2)))
    for pair in of.pairs:
        at = index[pair.source], index[pair.target]
        for (scores, errors), score, error in (
            (found.a, pair.score.a, pair.error.a),
            (found.b, pair.score.b, pair.error.b),
        ):
            scores[at], errors[at] = score, np.nan if error is None else error
    return found


def common_order(of: Concordance, groups: Both[tuple[Group, ...]]) -> tuple[str, ...]:
    """Tasks of both heatmaps in one order: tasks that share a group in both runs, in one, then friends, side by side.

    A tree over the mean of both runs' scores, each on the scale of its largest, as :func:`reports.order.order` has it
    for one run; groups weigh more than any score.
    """
    closeness = np.zeros((len(of.tasks), len(of.tasks)))
    found = matrices(of)
    for (scores, _), grouped in ((found.a, groups.a), (found.b, groups.b)):
        closeness += (scores + scores.T) / (2 * (np.abs(scores).max() or 1.0))
        for group in grouped:
            members = [of.tasks.index(task) for task in group if task in of.tasks]
            closeness[np.ix_(members, members)] += 4.0  # what both runs' scores can differ by together
    np.fill_diagonal(closeness, 0.0)
    distance = closeness.max(initial=0.0) - closeness
    np.fill_diagonal(distance, 0.0)
    return tuple(of.tasks[i] for i in leaf_order(distance))


def heatmap_infos(comparison: Comparison) -> Both[HeatmapInfo]:
    """Both heatmaps over the tasks that have affinities in both runs; the colours mean the same where scales do.

    Raises:
        ValueError: If the comparison has no affinities.
    """
    of = comparison.affinities
    if of is None:
        raise ValueError("Expected a comparison with affinities, but got one without.")
    none: Both[tuple[Group, ...]] = Both((), ())
    groups = comparison.groupings.groups if comparison.groupings is not None else none
    tasks = common_order(of, groups)
    rows = np.ix_(*[[of.tasks.index(task) for task in tasks]] * 2)
    found = matrices(of)
    shared = scale(found.a[0], found.b[0])

    def info(side: tuple[Array, Array], grouped: tuple[Group, ...], estimator: str, verdict: str) -> HeatmapInfo:
        scores, errors = (values[rows] for values in side)
        limit, beyond = shared if of.same_scale else scale(scores)
        blocks = [tuple(task for task in tasks if task in group) for group in grouped]
        outlined = tuple(block for block in blocks if block)
        chosen = verdict not in ("", "not validated")
        return HeatmapInfo(
            tasks, scores, errors, beyond_errors(scores, errors), outlined, chosen, limit, beyond, estimator
        )

    runs = comparison.runs
    return Both(
        info(found.a, groups.a, runs.a.estimator, runs.a.verdict),
        info(found.b, groups.b, runs.b.estimator, runs.b.verdict),
    )


def scatter_info(comparison: Comparison) -> ScatterInfo | None:
    """The pairs that count; None without any."""
    of = comparison.affinities
    if of is None or not of.counted:
        return None
    names = Both(comparison.runs.a.name, comparison.runs.b.name)
    named = tuple(pair for pair in of.counted if pair.beyond)[:NAMED]
    return ScatterInfo(names, of.counted, named, of.same_scale)


@drawn
def draw_scatter(info: ScatterInfo) -> Figure:
    """Draws :class:`ScatterInfo`: one mark per directed pair, with standard errors, and the line of equal scores."""
    figure = sheet(5.4, 4.8)
    axes = figure.add_subplot()
    for apart, colour, fill, label in (
        (False, BLUE, PAPER, "within their errors" if info.same_scale else "directed pair"),
        (True, ORANGE, ORANGE, "apart by more than their errors"),
    ):
        pairs = [pair for pair in info.pairs if pair.beyond == apart]
        if not pairs:
            continue
        x, y = [pair.score.a for pair in pairs], [pair.score.b for pair in pairs]
        if info.whiskers:
            errors = [pair.error.a or 0.0 for pair in pairs], [pair.error.b or 0.0 for pair in pairs]
            axes.errorbar(x, y, xerr=errors[0], yerr=errors[1], fmt="none", ecolor=colour, elinewidth=0.7, alpha=0.5)
        axes.scatter(
            x, y, s=24 if info.whiskers else 9, facecolor=fill, edgecolor=colour, linewidth=1, zorder=3, label=label
        )
    axes.axhline(0, color=INK, linewidth=0.5, zorder=0)
    axes.axvline(0, color=INK, linewidth=0.5, zorder=0)
    if info.same_scale:
        values = [
            score + sign * (error or 0.0)
            for pair in info.pairs
            for score, error in ((pair.score.a, pair.error.a), (pair.score.b, pair.error.b))
            for sign in (-1, 1)
        ]
        room = 0.04 * (max(values) - min(values)) or 0.01
        ends = (min(*values, 0.0) - room, max(*values, 0.0) + room)
        axes.plot(ends, ends, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1, label="equal")
        axes.set(xlim=ends, ylim=ends, aspect="equal")
    for pair in info.named:
        text = f"{drawable(pair.source)} to {drawable(pair.target)}"
        axes.annotate(text, (pair.score.a, pair.score.b), xytext=(5, 4), textcoords="offset points", fontsize=7.5)
    error = " (± standard error)" if info.whiskers else ""
    axes.set_xlabel(f"score in {drawable(info.names.a)}{error}")
    axes.set_ylabel(f"score in {drawable(info.names.b)}{error}")
    quiet(axes)
    figure.legend(loc="outside upper left", ncols=3, handletextpad=0.4, columnspacing=1.3)
    return figure
