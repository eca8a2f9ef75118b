"""The best allowed partition in each of several worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.sampling.local_moves import improved
from grouping.sampling.worlds import ENUMERATED
from grouping.solvers.unlimited import best_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grouping.labels import Labels
    from grouping.sampling.allowed import Allowed
    from grouping.sampling.group_prices import GroupPrices
    from grouping.sampling.worlds import Worlds

PRICED = 3
"""Worlds that are solved at several prices of a unit of cost, the first ones."""
STEPS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Those prices, in spreads of the groups' values over spreads of their costs."""


def best_partitions(
    worlds: Worlds, centres: Sequence[Labels], allowed: Allowed, generator: np.random.Generator
) -> list[Labels]:
    """Exact up to :data:`grouping.sampling.worlds.ENUMERATED` tasks; beyond, by local moves.

    Where costs are limited, partitions may cost more than they should, and for few tasks there are more of them than
    worlds: the best at several prices of a unit of cost, and the cheapest.

    Args:
        centres: Partitions that local moves begin with, beside a random one.
    """
    count = worlds.count
    if count <= ENUMERATED:
        totals = worlds.every_total()
        totals[:, ~allowed.every_group] = -np.inf
        found = [tuple(row) for row in best_labels(totals, max_groups=allowed.max_adapters).tolist()]
        return found if allowed.prices is None else [*found, *_cheaper(totals, allowed, allowed.prices)]
    starts = [*centres, allowed.random(generator)]
    rows = np.array([starts[index % len(starts)] for index in range(len(worlds.base))], dtype=np.intp)
    return improved(worlds, rows, allowed)


def _cheaper(totals: NDArray[np.float64], allowed: Allowed, prices: GroupPrices) -> list[Labels]:
    """The best partitions where each unit of cost is worth so much, and the cheapest one.

    Args:
        totals: Values of groups by mask, ``-inf`` for those that break a rule, shape ``(R, 2 ** T)``.
    """
    costs, able = prices.every(), allowed.every_group.copy()
    able[0] = False
    able &= costs <= prices.most
    usable, costs = np.where(able, totals[:PRICED], -np.inf), np.where(able, costs, 0.0)
    spread = float(costs[able].std()) if able.any() else 0.0
    each = [(np.nanstd(np.where(able, row, np.nan)) / spread if spread > 0 else 0.0) for row in usable]
    priced = [row - step * price * costs for row, price in zip(usable, each, strict=True) for step in STEPS]
    cheapest = np.where(able, -costs, -np.inf)
    found = best_labels(np.stack([*priced, cheapest]), max_groups=allowed.max_adapters)
    return [tuple(row) for row in dict.fromkeys(map(tuple, found.tolist())) if min(row) >= 0]
