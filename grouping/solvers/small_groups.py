"""Prices that no group of up to three units is worth more than: exact, where the relaxation is loosest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grouping.solvers.columns import solve_relaxed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.solvers.columns import Prices
    from grouping.solvers.units import Units

UNITS = 3
"""Most units of a small group."""
KEPT = 3
"""Most groups that enter the programme for each first unit."""
LEAST = 1e-4
"""A group may be worth this share of the mean price more than it costs; prices are raised by as much in the end."""
ROUNDS = 8
"""Most linear programmes."""


def small_group_prices(units: Units, pool: NDArray[np.bool_], max_groups: int | None) -> Prices:
    """Solves the programme over a pool and all groups of up to :data:`UNITS` units, which enter as they are needed.

    Args:
        pool: Groups, shape ``(G, N)``, with every unit by itself and a partition among them.
    """
    for done in range(1, ROUNDS + 1):
        worth = units.of_groups(pool)
        prices = solve_relaxed(pool, worth, max_groups)
        assert prices is not None  # the pool holds a partition
        least = LEAST * float(np.abs(prices.units).mean())
        new, excess = underpriced(units, prices.units, prices.group, least=least)
        if not len(new) or done == ROUNDS:
            break
        pool = np.unique(np.concatenate([pool, new]), axis=0)
    assert prices is not None  # there is a round
    rounding = float((worth - pool @ prices.units - prices.group).max())
    raised = max(excess / 2, rounding, 0.0)  # a group that is not in the pool has two units or more
    return replace(prices, units=prices.units + raised)


def underpriced(
    units: Units, prices: NDArray[np.float64], group_price: float, *, least: float
) -> tuple[NDArray[np.bool_], float]:
    """Groups of two or three units with a reduced value above ``least``, and the highest reduced value.

    Args:
        prices: What each unit costs, shape ``(N,)``.
        group_price: What each group costs on top.

    Returns:
        Shape ``(G, N)``; where one unit begins many, its best alone.
    """
    count = len(units)
    found: list[list[int]] = []
    highest = -np.inf
    for begin in range(-1, count):  # groups of two first, then those of three whose first unit this is
        core = np.arange(max(begin, 0), begin + 1)
        rest = np.arange(begin + 1, count)
        if len(rest) < 2:
            continue
        inside = units.inner[core].sum()
        links = units.pair[np.ix_(core, rest)].sum(axis=0) + units.inner[rest]
        level = units.level[rest]
        size = units.size[core].sum() + units.size[rest][:, None] + units.size[rest]
        reduced = units.worth(
            inside + links[:, None] + links + units.pair[np.ix_(rest, rest)],
            units.level[core].sum() + level[:, None] + level,
            np.minimum(size, units.largest),
        )
        reduced -= prices[core].sum() + prices[rest][:, None] + prices[rest] + group_price
        barred = np.flatnonzero(units.apart[core].sum(axis=0)[rest])
        reduced[(size > units.largest) | units.apart[np.ix_(rest, rest)]] = -np.inf
        reduced[barred] = reduced[:, barred] = -np.inf
        reduced[np.tri(len(rest), dtype=np.bool_)] = -np.inf
        highest = max(highest, float(reduced.max()))
        first, second = np.nonzero(reduced > least)
        top = np.argsort(-reduced[first, second], kind="stable")[: KEPT if len(core) else count]
        first, second = first[top], second[top]
        found += [[*core.tolist(), int(rest[i]), int(rest[j])] for i, j in zip(first, second, strict=True)]
    groups = np.zeros((len(found), count), dtype=np.bool_)
    for row, members in enumerate(found):
        groups[row, members] = True
    return groups, highest
