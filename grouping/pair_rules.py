"""What a grouping must respect, told by pairs of tasks: needs no list of all groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PairRules:
    """Constraints on ``T`` tasks; a task that stays alone is apart from all others.

    Args:
        unit: Tasks of equal number must share a group, shape ``(T,)``; numbers run from 0 in the order of tasks.
        apart: Whether two tasks must not share a group, shape ``(T, T)``, symmetric; holds for whole units.
        largest: The most tasks of a group.
    """

    unit: NDArray[np.intp]
    apart: NDArray[np.bool_]
    largest: int

    @classmethod
    def of(cls, together: NDArray[np.bool_], apart: NDArray[np.bool_], largest: int) -> PairRules:
        """What follows from pairs that must and must not share, each of shape ``(T, T)``; one triangle is enough."""
        labels = np.arange(len(together))
        for task, other in np.argwhere(together).tolist():
            labels[labels == labels[other]] = labels[task]
        _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
        unit = np.argsort(np.argsort(first))[inverse]  # units in the order of their first tasks
        count = len(first)
        held = np.zeros((count, len(unit)))
        held[unit, np.arange(len(unit))] = 1.0
        between = held @ (apart | apart.T) @ held.T > 0  # shape: (units, units)
        return cls(unit, between[np.ix_(unit, unit)], min(largest, len(unit)))

    @classmethod
    def none(cls, tasks: int) -> PairRules:
        """Every partition of so many tasks is allowed."""
        return cls(np.arange(tasks), np.zeros((tasks, tasks), dtype=np.bool_), tasks)

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Tasks per unit, shape ``(units,)``."""
        return np.bincount(self.unit)

    @property
    def unit_apart(self) -> NDArray[np.bool_]:
        """Whether two units must not share, shape ``(units, units)``; true on the diagonal for one that cannot be."""
        _, first = np.unique(self.unit, return_index=True)
        return self.apart[np.ix_(first, first)]
