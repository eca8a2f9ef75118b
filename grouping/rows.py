"""Groups as rows of membership: the ones that a search may choose from, however many tasks there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from grouping.partition import Group

MOST_TASKS = 62
"""Most tasks of a search: a group's members are one 64-bit number."""

UNSERVED = -1e9
"""Stands for the gain of a task that no group serves, or may: a sum with one of them is below :data:`FEASIBLE`."""
FEASIBLE = -1e8
"""Sums above it serve every task."""


@dataclass(frozen=True, eq=False)
class Rows:
    """``R`` different groups over ``T`` tasks; the last ``T`` of them are the singles.

    Args:
        tasks: In the order of the columns.
        members: Shape ``(R, T)``; the singles stand at the end, in the order of the tasks.
    """

    tasks: tuple[str, ...]
    members: NDArray[np.bool_]

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]], tasks: Sequence[str]) -> Rows:
        """These groups, in their order and once each, and the singles."""
        places = {task: index for index, task in enumerate(tasks)}
        shared = {frozenset(group): None for group in groups}
        members = np.zeros((len(shared) + len(tasks), len(tasks)), dtype=np.bool_)
        for row, group in enumerate(group for group in shared if len(group) > 1):
            members[row, [places[task] for task in group]] = True
        number = sum(len(group) > 1 for group in shared)
        members[number : number + len(tasks)] = np.eye(len(tasks), dtype=np.bool_)
        return cls(tuple(tasks), members[: number + len(tasks)])

    @classmethod
    def every(cls, tasks: Sequence[str]) -> Rows:
        """All groups."""
        count = len(tasks)
        masks = np.arange(1 << count)
        shared = masks[np.bitwise_count(masks) > 1]
        members = (np.concatenate([shared, 1 << np.arange(count)])[:, None] >> np.arange(count)) & 1 == 1
        return cls(tuple(tasks), members)

    def only(self, kept: NDArray[np.intp]) -> Rows:
        """Some of the shared rows, by index, and the singles."""
        singles = np.arange(self.shared, len(self.members))
        return Rows(self.tasks, self.members[np.concatenate([kept, singles]).astype(np.intp)])

    @property
    def shared(self) -> int:
        """Number of groups of two tasks or more; they come first."""
        return len(self.members) - len(self.tasks)

    @cached_property
    def masks(self) -> NDArray[np.int64]:
        """Members as bits, shape ``(R,)``."""
        bits = np.int64(1) << np.arange(len(self.tasks), dtype=np.int64)
        found: NDArray[np.int64] = self.members.astype(np.int64) @ bits
        return found

    @cached_property
    def places(self) -> dict[int, int]:
        """Row by mask."""
        return {int(mask): row for row, mask in enumerate(self.masks)}

    def row_of(self, group: Iterable[str]) -> int | None:
        """The group's row, or None."""
        return self.places.get(sum(1 << self.tasks.index(task) for task in group))

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups of two tasks or more."""
        return tuple(self.group(row) for row in range(self.shared))

    def group(self, row: int) -> Group:
        """Members of a row, sorted by name."""
        return tuple(sorted(self.tasks[index] for index in np.flatnonzero(self.members[row])))
