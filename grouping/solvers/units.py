"""Tasks that must share a group, drawn together into one unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.pair_rules import PairRules
    from grouping.solvers.pairwise_values import PairwiseValues


@dataclass(frozen=True, eq=False, kw_only=True)
class Units:
    """Values and rules over ``N`` units; a partition is told by the labels of the units.

    Args:
        pair: Effects between two units, both directions added, shape ``(N, N)``; the diagonal is 0.
        inner: Effects within a unit, shape ``(N,)``.
        level: Sum of its tasks' levels, shape ``(N,)``.
        size: Tasks of a unit, shape ``(N,)``.
        apart: Whether two units must not share a group, shape ``(N, N)``; false on the diagonal.
        largest: The most tasks of a group.
        scale: Weight of the effects by number of tasks, shape ``(T + 1,)``; 0 below two tasks.
        trend: What a group of that many tasks gains by its size, shape ``(T + 1,)``; 0 below two tasks.
        counts: 1 from two tasks on: whether levels count, shape ``(T + 1,)``.
    """

    pair: NDArray[np.float64]
    inner: NDArray[np.float64]
    level: NDArray[np.float64]
    size: NDArray[np.intp]
    apart: NDArray[np.bool_]
    largest: int
    scale: NDArray[np.float64]
    trend: NDArray[np.float64]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, values: PairwiseValues, rules: PairRules) -> Units:
        """The units of the rules."""
        sizes = rules.sizes
        held = np.zeros((len(sizes), values.tasks))  # shape: (N, T)
        held[rules.unit, np.arange(values.tasks)] = 1.0
        between = held @ (values.effects + values.effects.T) @ held.T
        inner = np.diagonal(between) / 2
        pair = between.copy()
        np.fill_diagonal(pair, 0.0)
        several = (np.arange(values.tasks + 1) > 1).astype(np.float64)
        return cls(
            pair=pair,
            inner=inner,
            level=held @ values.level,
            size=sizes,
            apart=rules.unit_apart,
            largest=rules.largest,
            scale=several * np.append(0.0, values.scale),
            trend=several * np.append(0.0, values.trend) * np.arange(values.tasks + 1),
            counts=several,
        )

    def __len__(self) -> int:
        return len(self.size)

    def restricted(self, left: NDArray[np.intp]) -> Units:
        """Only these units."""
        return replace(
            self,
            pair=self.pair[np.ix_(left, left)],
            inner=self.inner[left],
            level=self.level[left],
            size=self.size[left],
            apart=self.apart[np.ix_(left, left)],
        )

    def worth(
        self, effects: NDArray[np.float64], level: NDArray[np.float64], size: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Values of groups by their sums of effects, of levels, and their numbers of tasks, of any one shape."""
        worth: NDArray[np.float64] = self.scale[size] * effects + self.counts[size] * level + self.trend[size]
        return worth

    def of_groups(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Values of groups, shape ``(G,)``, by their units, shape ``(G, N)``."""
        held = members.astype(np.float64)
        effects = ((held @ self.pair) * held).sum(axis=1) / 2 + held @ self.inner
        return self.worth(effects, held @ self.level, members @ self.size)

    def total(self, labels: NDArray[np.intp]) -> float:
        """Value of a partition."""
        return float(self.of_groups(groups_of(labels)).sum())


def groups_of(labels: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Members of each label's group, shape ``(groups, N)``, in the order of labels."""
    members: NDArray[np.bool_] = np.unique(labels)[:, None] == labels
    return members
