"""The heatmap of affinities: who helps whom, who hurts whom, and how surely."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection, QuadMesh
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from reports.lettering import drawable
from reports.numbers import number, signed
from reports.order import order
from reports.origin import origin
from reports.style import INK, MUTED, RULE, drawn, sheet

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix

WRITTEN = 14
"""Up to this number of tasks, scores and standard errors are written into the cells."""
SPACIOUS = 8
"""Up to this number of tasks, cells have room for whole numbers."""
SHORT = 6
"""Below this number of tasks the colour bar is shorter than a line that says how a gain is computed."""
VECTOR = 40
"""Up to this number of tasks every cell is a shape of its own; above, the cells are one image."""
OUTLYING = 2.5
"""The colour scale ends at the 95 % quantile of the sizes when the largest is more than this many times as large."""
NORMAL_95 = 1.959964
"""Two-sided 95 % quantile of the normal distribution."""
NEUTRAL = "#e4e7eb"
"""The diagonal."""
DARK, LIGHT = "#16191d", "#fdfdfd"
"""Ink on light and on dark cells, whatever the page's colours."""


@dataclass(frozen=True, eq=False)
class HeatmapInfo:
    """What the heatmap shows, in drawing order.

    Args:
        tasks: The ``T`` tasks, first row (and first column) first.
        scores: Gains of the targets, shape ``(T, T)``, sources by targets; above 0 the source helps.
        errors: Standard errors of the scores, shape ``(T, T)``; NaN where unknown.
        certain: Whether score ± 1.96 standard errors excludes 0, shape ``(T, T)``; one pair at a time, without a
            correction for their number.
        groups: The groups to outline; empty without a grouping. Where members of one do not stand side by side in
            ``tasks``, every block of its cells has a frame.
        chosen: Whether the groups are the answer; otherwise they are a proposal, and their outline is dashed.
        limit: The colour scale runs from ``-limit`` to ``limit``; white is 0.
        beyond: Whether some scores lie outside the colour scale, so that an outlier cannot fade all others.
        estimator: What made the scores; empty where unknown.
        predicted: Cells that are predicted among measured ones, shape ``(T, T)``; None where that is not known.
    """

    tasks: tuple[str, ...]
    scores: NDArray[np.float64]
    errors: NDArray[np.float64]
    certain: NDArray[np.bool_]
    groups: tuple[tuple[str, ...], ...]
    chosen: bool
    limit: float
    beyond: bool
    estimator: str = ""
    predicted: NDArray[np.bool_] | None = None


def scale(*matrices: NDArray[np.float64]) -> tuple[float, bool]:
    """Half-width of the colour scale that matrices of scores have in common, and whether scores lie beyond it."""
    sizes = np.concatenate([np.abs(scores[~np.eye(len(scores), dtype=bool)]) for scores in matrices])
    largest = float(sizes.max(initial=0.0))
    if largest == 0:
        return 0.01, False
    usual = float(np.quantile(sizes, 0.95, method="lower"))
    robust = len(sizes) >= 12 and 0 < usual < largest / OUTLYING
    return (usual, True) if robust else (largest, False)


def beyond_errors(scores: NDArray[np.float64], errors: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether score ± 1.96 standard errors excludes 0, shape ``(T, T)``; never on the diagonal or without an error."""
    found: NDArray[np.bool_] = (np.abs(scores) > NORMAL_95 * errors) & np.isfinite(errors)
    return found & ~np.eye(len(scores), dtype=bool)


def heatmap_info(
    matrix: "AffinityMatrix",
    groups: Sequence[Sequence[str]] | None = None,
    *,
    chosen: bool = True,
    predicted: NDArray[np.bool_] | None = None,
) -> HeatmapInfo:
    """Orders the tasks and marks what is certain.

    Args:
        matrix: Affinities of ``T`` tasks.
        groups: Disjoint groups to keep together and outline, or None.
        chosen: Whether the groups are the answer (outlined) or a proposal (dashed).
        predicted: Cells of the matrix that are predicted among measured ones, shape ``(T, T)``, if that is known.

    Raises:
        InputError: If a group names an unknown task or a task stands in two groups.
    """
    blocks = order(matrix, groups)
    tasks = tuple(task for block in blocks for task in block)
    index = {task: i for i, task in enumerate(matrix.tasks)}
    rows = np.ix_([index[task] for task in tasks], [index[task] for task in tasks])
    scores = np.asarray(matrix.scores, dtype=np.float64)[rows]
    errors = np.asarray(matrix.errors, dtype=np.float64)[rows]
    certain = beyond_errors(scores, errors)
    members = {frozenset(group) for group in groups or ()}
    limit, beyond = scale(scores)
    outlined = tuple(block for block in blocks if frozenset(block) in members)
    guessed = None if predicted is None else predicted[rows]
    return HeatmapInfo(tasks, scores, errors, certain, outlined, chosen, limit, beyond, matrix.estimator, guessed)


def _is_dark(colour: NDArray[np.float64]) -> bool:
    """Whether light letters read better on ``colour`` (RGBA), by its luminance in linear light."""
    return float(colour[:3] ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])) < 0.19


def _write(axes: Axes, info: HeatmapInfo, colours: NDArray[np.float64]) -> None:
    """Scores and, smaller, their standard errors; ``colours`` are the cells', shape ``(T, T, 4)``."""
    dense = len(info.tasks) > SPACIOUS
    digits = 3 if info.limit < 0.1 or not dense else 2
    size = 8.0 if dense else 9.0

    def brief(text: str) -> str:
        """Without the zero before the point where cells are small: ``+.031``."""
        return re.sub(r"\b0\.", ".", text) if dense else text

    for row, column in np.ndindex(info.scores.shape):
        if row == column:
            continue
        ink = LIGHT if _is_dark(colours[row, column]) else DARK
        error = float(info.errors[row, column])
        text = brief(signed(float(info.scores[row, column]), digits))
        if not np.isfinite(error):
            axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=size)
            continue
        axes.text(column, row - 0.02, text, ha="center", va="bottom", color=ink, fontsize=size)
        below = f"± {brief(number(error, digits))}"
        axes.text(column, row + 0.06, below, ha="center", va="top", color=ink, fontsize=0.84 * size, alpha=0.9)


def _outline(axes: Axes, info: HeatmapInfo) -> None:
    """A frame round every group's block on the diagonal; round all of its blocks, where others stand between."""
    width = 2.0 if len(info.tasks) <= VECTOR else 1.3
    halo = [withStroke(linewidth=width + 1.6, foreground=LIGHT)]
    runs = [_runs(sorted(info.tasks.index(task) for task in group)) for group in info.groups]
    for (x, columns), (y, rows) in (pair for of in runs for pair in product(of, of)):
        frame = Rectangle((x - 0.5, y - 0.5), columns, rows, fill=False, edgecolor=DARK, linewidth=width, zorder=5)
        frame.set(clip_on=False, joinstyle="miter", path_effects=halo)
        if not info.chosen:
            frame.set_linestyle((0, (4, 1.6)))
        axes.add_patch(frame)


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """First and length of every run of neighbours; ``places`` rise."""
    starts = [place for i, place in enumerate(places) if i == 0 or place != places[i - 1] + 1]
    ends = [place for i, place in enumerate(places) if i + 1 == len(places) or place != places[i + 1] - 1]
    return [(start, end - start + 1) for start, end in zip(starts, ends, strict=True)]


def _label(axes: Axes, info: HeatmapInfo, size: float) -> None:
    """Names on both axes."""
    names = [drawable(task) for task in info.tasks]
    places = range(len(names))
    steep = 90 if len(names) > WRITTEN else 38
    axes.set_xticks(places, names, rotation=steep, ha="right", va="center" if steep == 90 else "top", fontsize=size)
    for label in axes.get_xticklabels():
        label.set_rotation_mode("anchor")
    axes.set_yticks(places, names, fontsize=size)
    axes.tick_params(length=0, pad=4)
    axes.set_xlabel("target (its gain)", labelpad=6)
    axes.set_ylabel("source (helps or hurts)", labelpad=6)


def _cells(figure: Figure, axes: Axes, info: HeatmapInfo) -> NDArray[np.float64]:
    """Coloured cells with their colour bar; returns the cells' colours, shape ``(T, T, 4)``."""
    tasks = len(info.tasks)
    shown = np.ma.masked_array(info.scores, mask=np.eye(tasks, dtype=bool))
    norm = Normalize(-info.limit, info.limit)
    colours = colormaps["RdBu"].with_extremes(bad=NEUTRAL)
    image: AxesImage | QuadMesh
    if tasks <= VECTOR:
        edges = np.arange(tasks + 1) - 0.5
        gap = 1.2 if tasks <= WRITTEN else 0.4
        image = axes.pcolormesh(edges, edges, shown, cmap=colours, norm=norm, edgecolors=LIGHT, linewidth=gap)
    else:
        image = axes.imshow(shown, cmap=colours, norm=norm, interpolation="none")
    axes.set(xlim=(-0.5, tasks - 0.5), ylim=(tasks - 0.5, -0.5), aspect="equal", facecolor="none")
    axes.spines[:].set_visible(False)
    side = _side(tasks)
    bar_axes = axes.inset_axes((1 + 0.14 / side, 0.0, 0.15 / side, 1.0))
    bar = figure.colorbar(image, cax=bar_axes, extend="both" if info.beyond else "neither")
    bar.set_label(_unit(info.estimator, short=tasks < SHORT), color=MUTED)
    bar.outline.set(edgecolor=RULE, linewidth=0.6)
    bar_axes.tick_params(length=2, color=MUTED, labelcolor=INK)
    return np.asarray(colours(norm(info.scores)))


def _dot(axes: Axes, info: HeatmapInfo, colours: NDArray[np.float64]) -> None:
    """Dotted frames in the cells that are predicted among measured ones."""
    if info.predicted is None or not info.predicted.any():
        return
    inset = 0.44
    frames = [
        Rectangle((column - inset, row - inset), 2 * inset, 2 * inset) for row, column in np.argwhere(info.predicted)
    ]
    inks = [LIGHT if _is_dark(colours[row, column]) else DARK for row, column in np.argwhere(info.predicted)]
    dots = (0, (1.0, 1.6))
    axes.add_collection(
        PatchCollection(frames, facecolors="none", edgecolors=inks, linewidths=0.9, linestyles=[dots], zorder=2)
    )


def _unit(estimator: str, *, short: bool) -> str:
    """What the colours stand for; in shorter lines beside a ``short`` bar."""
    of = origin(estimator)
    if not of.gains:
        return f"score by {drawable(estimator)}, no gain"
    kind = "predicted gain" if of.predicted else "gain"
    return f"{kind} of the target:\n{of.unit.replace(' / ', f'{chr(10)}/ ') if short else of.unit}"


def _side(tasks: int) -> float:
    """Side of the whole square in inches."""
    cell = 0.66 if tasks <= SPACIOUS else 0.51 if tasks <= WRITTEN else max(7.2 / tasks, 0.112)
    return max(cell * tasks, 2.4)


@drawn
def draw_heatmap(info: HeatmapInfo) -> Figure:
    """Draws :class:`HeatmapInfo`: red hurts, blue helps, white is 0, grey the diagonal; dots mark what is certain."""
    tasks, side = len(info.tasks), _side(len(info.tasks))
    cell = side / tasks
    letters = 8.8 if tasks <= SPACIOUS else 8.4 if tasks <= WRITTEN else max(min(8.0, 60 * cell), 5.6)
    names = max((len(drawable(task)) for task in info.tasks), default=1) * letters * 0.6 / 72
    figure = sheet(side + names + 1.35, side + names * (0.62 if tasks <= WRITTEN else 1) + 0.45)
    axes = figure.add_subplot()
    colours = _cells(figure, axes, info)
    _dot(axes, info, colours)
    if tasks <= WRITTEN:
        _write(axes, info, colours)
    rows, columns = np.nonzero(info.certain)
    nudge = 0.39 if tasks <= WRITTEN else 0.0
    marks = [LIGHT if _is_dark(colour) else DARK for colour in colours[rows, columns]]
    axes.scatter(columns + nudge, rows - nudge, s=min(6.0, (72 * cell / 5) ** 2), c=marks, linewidths=0, zorder=3)
    _outline(axes, info)
    _label(axes, info, letters)
    return figure
