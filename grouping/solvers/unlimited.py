"""The best partitions in several worlds at once, without a table for every number of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.solvers.subset_dp import splits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def best_labels(values: Array, *, max_groups: int) -> NDArray[np.intp]:
    r"""The best partition into at most ``max_groups`` groups in each of ``D`` worlds, as labels of shape ``(D, T)``.

    The recursion of :class:`grouping.solvers.SubsetDP`; where the number of groups does not bind,

    .. math:: B(S) = \max_{l \in U \subseteq S} v(U) + B(S \setminus U), \qquad B(\emptyset) = 0

    is one table instead of one for each number.

    Args:
        values: Value of each group by its mask, shape ``(D, 2 ** T)``; ``-inf`` forbids a group, entry 0 is not read.

    Returns:
        Labels numbered by first member; a world without any allowed partition has labels of -1.
    """
    count = values.shape[1].bit_length() - 1
    free = _next(values, None, count)
    labels = np.array([_walk(of, [table], count, False) for of, table in zip(values, free, strict=True)])
    over = np.flatnonzero(labels.max(axis=1) >= max_groups)
    if len(over):
        tables = [_one(values[over])]
        for _ in range(max_groups - 1):
            tables.append(_next(values[over], tables[-1], count))
        for row, world in enumerate(over):
            labels[world] = _walk(values[world], [table[row] for table in tables], count, True)
    return labels


def _one(values: Array) -> Array:
    """One group at most."""
    best = values.copy()
    best[:, 0] = 0.0
    return best


def _next(values: Array, before: Array | None, count: int) -> Array:
    """One group more than ``before``, or any number of them, shape ``(D, 2 ** T)``; of odd sets only the full one."""
    by_mask = np.ascontiguousarray(values.T)  # rows of all worlds, which are gathered together
    best = np.full_like(by_mask, -np.inf)
    best[0] = 0.0
    rest_of = best if before is None else np.ascontiguousarray(before.T)
    for lowest in range(count - 1, 0, -1):
        step = 1 << (lowest + 1)
        group, rest, starts = splits(count - 1 - lowest)
        worth = by_mask[step >> 1 :: step].take(group, axis=0)
        worth += rest_of[::step].take(rest, axis=0)
        best[step >> 1 :: step] = np.maximum.reduceat(worth, starts, axis=0)
    best[-1] = (by_mask[1::2] + rest_of[::2][::-1]).max(axis=0)
    return best.T


def _walk(values: Array, tables: list[Array], count: int, bound: bool) -> NDArray[np.intp]:
    labels = np.full(count, -1, dtype=np.intp)
    left, used = (1 << count) - 1, 0
    if tables[-1][left] == -np.inf:
        return labels
    masks = np.arange(len(values))
    while left:
        choices = masks[(masks & ~left == 0) & (masks & (left & -left) != 0)]
        remaining = len(tables) - 1 - used
        if not bound:
            beside = tables[0][left ^ choices]
        elif remaining:
            beside = tables[remaining - 1][left ^ choices]
        else:
            beside = np.where(choices == left, 0.0, -np.inf)
        mask = int(choices[np.argmax(values[choices] + beside)])
        labels[mask >> np.arange(count) & 1 == 1] = used
        left ^= mask
        used += 1
    return labels
