"""Gains of every group of tasks that were planted in homes: known, asymmetric, worse in large groups, without noise."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from grouping.labels import members_of
from grouping.partition import Group, Partition
from grouping.solvers.unlimited import best_labels

Array = NDArray[np.float64]

HOMES = {8: 3, 12: 4, 16: 5}
"""Homes by number of tasks."""
AT_HOME = (0.05, 0.3)
"""Range of what a partner of the same home does to a task."""
AWAY = (-0.25, 0.05)
"""Range of what another partner does to it."""
PENALTY = 0.02
"""Gain that each member beyond the second costs every other one."""
LUCK = 0.01
"""Standard deviation of what a group does to a member beyond its partners."""
UNEQUAL = 0.4
"""Standard deviation of the logarithm of a task's scale."""


@dataclass(frozen=True, eq=False)
class PlantedGains:
    """The gain of a task is its scale times the mean effect of its partners, less a penalty on size, and luck.

    Args:
        count: Number of tasks, one of :data:`HOMES`.
        seed: Of homes, effects, scales and luck.
    """

    count: int
    seed: int
    known: dict[Group, Array] = field(default_factory=dict)
    """Gains that were asked for."""

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """Names in the order of the homes' labels."""
        return tuple(f"task{index:02}" for index in range(self.count))

    @cached_property
    def _truth(self) -> tuple[Array, Array]:
        """Effects, sources by targets, and scales."""
        generator = np.random.default_rng([2026, self.count, self.seed])
        home = generator.permutation(np.arange(self.count) % HOMES[self.count])
        shape = (self.count, self.count)
        effects = np.where(home[:, None] == home, generator.uniform(*AT_HOME, shape), generator.uniform(*AWAY, shape))
        np.fill_diagonal(effects, 0.0)
        return effects, np.exp(UNEQUAL * generator.standard_normal(self.count))

    def of(self, group: Group) -> Array:
        """Gains of the members, shape ``(M,)``."""
        if group not in self.known:
            members = [self.tasks.index(task) for task in group]
            effects, scale = self._truth
            partners = len(members) - 1
            luck = LUCK * np.random.default_rng([self.seed, *members]).standard_normal(len(members))
            mean = effects[np.ix_(members, members)].sum(axis=0) / max(partners, 1)
            self.known[group] = scale[members] * (mean - PENALTY * (partners - 1) + luck) * (partners > 0)
        return self.known[group]

    def gains(self, partition: Partition) -> dict[str, float]:
        """Gain of every task."""
        return {
            task: float(gain) for group in partition.groups for task, gain in zip(group, self.of(group), strict=True)
        }

    def value(self, partition: Partition) -> float:
        """Mean gain."""
        return float(np.mean(list(self.gains(partition).values())))

    @cached_property
    def best(self) -> Partition:
        """The best partition, exactly."""
        members = members_of(np.arange(1 << self.count, dtype=np.int64), self.count)
        names = np.array(self.tasks)
        values = np.array([0.0, *(PlantedGains.of(self, tuple(names[row].tolist())).sum() for row in members[1:])])
        labels = best_labels(values[None], max_groups=self.count)[0]
        return Partition.from_labels(self.tasks, labels.tolist())
