"""Exact partitions by dynamic programming over subsets of tasks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from grouping.masks import MAX_TASKS, group_of, require_few
from grouping.partition import Partition
from grouping.solvers.frontier import Frontier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class SubsetDP:
    r"""The best partition into exactly ``k`` groups, for all ``k`` at once.

    Groups are peeled off lowest task first, so that every partition is met in one order only. With ``S`` the tasks
    that are left, ``l`` the lowest of them and ``v`` the values of groups,

    .. math:: B_k(S) = \max_{l \in U \subseteq S} v(U) + B_{k-1}(S \setminus U), \qquad B_0(\emptyset) = 0.

    Only sets without task 0 are ever left over, which leaves about :math:`3^{T-1} / 2` pairs ``(S, U)`` per ``k``.

    Source: set partitioning by subset dynamic programming, as in Björklund, Husfeldt and Koivisto, "Set partitioning
    via inclusion-exclusion", SIAM J. Comput. 2009, https://doi.org/10.1137/070683933; the plain recursion, not their
    transform, because values are real numbers.
    """

    def solve(
        self, values: NDArray[np.float64], *, tasks: Sequence[str], max_groups: int | None = None
    ) -> Frontier[Partition]:
        """See :class:`grouping.solvers.Solver`."""
        count = len(tasks)
        _check(values, count)
        layers = count if max_groups is None else min(max_groups, count)
        best = best_sums(values, count, layers)
        full = (1 << count) - 1
        return Frontier(
            values=best[1:, full].copy(),
            groupings=tuple(_partition(best, values, k, tasks) for k in range(1, layers + 1)),
        )


def _check(values: NDArray[np.float64], count: int) -> None:
    require_few(count)
    if count < 1 or values.shape != (1 << count,):
        raise ValueError(f"Expected values of shape {(1 << count,)} for {count} tasks, but got {values.shape}.")
    if np.isnan(values[1:]).any() or np.isposinf(values[1:]).any():
        raise ValueError("Expected finite values, or -inf for a forbidden group, but got NaN or +inf.")


@lru_cache(maxsize=MAX_TASKS)
def splits(tasks: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of disjoint masks over ``tasks`` bits, sorted by their union.

    Returns:
        Masks ``U``, shape ``(3 ** tasks,)``; masks ``R`` disjoint from them, alike; where each union's pairs start,
        shape ``(2 ** tasks,)``.
    """
    group, rest = np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp)
    for bit in range(tasks):
        top = np.tile(np.array([1 << bit, 0]), len(group))  # each pair twice: the new task on either side
        group = np.concatenate([group, np.repeat(group, 2) + top])
        rest = np.concatenate([rest, np.repeat(rest, 2) + top[::-1]])
    sizes = np.left_shift(1, np.bitwise_count(np.arange(1 << tasks)).astype(np.intp))
    return group, rest, np.concatenate([[0], np.cumsum(sizes)[:-1]])


def best_sums(values: NDArray[np.float64], count: int, layers: int) -> NDArray[np.float64]:
    """Best sums by exact number of groups and set of tasks, shape ``(layers + 1, 2 ** count)``; see :class:`SubsetDP`.

    With more than one group only the full set and sets without task 0 are filled in.
    """
    best = np.full((layers + 1, 1 << count), -np.inf)
    best[0, 0] = 0.0
    best[1, 1:] = values[1:]
    for lowest in range(count - 1, 0, -1):
        step = 1 << (lowest + 1)  # sets over higher tasks are the multiples of step
        group, rest, starts = splits(count - 1 - lowest)
        worth = values[step >> 1 :: step][group]
        for k in range(2, layers):
            best[k, step >> 1 :: step] = np.maximum.reduceat(worth + best[k - 1, ::step][rest], starts)
    for k in range(2, layers + 1):  # the full set: all groups with task 0
        best[k, -1] = (values[1::2] + best[k - 1, ::2][::-1]).max()
    return best


def _partition(
    best: NDArray[np.float64], values: NDArray[np.float64], k: int, tasks: Sequence[str]
) -> Partition | None:
    """Walks the tables back from the full set; of equal sums it takes the group with the lowest mask."""
    left = len(values) - 1
    if best[k, left] == -np.inf:
        return None
    masks = np.arange(len(values))
    groups: list[int] = []
    for remaining in range(k - 1, -1, -1):
        lowest = left & -left
        choices = masks[(masks & ~left == 0) & (masks & lowest != 0)]
        groups.append(int(choices[np.argmax(values[choices] + best[remaining, left ^ choices])]))
        left ^= groups[-1]
    return Partition.of(group_of(mask, tasks) for mask in groups)
