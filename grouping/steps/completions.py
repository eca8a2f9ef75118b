r"""What one new group would be worth at once, beside the best of the groups that were trained.

With at most ``k`` adapters a new group :math:`S` is joined by up to :math:`k - 1` others. All ways to choose those
among trained groups and singles are listed, the most promising ones where they are too many, and the value of
:math:`S` in one draw of the gains is the best over that list. With a limit on costs only those ways count beside which
:math:`S` is within it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from grouping.rows import UNSERVED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.cost_limit import RowCosts

    Array = NDArray[np.float64]


CHUNK = 1 << 22
"""Most numbers that are compared at a time."""


@dataclass(frozen=True, eq=False)
class CoverCompletions:
    """Ways to choose the other groups of a cover.

    Args:
        ways: Rows of each way, as indices of the ``gains`` that are given, shape ``(L, k - 1)``; where there is a limit
            on costs their number, ``n``, stands for no row.
        left: What each way leaves of the limit, in descending order, shape ``(L,)``; None without one.
    """

    ways: NDArray[np.intp]
    left: Array | None = None

    @classmethod
    def of(
        cls, gains: Array, typical: Array, *, others: int, most: int, costs: RowCosts | None = None
    ) -> CoverCompletions:
        """The ways to choose ``others`` of ``n`` rows.

        Args:
            gains: Expected gains of trained groups and singles, :data:`UNSERVED` where a task is no member, shape
                ``(n, T)``.
            typical: What a new group is expected to do for each task, shape ``(T,)``: of too many ways those are kept
                that are best if it does so.
            most: How many ways are too many.
            costs: What the rows cost and may cost together; fewer rows are ways too then.
        """
        if costs is not None:
            return cls._within(gains, typical, others=others, most=most, costs=costs)
        number = len(gains)
        others = min(others, number)
        if others == 0:
            return cls(np.zeros((1, 0), dtype=np.intp))
        if comb(number, others) <= most:
            return cls(np.array(list(combinations(range(number), others)), dtype=np.intp))
        ways = np.arange(number)[:, None]
        for _ in range(others - 1):
            wider = np.concatenate([np.repeat(ways, number, axis=0), np.tile(np.arange(number), len(ways))[:, None]], 1)
            wider = np.unique(np.sort(wider, axis=1), axis=0)
            best = np.maximum(gains[wider].max(axis=1), typical).sum(axis=1)
            ways = wider[np.argsort(-best, kind="stable")[:most]]
        return cls(ways.astype(np.intp))

    @classmethod
    def _within(cls, gains: Array, typical: Array, *, others: int, most: int, costs: RowCosts) -> CoverCompletions:
        """Ways that cost no more than the limit, the one without any row among them."""
        number = len(gains)
        padded = np.concatenate([gains, np.full((1, gains.shape[1]), UNSERVED)])
        each = np.append(costs.each, 0.0)
        ways = np.zeros((1, 0), dtype=np.intp)
        spent = np.zeros(1)
        for _ in range(min(others, number)):
            wider = np.concatenate(
                [np.repeat(ways, number + 1, axis=0), np.tile(np.arange(number + 1), len(ways))[:, None]], 1
            )
            wider = np.unique(np.sort(wider, axis=1), axis=0)
            twice = ((wider[:, 1:] == wider[:, :-1]) & (wider[:, 1:] < number)).any(axis=1)
            wider = wider[~twice]
            spent = each[wider].sum(axis=1)
            ways, spent = wider[spent <= costs.limit], spent[spent <= costs.limit]
            if len(ways) > most:
                best = np.maximum(padded[ways].max(axis=1), typical).sum(axis=1)
                kept = np.union1d(np.argsort(-best, kind="stable")[: most - 1], len(ways) - 1)  # no row stands last
                ways, spent = ways[kept], spent[kept]
        order = np.argsort(spent, kind="stable")
        return cls(ways[order], costs.limit - spent[order])

    def values(self, trained: Array, new: Array, costs: Array | None = None) -> Array:
        """What each new group is worth, best completed, shape ``(D, C)``; below :data:`FEASIBLE` if none serves all.

        Args:
            trained: Draws of the gains of trained groups and singles, shape ``(D, n, T)``; ``(1, n, T)`` if known.
            new: Draws of the gains of the new groups, :data:`UNSERVED` where a task is no member, shape ``(D, C, T)``.
            costs: Of the new groups, shape ``(C,)``, where there is a limit.
        """
        draws, number, count = new.shape
        ways = self.ways
        fits = np.full(number, len(ways))  # ways beside which a new group is within the limit: the first ones
        if self.left is not None and costs is not None:
            trained = np.pad(trained, ((0, 0), (0, 1), (0, 0)), constant_values=UNSERVED)
            fits = np.searchsorted(-self.left, -costs, side="right")
        beside = trained[:, ways].max(axis=2) if ways.shape[1] else np.full((1, 1, count), UNSERVED)  # (D or 1, L, T)
        found = np.empty((draws, number))
        step = max(1, CHUNK // (beside.shape[1] * count))
        for column in range(number):
            if not fits[column]:
                found[:, column] = UNSERVED
                continue
            inside = np.flatnonzero(new[0, column] > UNSERVED)
            outside = np.delete(np.arange(count), inside)
            rest = beside[:, : fits[column], outside].sum(axis=2)
            mine = beside[:, : fits[column], inside]
            for start in range(0, draws, step):
                part = slice(start, start + step)
                here = slice(None) if len(beside) == 1 else part
                joint = np.maximum(mine[here], new[part, column][:, None, inside]).sum(axis=2) + rest[here]
                found[part, column] = joint.max(axis=1)
        return found


@dataclass(frozen=True, eq=False)
class PartitionCompletions:
    """Ways to fill what a group leaves over, by the tasks that they hold together.

    Args:
        full: All tasks, as a mask.
        ways: For every union of disjoint rows, as a mask, the rows of its ways.
        costs: What the rows cost and may cost together.
    """

    full: int
    ways: dict[int, list[tuple[int, ...]]]
    costs: RowCosts | None = None

    @classmethod
    def of(
        cls,
        totals: Array,
        masks: NDArray[np.int64],
        *,
        others: int,
        most: int,
        costs: RowCosts | None = None,
    ) -> PartitionCompletions:
        """All ways to choose up to ``others`` disjoint rows; of too many the best per number of rows.

        Args:
            totals: Expected sum of the members' gains of trained groups and singles, shape ``(n,)``.
            masks: Their members as bits, alike.
            most: A fiftieth of the ways that are kept.
            costs: What the rows cost and may cost together.
        """
        ways: dict[int, list[tuple[int, ...]]] = {0: [()]}
        level: list[tuple[int, tuple[int, ...], float]] = [(0, (), 0.0)]
        for _ in range(others):
            wider = [
                (mask | int(masks[row]), (*rows, row), total + float(totals[row]))
                for mask, rows, total in level
                for row in range(rows[-1] + 1 if rows else 0, len(masks))
                if not mask & int(masks[row]) and (costs is None or costs.within((*rows, row)))
            ]
            level = sorted(wider, key=lambda way: -way[2])[: 50 * most]
            for mask, rows, _ in level:
                ways.setdefault(mask, []).append(rows)
        return cls(int(np.bitwise_or.reduce(masks)), ways, costs)

    def values(self, trained: Array, new: Array, masks: NDArray[np.int64], costs: Array | None = None) -> Array:
        """Value of each new group with its best completion, shape ``(D, C)``; :data:`UNSERVED` if there is none.

        Args:
            trained: Draws of the sums of trained groups and singles, shape ``(D, n)``; ``(1, n)`` if they are known.
            new: Draws of the sums of the new groups, shape ``(D, C)``.
            masks: Members of the new groups as bits, shape ``(C,)``.
            costs: What the new groups cost, shape ``(C,)``, where there is a limit.
        """
        found = np.full(new.shape, UNSERVED)
        for column, mask in enumerate(masks):
            ways = self.ways.get(self.full & ~int(mask), [])
            if self.costs is not None and costs is not None:
                limit = self.costs.limit - costs[column]
                ways = [rows for rows in ways if self.costs.total(rows) <= limit]
            if not ways:
                continue
            beside = np.stack([trained[:, list(rows)].sum(axis=1) for rows in ways], axis=1).max(axis=1)
            found[:, column] = new[:, column] + beside
        return found
