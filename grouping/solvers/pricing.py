"""Groups that are worth more than their members cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.solvers.units import Units

DEPTH = 30
"""Most units that are added to a start before the best group on the way is taken."""
LEAST = 1e-7
"""Smallest reduced value of a group that counts, as a share of the largest price."""


def price_groups(
    units: Units, starts: NDArray[np.bool_], prices: NDArray[np.float64], group_price: float
) -> NDArray[np.bool_]:
    """Grows all starts at once, one unit at a time, then adds or drops units while that helps.

    Args:
        starts: Groups that meet the rules, shape ``(S, N)``.
        prices: What each unit costs, shape ``(N,)``.
        group_price: What each group costs on top.

    Returns:
        Distinct groups of positive reduced value, shape ``(G, N)``; that none is found proves nothing.
    """
    growing = _Growing(units, starts, prices)
    best, value = growing.members.copy(), growing.value()
    for _ in range(min(DEPTH, len(units) - 1)):
        gained = growing.toggled(drop=False)
        if not (gained > -np.inf).any():
            break
        better = gained > value
        best[better], value[better] = growing.members[better], gained[better]
    growing = _Growing(units, best, prices)
    for _ in range(DEPTH):
        gained = growing.toggled(drop=True, above=value + LEAST * np.abs(prices).max())
        if not (gained > -np.inf).any():
            break
        value = np.maximum(value, gained)
    positive = value - group_price > LEAST * np.abs(prices).max()
    return np.unique(growing.members[positive], axis=0)


class _Growing:
    """Many groups, and what one unit more or less would make of each."""

    def __init__(self, units: Units, members: NDArray[np.bool_], prices: NDArray[np.float64]) -> None:
        held = members.astype(np.float64)
        self.units, self.members, self.prices = units, members.copy(), prices
        self._links = held @ units.pair  # shape: (S, N)
        self._effects = (self._links * held).sum(axis=1) / 2 + held @ units.inner
        self._level, self._size, self._cost = held @ units.level, members @ units.size, held @ prices
        self._bars = held @ units.apart

    def value(self) -> NDArray[np.float64]:
        """Reduced value of each group, before the price of a group, shape ``(S,)``."""
        return self.units.worth(self._effects, self._level, self._size) - self._cost

    def toggled(self, *, drop: bool, above: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Takes the best step of every group, if it leads above a value; gives values, ``-inf`` where none was taken.

        Args:
            drop: Whether members may go.
            above: Shape ``(S,)``.
        """
        units, sign = self.units, np.where(self.members, -1, 1)
        size = self._size[:, None] + sign * units.size
        after = units.worth(
            self._effects[:, None] + sign * (self._links + units.inner),
            self._level[:, None] + sign * units.level,
            np.clip(size, 0, units.largest),
        )
        after -= self._cost[:, None] + sign * self.prices
        barred = (size > units.largest) | (size == 0) | (~self.members & (self._bars > 0))
        after[barred if drop else barred | self.members] = -np.inf
        unit = after.argmax(axis=1)
        gained: NDArray[np.float64] = after[np.arange(len(after)), unit]
        if above is not None:
            gained = np.where(gained > above, gained, -np.inf)
        who = np.flatnonzero(gained > -np.inf)
        what = unit[who]
        step = sign[who, what]
        self._effects[who] += step * (self._links[who, what] + units.inner[what])
        self._links[who] += step[:, None] * units.pair[what]
        self._bars[who] += step[:, None] * units.apart[what]
        self._level[who] += step * units.level[what]
        self._size[who] += step * units.size[what]
        self._cost[who] += step * self.prices[what]
        self.members[who, what] ^= True
        return gained
