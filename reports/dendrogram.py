"""The tree of tasks: who is joined with whom at which affinity, and which groups of the answer it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.leaves import leaf_order, merges
from reports.lettering import drawable
from reports.order import check_groups, distances
from reports.origin import origin
from reports.style import BLUE, INK, MUTED, SHADE, drawn, quiet, sheet

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix

ROOMY = 30
"""Up to this number of tasks, lines are as far apart as in a table."""


@dataclass(frozen=True)
class Merge:
    """Two parts of the tree that become one.

    Args:
        parts: Their nodes: below ``T`` a task by its place in ``tasks``, from there on an earlier merge.
        tasks: All tasks of both parts.
        affinity: Mean affinity between a task of one part and one of the other, both directions; no unit.
        within: Number of the group, from 1, that holds all of them; None if they are of several.
    """

    parts: tuple[int, int]
    tasks: tuple[str, ...]
    affinity: float
    within: int | None


@dataclass(frozen=True)
class DendrogramInfo:
    """The tree.

    Args:
        tasks: The ``T`` tasks, closest side by side, the first on top.
        groups: Number of every task's group, from 1; None where it is in none.
        merges: The ``T - 1`` merges, the closest first.
        estimator: What made the affinities; empty where unknown.
        whole: Numbers of the groups of two or more that are a branch of the tree of their own.
    """

    tasks: tuple[str, ...]
    groups: tuple[int | None, ...]
    merges: tuple[Merge, ...]
    estimator: str
    whole: tuple[int, ...]


def dendrogram_info(matrix: "AffinityMatrix", groups: Sequence[Sequence[str]] = ()) -> DendrogramInfo:
    """Joins the tasks by average linkage over ``(scores + scores.T) / 2``; no grouping has an influence on the tree.

    Args:
        matrix: Affinities of ``T`` tasks.
        groups: Disjoint groups, whose numbers are told.

    Raises:
        InputError: If a group names an unknown task or a task stands in two groups.
    """
    check_groups(groups, matrix.tasks)
    number = {task: i for i, group in enumerate(groups, start=1) for task in group}
    names = sorted(matrix.tasks)
    rows = [matrix.tasks.index(name) for name in names]
    scores = np.asarray(matrix.scores, dtype=np.float64)[np.ix_(rows, rows)]
    distance, highest = distances((scores + scores.T) / 2)
    leaves = leaf_order(distance)
    place = {leaf: i for i, leaf in enumerate(leaves)}
    tasks = tuple(names[leaf] for leaf in leaves)
    held: list[tuple[str, ...]] = [(task,) for task in tasks]
    found = []
    for a, b, height in merges(distance) if len(tasks) > 1 else ():
        parts = tuple(sorted((place.get(int(a), int(a)), place.get(int(b), int(b)))))
        both = tuple(sorted((*held[parts[0]], *held[parts[1]]), key=tasks.index))
        of = {number.get(task) for task in both}
        found.append(Merge((parts[0], parts[1]), both, highest - float(height), of.pop() if len(of) == 1 else None))
        held.append(both)
    branches = {frozenset(merge.tasks) for merge in found}
    whole = tuple(i for i, group in enumerate(groups, start=1) if len(group) > 1 and frozenset(group) in branches)
    return DendrogramInfo(tasks, tuple(map(number.get, tasks)), tuple(found), matrix.estimator, whole)


def _draw_branches(axes: Axes, info: DendrogramInfo, start: float) -> None:
    """One bracket per merge, from its parts' ends to its own affinity."""
    ends = [(start, float(y)) for y in range(len(info.tasks))]
    for merge in info.merges:
        (left, top), (right, bottom) = (ends[part] for part in merge.parts)
        at = merge.affinity
        inside = merge.within is not None
        axes.plot(
            [left, at, at, right],
            [top, top, bottom, bottom],
            color=BLUE if inside else MUTED,
            linewidth=2.0 if inside else 1.0,
            solid_joinstyle="miter",
            zorder=3 if inside else 2,
        )
        ends.append((at, (top + bottom) / 2))


@drawn
def draw_dendrogram(info: DendrogramInfo) -> Figure:
    """Draws :class:`DendrogramInfo`: the further right two parts join, the less they help each other."""
    tasks = len(info.tasks)
    names = [
        drawable(task) + ("" if number is None else f"  {number}")
        for task, number in zip(info.tasks, info.groups, strict=True)
    ]
    longest = max(map(len, names), default=1)
    figure = sheet(4.9 + 0.075 * longest, (0.25 if tasks <= ROOMY else 0.165) * tasks + 0.9)
    axes = figure.add_subplot()
    found = [merge.affinity for merge in info.merges]
    high, low = max(*found, 0.0), min(*found, 0.0)
    room = 0.06 * (high - low) or 0.01
    _draw_branches(axes, info, high + room)
    shaded = False
    for y, number in enumerate(info.groups):
        shaded ^= y > 0 and (number is None or number != info.groups[y - 1])
        if shaded:
            axes.axhspan(y - 0.5, y + 0.5, color=SHADE, linewidth=0, zorder=0)
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)
    axes.plot([], [], color=BLUE, linewidth=2.0, label="within one group")
    axes.plot([], [], color=MUTED, linewidth=1.0, label="between groups")
    axes.set(xlim=(high + room, low - room), ylim=(tasks - 0.5, -0.5))
    axes.set_yticks(range(tasks), names, fontsize=8 if tasks <= ROOMY else 7)
    axes.tick_params(axis="y", length=0)
    what = "affinity" if origin(info.estimator).gains else "score"
    axes.set_xlabel(f"mean {what} between the parts, both directions (right of the dashed line they hurt)")
    quiet(axes, grid="x")
    axes.spines["left"].set_visible(False)
    figure.legend(loc="outside upper left", ncols=2, columnspacing=1.3)
    return figure


def dendrogram_sentence(info: DendrogramInfo) -> str:
    """How to read the tree, and whether the groups are branches of it."""
    shared = {number for number in info.groups if number is not None and info.groups.count(number) > 1}
    told = ""
    if shared:
        of = f"{len(info.whole)} of {len(shared)} shared groups" if len(shared) > 1 else "the shared group"
        are = "are branches" if len(info.whole) > 1 else "is a branch" if info.whole else "is no branch"
        if len(shared) > 1 and not info.whole:
            of, are = "none of the shared groups", "is a branch"
        told = f" {of[0].upper()}{of[1:]} {are} of this tree."
    what = "affinity" if origin(info.estimator).gains else "score"
    return (
        f"Parts are joined by average linkage, where their mean {what} is highest; here alone both directions are "
        "averaged. Numbers beside names are groups. The tree only orders tasks: the groups come from the search, which "
        f"knows directions and errors and what was trained.{told}"
    )
