"""What the groups of a partition cost, and the most that they may cost together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from grouping.cost_limit import ROUNDING
from grouping.labels import masks_of
from grouping.masks import group_of
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from grouping.partition import Group

    Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GroupPrices:
    """A limit on the sum of what groups cost.

    Args:
        cost: Of any group of one task or more, sorted by name, in any one unit: 0 or more, and with a task more no
            less.
        most: The limit.
        tasks: In the order of masks' bits.
    """

    cost: Callable[[Group], float]
    most: float
    tasks: tuple[str, ...]
    _known: dict[int, float] = field(default_factory=dict)

    def of(self, mask: int) -> float:
        """What one group costs.

        Raises:
            InputError: If it is negative or no number.
        """
        if mask not in self._known:
            group = group_of(mask, self.tasks)
            cost = float(self.cost(group))
            if not cost >= 0:
                raise InputError(f"found a cost of {cost:g} for `{'+'.join(group)}`; expected 0 or more", place="cost")
            self._known[mask] = cost
        return self._known[mask]

    def within(self, cost: float) -> bool:
        """Whether a sum keeps the limit."""
        return cost <= self.most * (1 + ROUNDING)

    def every(self) -> Array:
        """Costs of all groups by mask, of few tasks, shape ``(2 ** T,)``; 0 of the empty one."""
        return np.array([0.0, *(self.of(mask) for mask in range(1, 1 << len(self.tasks)))])

    def keep(self, labels: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which partitions keep the limit, shape ``(C,)``."""
        masks, place = np.unique(masks_of(labels), return_inverse=True)
        costs = np.array([self.of(int(mask)) if mask else 0.0 for mask in masks])
        sums = costs[place.reshape(labels.shape)].sum(axis=1)
        return np.array([self.within(float(of)) for of in sums], dtype=np.bool_)
