"""A grouping: a partition, or a cover where groups have helpers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grouping.cover import Cover
from grouping.partition import Group, Partition

if TYPE_CHECKING:
    from collections.abc import Iterable

Grouped = Partition | Cover
"""Both know their groups, the tasks that each serves, and how many adapters they take."""
Entry = tuple[Group, Group]
"""A group that is trained, and those of its members that it serves."""


def grouped(entries: Iterable[Entry]) -> Grouped:
    """The grouping of these groups; it is a partition where none has helpers. Entries of one group are one adapter.

    Raises:
        ValueError: If they do not serve every task once, or a group serves a task that it does not hold.
    """
    served: dict[Group, set[str]] = {}
    for group, tasks in entries:
        served.setdefault(tuple(sorted(group)), set()).update(tasks)
    groups = sorted(served)
    found = Cover(tuple(groups), tuple(tuple(sorted(served[group])) for group in groups))
    return found.to_partition() or found


def entries_of(grouping: Grouped) -> list[Entry]:
    """Its groups with the tasks that each serves."""
    return list(zip(grouping.groups, grouping.served, strict=True))


def serving(grouping: Grouped) -> Partition:
    """Which tasks are served together, whoever helps."""
    return grouping if isinstance(grouping, Partition) else Partition.of(grouping.served)


def helpers_of(grouping: Grouped) -> dict[Group, Group]:
    """The helpers of every group that has some, by the tasks that it serves."""
    helped = {served: tuple(task for task in group if task not in served) for group, served in entries_of(grouping)}
    return {served: helpers for served, helpers in helped.items() if helpers}


def listed_once(groupings: Iterable[Grouped]) -> tuple[list[Entry], dict[Grouped, list[int]]]:
    """The entries of all groupings, each once, and where those of each grouping stand among them."""
    places: dict[Entry, int] = {}
    found = {of: [places.setdefault(entry, len(places)) for entry in entries_of(of)] for of in groupings}
    return list(places), found
