"""The groups that a search looks at, by number: all of few tasks, or some of many."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from grouping.masks import MAX_TASKS, all_members, group_of, mask_of
from grouping.solvers.listed_groups import ListedSolver
from grouping.solvers.subset_dp import SubsetDP

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.partition import Group
    from grouping.solvers.frontier import Solver


class Universe(Protocol):
    """``R`` groups of ``T`` tasks, every single and all tasks together among them. Numbers run from 0 to ``R - 1``.

    Where groups may overlap (:mod:`grouping.serving`), a group has a number for each set of members that it serves.
    """

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order of the columns."""
        ...

    @property
    def members(self) -> NDArray[np.bool_]:
        """Shape ``(R, T)``; a row without members is no group."""
        ...

    @property
    def served(self) -> NDArray[np.bool_]:
        """Which members each group serves, alike; :attr:`members` itself where every group serves all."""
        ...

    def place(self, group: Iterable[str]) -> int:
        """The group's number, serving all its members.

        Raises:
            KeyError: If it is none of them.
        """
        ...

    def places(self, grouping: Grouped) -> list[int]:
        """The numbers of a grouping's groups, in their order.

        Raises:
            KeyError: If it is not made of them.
        """
        ...

    def trained_as(self, groups: Iterable[Iterable[str]]) -> NDArray[np.bool_]:
        """Whether each number's group, whomever it serves, is one of these, shape ``(R,)``; others are passed over."""
        ...

    def group(self, place: int) -> Group:
        """Members of the group of a number, sorted by name."""
        ...

    def serves(self, place: int) -> Group:
        """Those that it serves, alike."""
        ...

    def solver(self, *, fewest: bool, every: bool = False) -> Solver:
        """Solves for partitions into these groups, whose values it takes by their numbers.

        Args:
            fewest: Whether only the fewest groups are wanted; else only the highest value is.
            every: Whether every number of groups is.
        """
        ...


@dataclass(frozen=True)
class EveryGroup:
    """All groups of at most 16 tasks; a group's number is its mask.

    Args:
        tasks: In the order of the masks' bits.
    """

    tasks: tuple[str, ...]

    @cached_property
    def members(self) -> NDArray[np.bool_]:
        """Shape ``(2 ** T, T)``; row 0 is the empty group."""
        return all_members(len(self.tasks))

    @property
    def served(self) -> NDArray[np.bool_]:
        """All members."""
        return self.members

    def place(self, group: Iterable[str]) -> int:
        """The group's mask."""
        return mask_of(group, self.tasks)

    def places(self, grouping: Grouped) -> list[int]:
        """Masks of the groups."""
        return _whole_groups(grouping, self)

    def trained_as(self, groups: Iterable[Iterable[str]]) -> NDArray[np.bool_]:
        """Whether each mask is one of these groups."""
        found = np.zeros(1 << len(self.tasks), dtype=np.bool_)
        found[[self.place(group) for group in groups]] = True
        return found

    def group(self, place: int) -> Group:
        """Members of a mask."""
        return group_of(place, self.tasks)

    def serves(self, place: int) -> Group:
        """All of them."""
        return self.group(place)

    def solver(self, *, fewest: bool, every: bool = False) -> Solver:  # it finds the best of every number at once
        """Dynamic programming over subsets."""
        return SubsetDP()


@dataclass(frozen=True, eq=False)
class SomeGroups:
    """Listed groups of any number of tasks.

    Args:
        tasks: In the order of the columns.
        members: Different rows, shape ``(R, T)``.
    """

    tasks: tuple[str, ...]
    members: NDArray[np.bool_]

    @classmethod
    def of(cls, tasks: Sequence[str], members: NDArray[np.bool_]) -> SomeGroups:
        """These groups once each, in their order, and before them every single and all tasks together."""
        rows = np.concatenate([np.eye(len(tasks), dtype=np.bool_), np.ones((1, len(tasks)), dtype=np.bool_), members])
        _, first = np.unique(rows, axis=0, return_index=True)
        kept = np.sort(first)
        return cls(tuple(tasks), rows[kept[rows[kept].any(axis=1)]])

    @cached_property
    def _places(self) -> dict[bytes, int]:
        return {row.tobytes(): place for place, row in enumerate(self.members)}

    @property
    def served(self) -> NDArray[np.bool_]:
        """All members."""
        return self.members

    def place(self, group: Iterable[str]) -> int:
        """The row of a group."""
        return self._places[row_of(group, self.tasks).tobytes()]

    def places(self, grouping: Grouped) -> list[int]:
        """Rows of the groups."""
        return _whole_groups(grouping, self)

    def trained_as(self, groups: Iterable[Iterable[str]]) -> NDArray[np.bool_]:
        """Whether each row is one of these groups."""
        found = np.zeros(len(self.members), dtype=np.bool_)
        rows = (self._places.get(row_of(group, self.tasks).tobytes()) for group in groups)
        found[[row for row in rows if row is not None]] = True
        return found

    def group(self, place: int) -> Group:
        """Members of a row."""
        return names_of(self.members[place], self.tasks)

    def serves(self, place: int) -> Group:
        """All of them."""
        return self.group(place)

    def solver(self, *, fewest: bool, every: bool = False) -> Solver:
        """An integer program over the rows."""
        return ListedSolver(self.members, fewest=fewest, every=every)


def every_or_some(tasks: Sequence[str], groups: Iterable[Iterable[str]]) -> Universe:
    """All groups where there are few tasks, else these."""
    names = tuple(tasks)
    if len(names) <= MAX_TASKS:
        return EveryGroup(names)
    return SomeGroups.of(names, rows_of(groups, names))


def row_of(group: Iterable[str], tasks: Sequence[str]) -> NDArray[np.bool_]:
    """Who is a member, shape ``(T,)``.

    Raises:
        KeyError: If a member is no task.
    """
    place = {task: index for index, task in enumerate(tasks)}
    row = np.zeros(len(tasks), dtype=np.bool_)
    row[[place[task] for task in group]] = True
    return row


def names_of(row: NDArray[np.bool_], tasks: Sequence[str]) -> Group:
    """Members of a row, sorted by name."""
    return tuple(sorted(tasks[index] for index in np.flatnonzero(row).tolist()))


def rows_of(groups: Iterable[Iterable[str]], tasks: Sequence[str]) -> NDArray[np.bool_]:
    """Rows of membership, shape ``(G, T)``."""
    return np.array([row_of(group, tasks) for group in groups], dtype=np.bool_).reshape(-1, len(tasks))


def _whole_groups(grouping: Grouped, universe: Universe) -> list[int]:
    """Numbers of the groups of a grouping without helpers."""
    if grouping.groups != grouping.served:
        raise KeyError(f"Expected groups that serve all their members, but got {grouping}.")
    return [universe.place(group) for group in grouping.groups]


def singles_and_together(universe: Universe) -> tuple[NDArray[np.intp], int]:
    """Numbers of every task alone, in the order of tasks, and of all tasks together."""
    singles = np.array([universe.place([task]) for task in universe.tasks], dtype=np.intp)
    return singles, universe.place(universe.tasks)


def holding(groups: Iterable[Iterable[str]], universe: Universe) -> NDArray[np.bool_]:
    """Whether each group is one of ``groups`` or has one among its members, shape ``(R,)``."""
    held = [universe.members[:, row_of(group, universe.tasks)].all(axis=1) for group in groups]
    return np.asarray(np.any(np.reshape(held, (-1, len(universe.members))), axis=0))
