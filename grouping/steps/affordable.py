r"""The best grouping within a limit on costs, in several worlds: good and fast, where the exact programme takes long.

A price :math:`\lambda` on cost turns the limit into an objective, :math:`v - \lambda c`, which is maximised as without
one. Prices are tried between a grouping that is too dear and one that is not, along the upper hull of value and cost;
then groups are exchanged one at a time within the limit, for the hull jumps over what lies below it.

Source: Lagrangian relaxation of a knapsack constraint, Everett, Operations Research 1963,
https://doi.org/10.1287/opre.11.3.399; the exchange is ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.rows import FEASIBLE, UNSERVED
from grouping.solvers.cheapest import cheapest
from grouping.solvers.selection import DP_TASKS, select, select_by_sets, served_sets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grouping.cost_limit import RowCosts
    from grouping.rows import Rows
    from grouping.solvers.selection import Mode, ServedSets

    Array = NDArray[np.float64]
    Chosen = tuple[int, ...]

PRICES = 12
"""Most prices per world."""
LEVELS = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Prices for many tasks, in what all tasks could gain over the cheapest grouping for the whole limit."""
PASSES = 4
"""Most rounds of exchanging one group for a better one."""
LEAST = 1e-9
"""Share of a value that rounding may have made."""


def affordable_rows(
    gains: Array, rows: Rows, dear: Sequence[Chosen], *, adapters: int, mode: Mode, costs: RowCosts
) -> list[Chosen | None]:
    """Rows of a good grouping within the limit in each of ``D`` worlds; None, for all, if there is none.

    Exact for partitions of more than :data:`DP_TASKS` tasks; else the best of what is tried.

    Args:
        gains: Of every row's members, :data:`UNSERVED` elsewhere, shape ``(D, R, T)``.
        dear: The best grouping of each world without the limit, which costs too much.
    """
    if mode == "partition" and len(rows.tasks) > DP_TASKS:
        found = [select(of, rows, adapters=adapters, mode=mode, costs=costs) for of in gains]
        return [None if of is None else of.rows for of in found]
    each = np.where(costs.usable, costs.each, np.inf)
    serves = (gains > FEASIBLE).min(axis=0)  # in every world
    least = cheapest(each, serves, rows, adapters=adapters, mode=mode)
    if least is None or not costs.within(least):
        return [None] * len(gains)
    if len(rows.tasks) > DP_TASKS:
        return [_of_many(of, least, adapters, costs) for of in gains]
    served = served_sets(rows, mode)
    hulls = [_on_hull(of, rows, served, high, least, adapters, costs) for of, high in zip(gains, dear, strict=True)]
    if mode == "partition":
        return list(hulls)
    return [_exchanged(of, chosen, adapters, costs) for of, chosen in zip(gains, hulls, strict=True)]


def _value(gains: Array, chosen: Chosen) -> float:
    return float(gains[list(chosen)].max(axis=0).sum())


def _on_hull(
    gains: Array, rows: Rows, served: ServedSets, high: Chosen, low: Chosen, adapters: int, costs: RowCosts
) -> Chosen:
    """The dearest grouping on the hull that is within the limit.

    Args:
        gains: Of one world, shape ``(R, T)``.
        high: The best one, which is not.
        low: The cheapest one.
    """
    best = low
    for _ in range(PRICES):
        rise, run = _value(gains, high) - _value(gains, low), costs.total(high) - costs.total(low)
        if rise <= 0 or run <= 0:
            break
        price = rise / run
        prices = np.where(costs.usable, price * np.where(costs.usable, costs.each, 0.0), np.inf)
        between = select_by_sets(gains[None], rows, served, adapters=adapters, prices=prices)[0]
        if between is None:
            break
        line = _value(gains, low) - price * costs.total(low)
        if between.value - price * costs.total(between.rows) <= line + LEAST * (1 + abs(line)):
            break
        if costs.within(between.rows):
            low = between.rows
            best = max(best, low, key=lambda of: _value(gains, of))
        else:
            high = between.rows
    return best


def _of_many(gains: Array, least: Chosen, adapters: int, costs: RowCosts) -> Chosen:
    """Greedy covers at some prices, and the cheapest one, each improved by exchanges."""
    open_ = np.where(costs.usable[:, None], gains, UNSERVED)
    possible = open_.max(axis=0).sum() - _value(gains, least)
    each = np.where(costs.usable, costs.each, 0.0)
    starts = [least]
    for level in LEVELS:
        chosen = _greedy(open_, level * possible / max(costs.most, np.finfo(np.float64).tiny) * each, adapters)
        if costs.within(chosen) and _value(gains, chosen) > FEASIBLE:
            starts.append(chosen)
    tried = [_exchanged(gains, of, adapters, costs) for of in dict.fromkeys(starts)]
    return max(tried, key=lambda of: _value(gains, of))


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


def _exchanged(gains: Array, chosen: Chosen, adapters: int, costs: RowCosts) -> Chosen:
    """Replaces, adds or leaves out one row at a time within the limit, until nothing improves; those that serve."""
    none = len(gains)  # a group that is not there
    padded = np.concatenate([gains, np.full((1, gains.shape[1]), UNSERVED)])
    each = np.append(costs.each, 0.0)
    slots = [*chosen, *[none] * (adapters - len(chosen))]
    for _ in range(PASSES):
        before = list(slots)
        for place in range(len(slots)):
            rest = slots[:place] + slots[place + 1 :]
            beside = padded[rest].max(axis=0, initial=UNSERVED)
            left = costs.limit - each[sorted(set(rest))].sum()
            worth = np.where(each <= left, np.maximum(beside, padded).sum(axis=1), -np.inf)
            best = int(worth.argmax())
            if worth[best] > worth[slots[place]]:
                slots[place] = best
        if slots == before:
            break
    kept = np.array(sorted({row for row in slots if row != none}))
    return tuple(sorted({int(row) for row in kept[gains[kept].argmax(axis=0)]}))
