"""Exact partitions of up to twenty units: a linear programme over all groups, whole numbers over those that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.solvers.columns import solve_relaxed, solve_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.solvers.units import Units

MOST_UNITS = 20
"""Most units whose groups, two to their power, are all looked at."""
ADDED = 10
"""Most groups with each unit that enter the programme in a round."""
CLOSE = 0.8
"""Share of the best prices in those at which groups are sought."""
FEW = 1000
"""Groups that the integer programme takes at once."""
ROUNDING = 1e-9
"""Share of the largest value that is not told from 0."""


def solve_exactly(
    units: Units, pool: NDArray[np.bool_], *, max_groups: int | None, value: float
) -> tuple[NDArray[np.intp], int]:
    """The best partition, as labels, and the number of groups that the integer programme chose from.

    Prices of units that no group is worth more than bound every partition. A group that falls short of its price by
    more than the bound exceeds ``value`` is in no better partition; the others are few, and the integer programme over
    them is exact. New groups are sought at prices close to the best so far, which the programme's own jump around.

    Args:
        pool: Groups to begin with, shape ``(G, N)``, with a partition of that value among them.
        max_groups: The most groups.
        value: Of a known partition.

    Source: smoothed prices after Wentges, "Weighted Dantzig-Wolfe decomposition for linear mixed-integer programming",
    Int. Trans. Oper. Res. 1997, https://doi.org/10.1016/S0969-6016(97)00001-4.
    """
    count = len(units)
    worth, held = _worth_of_all(units), np.maximum(_sums(np.ones(count)), 1.0)
    known = masks = np.unique(pool @ (1 << np.arange(count)))
    best, centre, short = np.inf, np.zeros(count + 1), worth
    while True:
        prices = solve_relaxed(_members(masks, count), worth[masks], max_groups)
        assert prices is not None  # the known partition is in the pool
        own = np.append(prices.units, prices.group)
        least = ROUNDING * max(1.0, float(np.abs(own).max()))
        for of in (own,) if best == np.inf else (CLOSE * centre + (1 - CLOSE) * own, own):
            reduced = worth - _sums(of[:-1]) - of[-1]
            raised = max(0.0, float((reduced / held).max()))
            bound = float(of[:-1].sum()) + count * raised + (max_groups or 0) * float(of[-1])
            if bound < best:
                best, centre, short = bound, of + np.append(np.full(count, raised), 0.0), reduced - raised * held
            added = np.union1d(masks, _best_with_each(reduced, count, least))
            if len(added) > len(masks):
                break
        kept = np.flatnonzero(short >= value - best - least * count)
        if len(kept) <= FEW or len(added) == len(masks):
            break
        masks = added
    kept = np.union1d(kept, known)
    labels = solve_whole(_members(kept, count), worth[kept], max_groups, nodes=None)
    assert labels is not None
    return labels, len(kept)


def _best_with_each(reduced: NDArray[np.float64], count: int, least: float) -> NDArray[np.intp]:
    """Masks of the groups with the highest reduced values among those that hold a unit, for each unit."""
    positive = np.flatnonzero(reduced > least)
    chosen = [np.empty(0, dtype=np.intp)]
    for unit in range(count):
        holding = positive[positive >> unit & 1 == 1]
        if len(holding) > ADDED:
            holding = holding[np.argpartition(-reduced[holding], ADDED)[:ADDED]]
        chosen.append(holding)
    return np.concatenate(chosen)


def _members(masks: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    members: NDArray[np.bool_] = (masks[:, None] >> np.arange(count)) & 1 == 1
    return members


def _sums(of: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over the members of every mask, shape ``(2 ** N,)``."""
    sums = np.zeros(1)
    for one in of:
        sums = np.concatenate([sums, sums + one])
    return sums


def _worth_of_all(units: Units) -> NDArray[np.float64]:
    """Values by mask, shape ``(2 ** N,)``; ``-inf`` where the rules forbid the group, and of the empty one."""
    effects, barred = np.zeros(1), np.zeros(1, dtype=np.bool_)
    for unit in range(len(units)):
        links = _sums(units.pair[unit, :unit])
        bars = _sums(units.apart[unit, :unit].astype(np.float64)) > 0
        effects = np.concatenate([effects, effects + links + units.inner[unit]])
        barred = np.concatenate([barred, barred | bars])
    size = _sums(units.size.astype(np.float64)).astype(np.intp)
    worth = units.worth(effects, _sums(units.level), size)
    worth[barred | (size > units.largest) | (size == 0)] = -np.inf
    return worth
