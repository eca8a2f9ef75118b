"""The order of tasks on a heatmap's axes: friends side by side, groups unbroken."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reports.leaves import leaf_order
from tasks.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix


def distances(closeness: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """How far apart things are, and what to take that from to have their closeness again.

    Args:
        closeness: Symmetric, shape ``(n, n)``; its diagonal has no meaning.

    Returns:
        Distances, 0 on the diagonal, shape ``(n, n)``, and the highest closeness, of which distance 0 is made.
    """
    highest = float(closeness.max(initial=0.0))
    distance = highest - closeness
    np.fill_diagonal(distance, 0.0)
    return distance, highest


def _leaves(closeness: NDArray[np.float64]) -> list[int]:
    """Closest side by side; ``closeness`` is symmetric, shape ``(n, n)``, its diagonal has no meaning."""
    return leaf_order(distances(closeness)[0])


def check_groups(groups: Sequence[Sequence[str]], tasks: Sequence[str], *, place: str = "") -> None:
    """Refuses groups that name unknown tasks or hold a task twice.

    Raises:
        InputError: With the name at fault.
    """
    seen: set[str] = set()
    for group in groups:
        for task in group:
            if task not in tasks:
                hint = did_you_mean(task, tasks)
                message = f"a group names task `{task}`, which the run lacks{hint}; use files of one run"
                raise InputError(message, place=place)
            if task in seen:
                raise InputError(f"task `{task}` stands in two groups; a partition holds every task once", place=place)
            seen.add(task)


def order(matrix: "AffinityMatrix", groups: Sequence[Sequence[str]] | None = None) -> tuple[tuple[str, ...], ...]:
    """Tasks in drawing order, as groups that must stay contiguous.

    Tasks are ordered by an average-linkage tree over ``(scores + scores.T) / 2``. The symmetric mean serves the order
    alone; every drawn score keeps its direction. With ``groups``, members are ordered within their group and groups by
    the mean affinity between them; tasks in no group follow at the end, each by itself. The order of ``matrix.tasks``
    has no influence.

    Args:
        matrix: Affinities of ``T`` tasks.
        groups: Disjoint groups of tasks, or None: then one block holds all tasks.

    Raises:
        InputError: If a group names an unknown task or a task stands in two groups.
    """
    names = sorted(matrix.tasks)
    index = {task: i for i, task in enumerate(matrix.tasks)}
    rows = [index[name] for name in names]
    scores = np.asarray(matrix.scores, dtype=np.float64)[np.ix_(rows, rows)]
    closeness = (scores + scores.T) / 2  # (T, T)
    if groups is None:
        return (tuple(names[i] for i in _leaves(closeness)),)
    check_groups(groups, matrix.tasks)
    position = {name: i for i, name in enumerate(names)}
    blocks = sorted(sorted(position[task] for task in group) for group in groups if group)
    loose = sorted(set(range(len(names))) - {i for block in blocks for i in block})
    between = np.array([[closeness[np.ix_(a, b)].mean() for b in blocks] for a in blocks])
    if blocks:
        between = (between + between.T) / 2  # equal up to rounding; exactly equal from here on
    sequence = _leaves(between) if blocks else []
    inside = [[blocks[g][i] for i in _leaves(closeness[np.ix_(blocks[g], blocks[g])])] for g in sequence]
    return tuple(tuple(names[i] for i in block) for block in [*inside, *([i] for i in loose)])
