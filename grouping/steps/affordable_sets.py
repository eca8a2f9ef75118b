r"""Few tasks, a limit on costs: the best grouping among all subsets, between a price on cost and a bounded search.

A price :math:`\lambda` turns the limit :math:`C` into an objective, :math:`v - \lambda c`, which subset dynamic
programming maximises as without one. Prices are tried between a grouping that is too dear and one that is not, along
the upper hull of value and cost. What lies below the hull is searched from the lowest task on: the tables of the last
price bound what the tasks that are left can add,

.. math:: v + \lambda (C - c) + \max_{k' \le k} B_{k'}(S) > v_{best},

so that few branches are followed; :data:`NODES` of them at most.

Source: Lagrangian relaxation of a knapsack constraint, Everett, Operations Research 1963,
https://doi.org/10.1287/opre.11.3.399, whose bounds then guide the search.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from grouping.solvers.selection import select_by_sets
from grouping.solvers.subset_dp import best_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.cost_limit import RowCosts
    from grouping.rows import Rows
    from grouping.solvers.selection import ServedSets

    Array = NDArray[np.float64]
    Chosen = tuple[int, ...]

PRICES = 12
"""Most prices of the hull."""
NODES = 400
"""Most branches of the search below it."""
LEAST = 1e-9
"""Share of a value that rounding may have made."""


def affordable_by_sets(
    gains: Array, rows: Rows, served: ServedSets, *, high: Chosen, low: Chosen, adapters: int, costs: RowCosts
) -> Chosen:
    """The best rows within the limit in one world; exact unless the search was cut.

    Args:
        gains: Of every row's members, shape ``(R, T)``.
        served: The sets that the rows can serve.
        high: The best rows without the limit, which cost too much.
        low: The cheapest rows.
    """
    price, best = 0.0, low
    for _ in range(PRICES):
        rise, run = value_of(gains, high) - value_of(gains, low), costs.total(high) - costs.total(low)
        if rise <= 0 or run <= 0:
            return best
        price = rise / run
        between = select_by_sets(gains[None], rows, served, adapters=adapters, prices=prices_of(costs, price))[0]
        line = value_of(gains, low) - price * costs.total(low)
        if between is None or between.value - price * costs.total(between.rows) <= line + LEAST * (1 + abs(line)):
            break
        if costs.within(between.rows):
            low = between.rows
            best = max(best, low, key=lambda of: value_of(gains, of))
        else:
            high = between.rows
    return _Branching.of(gains, rows, served, price, best, adapters, costs).search()


def value_of(gains: Array, chosen: Chosen) -> float:
    """Sum over tasks of the gain in the chosen row that serves it best."""
    return float(gains[list(chosen)].max(axis=0).sum())


def prices_of(costs: RowCosts, price: float) -> Array:
    """What every row takes off a value; infinite where it may not be chosen."""
    return np.where(costs.usable, price * np.where(costs.usable, costs.each, 0.0), np.inf)


@dataclass(eq=False)
class _Branching:
    """Depth-first search for a choice that is better than the best so far.

    Args:
        columns: Rows, sets that they serve, gains in them, costs and priced values, by the lowest task of the set.
        rest: Most that tasks can add at the price, by most groups and the set of tasks, shape ``(K + 1, 2 ** T)``.
    """

    columns: list[tuple[NDArray[np.intp], NDArray[np.int64], Array, Array, Array]]
    rest: Array
    price: float
    limit: float
    best: Chosen
    value: float
    nodes: int = field(default=0)

    @classmethod
    def of(
        cls,
        gains: Array,
        rows: Rows,
        served: ServedSets,
        price: float,
        best: Chosen,
        adapters: int,
        costs: RowCosts,
    ) -> _Branching:
        """Columns that are not too far below the best one of their set to be in a better choice."""
        count = len(rows.tasks)
        row, mask, gain = served.columns(gains)
        priced = gain - prices_of(costs, price)[row]
        worth = np.full(1 << count, -np.inf)
        worth[served.sets] = np.maximum.reduceat(priced[served.order], served.starts)
        rest = np.maximum.accumulate(best_sums(worth, count, min(adapters, count)), axis=0)
        value = value_of(gains, best)
        gap = rest[-1, -1] + price * costs.limit - value
        near = np.flatnonzero((priced >= worth[mask] - gap) & (priced > -np.inf))
        lowest = np.bitwise_count((mask[near] & -mask[near]) - 1)
        columns = []
        for task in range(count):
            of = near[lowest == task]
            columns.append((row[of], mask[of], gain[of], costs.each[row[of]], priced[of]))
        return cls(columns, rest, price, costs.limit, best, value)

    def search(self) -> Chosen:
        """The best rows, sorted."""
        self._branch(self.rest.shape[1] - 1, len(self.rest) - 1, 0.0, 0.0, ())
        return self.best

    def _branch(self, left: int, groups: int, value: float, cost: float, chosen: Chosen) -> None:
        if not left:
            if value > self.value + LEAST * (1 + abs(self.value)):
                self.best, self.value = tuple(sorted(set(chosen))), value
            return
        row, mask, gain, each, priced = self.columns[(left & -left).bit_length() - 1]
        inside = np.flatnonzero((mask & ~np.int64(left) == 0) & (cost + each <= self.limit))
        ahead = value + priced[inside] + self.rest[groups - 1, left ^ mask[inside]] + self.price * (self.limit - cost)
        for at in np.argsort(-ahead, kind="stable").tolist():
            if self.nodes >= NODES or ahead[at] <= self.value + LEAST * (1 + abs(self.value)):
                return
            self.nodes += 1
            of = int(inside[at])
            self._branch(
                left ^ int(mask[of]),
                groups - 1,
                value + float(gain[of]),
                cost + float(each[of]),
                (*chosen, int(row[of])),
            )
