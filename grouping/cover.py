"""A cover: groups that may overlap, where one of its groups serves each task and others may hold it as a helper."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grouping.partition import Group, Partition, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Cover:
    """Groups with the tasks that each of them serves. Equal covers hash alike.

    Every task is served by exactly one group that holds it. A group that serves no task is no part of a cover: it
    would cost an adapter and change nothing.

    Args:
        groups: Members sorted by name, groups sorted, no group twice. :meth:`of` brings any order into this one.
        served: The tasks that each group serves, sorted, in the order of ``groups``.

    Raises:
        ValueError: If a group or a member repeats, a group serves nobody or a task that it does not hold, a task is
            served twice or not at all, or the order is another.
    """

    groups: tuple[Group, ...]
    served: tuple[Group, ...]

    def __post_init__(self) -> None:
        if len(self.groups) != len(self.served) or not self.groups:
            raise ValueError(f"Expected the served tasks of every group, but got {self.groups} and {self.served}.")
        for group, served in zip(self.groups, self.served, strict=True):
            if len(set(group)) < len(group):
                raise ValueError(f"Expected different members, but got {show(group)}.")
            if not served or not set(served) <= set(group):
                raise ValueError(f"Expected {show(group)} to serve one of its members or more, but got {show(served)}.")
        every = [task for served in self.served for task in served]
        if len(set(every)) < len(every) or set(every) != {task for group in self.groups for task in group}:
            raise ValueError(f"Expected every task to be served once, but got {self.served} of {self.groups}.")
        if len(set(self.groups)) < len(self.groups):
            raise ValueError(f"Expected different groups, but got {self.groups}.")
        canonical = tuple(sorted((tuple(sorted(g)), tuple(sorted(s))) for g, s in self._pairs()))
        if tuple(self._pairs()) != canonical:
            raise ValueError(f"Expected sorted members and groups, but got {self.groups}; use Cover.of.")

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]], served_by: Mapping[str, int]) -> Cover:
        """The cover of these groups, given in any order; groups that serve nobody are left out.

        Args:
            served_by: Every task's group, as its 0-based index in ``groups``.

        Raises:
            ValueError: If an index is none of a group, or the groups make up no cover.
        """
        listed = [tuple(sorted(group)) for group in groups]
        for task, by in served_by.items():
            if not 0 <= by < len(listed):
                raise ValueError(f"Expected the index of one of {len(listed)} groups for `{task}`, but got {by}.")
        found = sorted(
            (group, tuple(sorted(task for task, by in served_by.items() if by == index)))
            for index, group in enumerate(listed)
        )
        kept = [(group, served) for group, served in found if served]
        return cls(tuple(group for group, _ in kept), tuple(served for _, served in kept))

    @classmethod
    def of_partition(cls, partition: Partition) -> Cover:
        """The same grouping: no task is a helper."""
        return cls(partition.groups, partition.groups)

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks, sorted."""
        return tuple(sorted(task for served in self.served for task in served))

    @property
    def adapters(self) -> int:
        """Number of groups, hence of adapters to store and serve."""
        return len(self.groups)

    @property
    def served_by(self) -> dict[str, int]:
        """Every task's group, as its 0-based index in :attr:`groups`, by name."""
        found = {task: index for index, served in enumerate(self.served) for task in served}
        return {task: found[task] for task in sorted(found)}

    @property
    def helpers(self) -> int:
        """Memberships that cost training and serve nobody; 0 for a partition."""
        return sum(len(group) - len(served) for group, served in self._pairs())

    def restricted_growth(self, tasks: Sequence[str] | None = None) -> tuple[int, ...]:
        """Labels of the groups that serve the tasks (sorted by default), each new one the next free number, from 0."""
        return Partition.of(self.served).restricted_growth(tasks)

    def to_partition(self) -> Partition | None:
        """The same grouping as a partition; None if groups overlap."""
        return Partition.of(self.groups) if self.helpers == 0 else None

    def __str__(self) -> str:
        """Helpers stand behind a ``+``: ``{a, b + c} {c, d}``."""
        shown = []
        for group, served in self._pairs():
            helpers = [task for task in group if task not in served]
            shown.append("{" + ", ".join(served) + (" + " + ", ".join(helpers) if helpers else "") + "}")
        return " ".join(shown)

    def to_json(self) -> str:
        """A JSON object with ``groups`` and ``served_by``, one string per cover."""
        return json.dumps({"groups": self.groups, "served_by": self.served_by}, ensure_ascii=False)

    def _pairs(self) -> list[tuple[Group, Group]]:
        return list(zip(self.groups, self.served, strict=True))
