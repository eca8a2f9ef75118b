"""Every figure of a run: what it shows, the drawing, and what a reader is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reports import numbers, words
from reports.curves import CurvesInfo, curves_info, draw_curves
from reports.dendrogram import DendrogramInfo, dendrogram_info, dendrogram_sentence, draw_dendrogram
from reports.forest import ROOMY, ForestInfo, draw_forest, forest_info
from reports.graph import GraphInfo, draw_graph, graph_info, graph_sentence
from reports.heatmap import HeatmapInfo, draw_heatmap, heatmap_info
from reports.pareto import ParetoInfo, draw_pareto, pareto_info
from reports.predicted import PredictedInfo, draw_predicted, predicted_info
from reports.records import Group

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix
    from reports.inputs import Run


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawn figure.

    Args:
        name: Stem of its files.
        title: What it is.
        caption: How to read it, and what it shows.
        info: The plain data behind it.
        rows: The same data, flat, one row per mark.
        figure: The drawing.
    """

    name: str
    title: str
    caption: str
    info: Any
    rows: tuple[dict[str, Any], ...]
    figure: Figure


def heatmap(
    matrix: "AffinityMatrix",
    groups: Sequence[Sequence[str]] | None = None,
    *,
    chosen: bool = True,
    predicted: NDArray[np.bool_] | None = None,
) -> Drawing:
    """The heatmap of a matrix, with groups outlined if any are given, and predicted cells marked if they are known."""
    info: HeatmapInfo = heatmap_info(matrix, groups, chosen=chosen, predicted=predicted)
    rows = tuple(
        {
            "source": source,
            "target": target,
            "score": float(info.scores[i, j]),
            "error": float(info.errors[i, j]),
            "excludes_zero": bool(info.certain[i, j]),
        }
        | ({} if info.predicted is None else {"predicted": bool(info.predicted[i, j])})
        for i, source in enumerate(info.tasks)
        for j, target in enumerate(info.tasks)
    )
    title = f"{words.heatmap_kind(info)} of every source to every target"
    caption = f"{words.heatmap_legend(info)} {words.heatmap_sentence(info)}"
    return Drawing("heatmap", title, caption, info, rows, draw_heatmap(info))


def _measured(matrix: "AffinityMatrix", groups: Sequence[Group]) -> list[list[str]]:
    """The groups without the tasks that the matrix lacks because they could not be measured; some may be empty."""
    return [[task for task in group if task in matrix.tasks] for group in groups]


def _graph(matrix: "AffinityMatrix", groups: Sequence[Group]) -> Drawing | None:
    info: GraphInfo = graph_info(matrix, _measured(matrix, groups))
    if not info.arrows:
        return None
    rows = tuple(
        {"source": arrow.source, "target": arrow.target, "score": arrow.score, "error": arrow.error}
        | {"shown": arrow.shown}
        for arrow in info.arrows
    )
    return Drawing("graph", "Who helps and who hurts whom", graph_sentence(info), info, rows, draw_graph(info))


def _dendrogram(matrix: "AffinityMatrix", groups: Sequence[Group]) -> Drawing | None:
    info: DendrogramInfo = dendrogram_info(matrix, _measured(matrix, groups))
    if not info.merges:
        return None
    rows = tuple(
        {"tasks": list(merge.tasks), "affinity": merge.affinity, "group": merge.within} for merge in info.merges
    )
    return Drawing("dendrogram", "Tree of tasks", dendrogram_sentence(info), info, rows, draw_dendrogram(info))


def draw_affinities(matrix: "AffinityMatrix | None", groups: Sequence[Group], *, chosen: bool) -> list[Drawing]:
    """Three views of the matrix, if there is one: pair by pair, what of it is sure, and as a tree."""
    if matrix is None:
        return []
    kept = [group for group in _measured(matrix, groups) if group]
    drawn = [heatmap(matrix, kept, chosen=chosen), _graph(matrix, groups), _dendrogram(matrix, groups)]
    return [drawing for drawing in drawn if drawing is not None]


def _forest(run: "Run") -> Drawing | None:
    info: ForestInfo = forest_info(run.recommendation)
    if not info.rows:
        return None
    rows = tuple(
        {"task": row.task, "group": row.group, "grouping": key, "delta": change.delta}
        | {"low": change.low, "high": change.high, "margin": row.margin, "verdict": row.verdict}
        for row in info.rows
        for key, change in row.changes.items()
    )
    left_out = f" With more than {ROOMY} tasks, the baselines are in the data files alone." * (len(info.rows) > ROOMY)
    caption = (
        f"Change of each task's metric on test against the task alone, in points, with two-sided {numbers.LEVEL} "
        "intervals. A task is safe where its whole interval lies right of minus the margin. Tasks that are alone "
        f"stand at 0.{left_out}"
    )
    return Drawing("forest", "Measured change of every task", caption, info, rows, draw_forest(info))


def _pareto(run: "Run") -> Drawing | None:
    info: ParetoInfo = pareto_info(run.evidence.proposals)
    if not info.points:
        return None
    rows = tuple(
        {"adapters": p.adapters, "mean_gain": p.mean_gain, "error": p.error, "worst": p.worst, "trained": p.trained}
        | {"chosen": p.chosen, "front": p.front, "kind": p.kind, "groups": [list(group) for group in p.groups]}
        for p in info.points
    )
    caption = (
        "Groupings by number of adapters, mean gain and worst task on the select half: filled where every group was "
        "trained, hollow where gains are predicted. Only what was trained can be chosen; nothing else that was trained "
        "beats the front in all three at once."
    )
    return Drawing("pareto", "Adapters, mean gain and worst task", caption, info, rows, draw_pareto(info))


def _predicted(run: "Run") -> Drawing | None:
    info: PredictedInfo = predicted_info(run.evidence.measured, run.recommendation)
    if not info.points:
        return None
    rows = tuple(
        {"group": "+".join(p.group), "task": p.task, "phase": p.phase, "predicted": p.predicted}
        | {"predicted_error": p.predicted_error, "measured": p.measured, "measured_error": p.measured_error}
        for p in info.points
    )
    count = f"{len(info.points)} gain{'s' if len(info.points) > 1 else ''} of a task in a group"
    agreement = "" if info.correlation is None else f" Pearson correlation {numbers.number(info.correlation, 2)};"
    caption = (
        f"{count}, predicted before it was measured, with standard errors.{agreement} "
        f"root mean squared difference {numbers.number(info.difference)}.{_fitted(info)}"
    )
    return Drawing("predicted", "Predicted against measured gain", caption, info, rows, draw_predicted(info))


def _fitted(info: PredictedInfo) -> str:
    """The line of the calibration."""
    if info.line is None:
        return ""
    return (
        f" Fitted to groups that were predicted before they were trained: measured = {numbers.signed(info.line[0])} "
        f"{'+' if info.line[1] >= 0 else numbers.MINUS} {numbers.number(abs(info.line[1]), 2)} predicted."
    )


def _curves(run: "Run") -> Drawing | None:
    info: CurvesInfo = curves_info(run.evidence, run.recommendation.tested)
    if not info.tasks:
        return None
    rows = tuple(
        {"task": task, "run": line.run, "seed": line.seed, "passes": x, "loss": y, "chosen": i == line.chosen}
        for task, lines in info.tasks.items()
        for line in lines
        for i, (x, y) in enumerate(zip(line.passes, line.loss, strict=True))
    )
    more = f" {info.left_out} further tasks are not drawn." if info.left_out else ""
    caption = (
        "Loss on the stop half, one line per seed. Each run is read at one point (ring): a group at the lowest mean "
        f"of its members, a reference at its own lowest.{more}"
    )
    return Drawing("curves", "Learning curves", caption, info, rows, draw_curves(info))


def draw_all(run: "Run") -> dict[str, Drawing]:
    """All figures that the run has data for, by name."""
    recommendation = run.recommendation
    solid = recommendation.validated and recommendation.verdict != "refuted"
    drawn = [
        *draw_affinities(run.matrix, recommendation.tested, chosen=solid),
        _forest(run),
        _pareto(run),
        _predicted(run),
        _curves(run),
    ]
    return {drawing.name: drawing for drawing in drawn if drawing is not None}
