"""Local moves: a partition of units that improves by moving one unit or swapping two."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.solvers.units import Units

SMALLEST = 1e-9
"""Smallest gain of a move, as a share of the sum of the group values' sizes; less is rounding."""


class Moves:
    """A partition and what every move of a unit into another group would bring; a move costs ``O(N)``.

    Args:
        units: Values and rules.
        labels: A partition that meets the rules, shape ``(N,)``, labels below ``slots``.
        slots: The most groups.
    """

    def __init__(self, units: Units, labels: NDArray[np.intp], slots: int) -> None:
        held = np.zeros((slots, len(units)))
        held[labels, np.arange(len(units))] = 1.0
        self.units = units
        self.labels = labels.copy()
        self.size = (held @ units.size).astype(np.intp)
        self._links = held @ units.pair  # effects between a group and a unit, shape: (slots, N)
        self._effects = (self._links * held).sum(axis=1) / 2 + held @ units.inner
        self._level = held @ units.level
        self._bars = held @ units.apart if units.apart.any() else None  # members that a unit must be apart from
        self.worth = units.worth(self._effects, self._level, self.size)
        self._joins = np.empty(held.shape)  # what a unit adds to a group; -inf where it may not
        self._leaves = np.empty(len(units))  # what it adds to its own by leaving
        for group in range(slots):
            self._refresh(group)

    @property
    def value(self) -> float:
        """Value of the partition."""
        return float(self.worth.sum())

    def copy(self) -> Moves:
        """The same partition, to be moved on its own."""
        other = copy(self)
        for name, of in vars(self).items():
            if isinstance(of, np.ndarray):
                setattr(other, name, of.copy())
        return other

    def joins(self, unit: int) -> NDArray[np.bool_]:
        """The groups that the unit may move to, shape ``(slots,)``."""
        open_: NDArray[np.bool_] = self._joins[:, unit] > -np.inf
        return open_

    def move(self, unit: int, group: int) -> None:
        """Moves a unit to another group."""
        units, own = self.units, self.labels[unit]
        self._effects[own] -= self._links[own, unit] + units.inner[unit]
        self._effects[group] += self._links[group, unit] + units.inner[unit]
        for slot, sign in ((own, -1), (group, 1)):
            self._links[slot] += sign * units.pair[unit]
            self._level[slot] += sign * units.level[unit]
            self.size[slot] += sign * units.size[unit]
            if self._bars is not None:
                self._bars[slot] += sign * units.apart[unit]
        self.labels[unit] = group
        self._refresh(own)
        self._refresh(group)

    def descend(self) -> float:
        """Takes the best move, and the best swap where no move helps, until neither does; gives the value."""
        least = SMALLEST * max(float(np.abs(self.worth).sum()), float(np.abs(self.units.pair).max(initial=0.0)))
        while True:
            gains = self._joins + self._leaves
            group, unit = divmod(int(gains.argmax()), len(self.units))
            if gains[group, unit] > least:
                self.move(unit, group)
            elif not self._swap(least):
                return self.value

    def _refresh(self, group: int) -> None:
        units, size = self.units, self.size[group]
        inside = self.labels == group
        effects, level = self._effects[group], self._level[group]
        self.worth[group] = units.worth(effects, level, size)
        larger = size + units.size
        barred = inside | (larger > units.largest)
        if self._bars is not None:
            barred |= self._bars[group] > 0
        grown = units.worth(
            effects + self._links[group] + units.inner, level + units.level, np.minimum(larger, units.largest)
        )
        self._joins[group] = np.where(barred, -np.inf, grown - self.worth[group])
        self._leaves[inside] = (
            units.worth(
                effects - self._links[group, inside] - units.inner[inside],
                level - units.level[inside],
                size - units.size[inside],
            )
            - self.worth[group]
        )

    def _swap(self, least: float) -> bool:
        units, own = self.units, self.labels
        links = self._links[own]  # of a unit's group with every unit, shape: (N, N)
        lost = np.diagonal(links) + units.inner
        size = self.size[own][:, None] - units.size[:, None] + units.size
        after = units.worth(  # of a unit's group when another takes its place
            self._effects[own][:, None] - lost[:, None] + links - units.pair + units.inner,
            self._level[own][:, None] - units.level[:, None] + units.level,
            np.minimum(size, units.largest),
        )
        after -= self.worth[own][:, None]
        barred = (own[:, None] == own) | (size > units.largest)
        if self._bars is not None:
            barred |= self._bars[own] - units.apart > 0
        after[barred] = -np.inf
        gains = after + after.T
        unit, other = divmod(int(gains.argmax()), len(units))
        if not gains[unit, other] > least:
            return False
        home, there = int(own[unit]), int(own[other])
        self.move(unit, there)
        self.move(other, home)
        return True
