"""The best grouping within a limit on costs, in several worlds: good and fast where the exact programme takes long.

Few tasks are searched by subsets (:mod:`grouping.steps.affordable_sets`). A cover of more is found greedily at some
prices on cost, and improved by exchanging one group at a time within the limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.rows import FEASIBLE, UNSERVED
from grouping.solvers.cheapest import cheapest
from grouping.solvers.selection import DP_TASKS, select, select_by_sets, served_sets
from grouping.steps.affordable_sets import affordable_by_sets, prices_of, value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grouping.cost_limit import RowCosts
    from grouping.rows import Rows
    from grouping.solvers.selection import Mode

    Array = NDArray[np.float64]
    Chosen = tuple[int, ...]

PRICES = 10
"""Prices that are tried for many tasks; the first is what they could gain over the cheapest grouping, per limit."""
PARTITIONED = 400
"""Most groups among which the best partition is looked for too, a tenth of a second's work; more take seconds."""
PASSES = 4
"""Most rounds of exchanging one group for a better one."""


def affordable_rows(
    gains: Array, rows: Rows, dear: Sequence[Chosen], *, adapters: int, mode: Mode, costs: RowCosts
) -> list[Chosen | None]:
    """Rows of a good grouping within the limit in each of ``D`` worlds; None, for all, if there is none.

    Exact for partitions of more than :data:`DP_TASKS` tasks, and mostly for fewer; else the best of what is tried.

    Args:
        gains: Of every row's members, :data:`UNSERVED` elsewhere, shape ``(D, R, T)``.
        dear: The best grouping of each world without the limit, which costs too much.
    """
    if mode == "partition" and len(rows.tasks) > DP_TASKS:
        found = [select(of, rows, adapters=adapters, mode=mode, costs=costs) for of in gains]
        return [None if of is None else of.rows for of in found]
    serves = (gains > FEASIBLE).min(axis=0)  # in every world
    least = _cheapest(serves, rows, adapters, mode, costs)
    if least is None or not costs.within(least):
        return [None] * len(gains)
    if len(rows.tasks) > DP_TASKS:
        return [_of_many(of, rows, least, adapters, costs) for of in gains]
    served = served_sets(rows, mode)
    return [
        affordable_by_sets(of, rows, served, high=high, low=least, adapters=adapters, costs=costs)
        for of, high in zip(gains, dear, strict=True)
    ]


def _cheapest(serves: NDArray[np.bool_], rows: Rows, adapters: int, mode: Mode, costs: RowCosts) -> Chosen | None:
    """Rows that cost least; the integer programme takes long where there are all groups of many tasks."""
    if len(rows.tasks) > DP_TASKS:
        return cheapest(np.where(costs.usable, costs.each, np.inf), serves, rows, adapters=adapters, mode=mode)
    free = np.where(serves, 0.0, UNSERVED)
    scale = 1.0 / max(costs.most, np.finfo(np.float64).tiny)
    found = select_by_sets(free[None], rows, served_sets(rows, mode), adapters=adapters, prices=prices_of(costs, scale))
    return None if found[0] is None or found[0].value <= FEASIBLE else found[0].rows


def _of_many(gains: Array, rows: Rows, least: Chosen, adapters: int, costs: RowCosts) -> Chosen:
    """Covers that are good at some price on cost, and the best partition of few groups, improved within the limit."""
    open_ = np.where(costs.usable[:, None], gains, UNSERVED)
    each = np.where(costs.usable, costs.each, 0.0)
    possible = open_.max(axis=0).sum() - value_of(gains, least)
    low, high = 0.0, 0.0
    starts = {least: None}
    if len(rows.members) <= PARTITIONED:
        disjoint = select(gains, rows, adapters=adapters, mode="partition", costs=costs)
        starts |= {} if disjoint is None else {disjoint.rows: None}
    for _ in range(PRICES):
        price = (low + high) / 2 if high else max(2 * low, possible / max(costs.most, np.finfo(np.float64).tiny))
        chosen = _greedy(open_, price * each, adapters)
        chosen = _exchanged(open_, chosen, adapters, each, limit=np.inf, price=price)
        if not costs.within(chosen):
            low = price
            continue
        high = price
        if value_of(gains, chosen) > FEASIBLE:
            starts[chosen] = None
    tried = [_exchanged(open_, of, adapters, each, limit=costs.limit) for of in starts]
    return max(tried, key=lambda of: value_of(gains, of))


def _greedy(gains: Array, prices: Array, adapters: int) -> Chosen:
    """One row after the other, each the best beside those before, while one improves."""
    current, chosen = np.full(gains.shape[1], UNSERVED), []
    for _ in range(adapters):
        worth = np.maximum(current, gains).sum(axis=1) - prices
        best = int(worth.argmax())
        if worth[best] <= current.sum():
            break
        chosen.append(best)
        current = np.maximum(current, gains[best])
    return tuple(chosen)


def _exchanged(gains: Array, chosen: Chosen, adapters: int, each: Array, *, limit: float, price: float = 0.0) -> Chosen:
    """Replaces, adds or leaves out one row at a time within the limit, until nothing improves; those that serve.

    Args:
        gains: Of rows that may be chosen, :data:`UNSERVED` elsewhere, shape ``(R, T)``.
        each: What the rows cost, shape ``(R,)``.
        price: Of cost, in gain.
    """
    none = len(gains)  # a group that is not there
    padded = np.concatenate([gains, np.full((1, gains.shape[1]), UNSERVED)])
    each = np.append(each, 0.0)
    slots = [*chosen, *[none] * (adapters - len(chosen))]
    for _ in range(PASSES):
        before = list(slots)
        for place in range(len(slots)):
            rest = slots[:place] + slots[place + 1 :]
            beside = padded[rest].max(axis=0, initial=UNSERVED)
            left = limit - each[sorted(set(rest))].sum()
            worth = np.where(each <= left, np.maximum(beside, padded).sum(axis=1) - price * each, -np.inf)
            best = int(worth.argmax())
            if worth[best] > worth[slots[place]]:
                slots[place] = best
        if slots == before:
            break
    kept = np.array(sorted({row for row in slots if row != none}))
    return tuple(sorted({int(row) for row in kept[gains[kept].argmax(axis=0)]}))
