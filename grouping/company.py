"""Two groupings side by side: how alike they are, and which tasks have other company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from affinity.both import Both
from grouping.partition import Group, Partition
from grouping.stability import adjusted_rand

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


@dataclass(frozen=True)
class Company:
    """A task that shares its adapter with other tasks in one grouping than in the other."""

    task: str
    """The task."""
    partners: Both[Group]
    """With whom it shares in each, sorted; empty where it is alone."""


@dataclass(frozen=True)
class Likeness:
    """How alike two groupings of the same tasks are."""

    tasks: tuple[str, ...]
    """The tasks that were compared, sorted."""
    rand: float | None
    """Adjusted Rand index: 1 is the same, 0 what chance gives; None for fewer than two tasks."""
    same: bool
    """Whether every task has the same company."""
    changed: tuple[Company, ...]
    """The tasks that have not."""


def likeness(a: Iterable[Iterable[str]], b: Iterable[Iterable[str]], *, among: Collection[str]) -> Likeness:
    """Compares two groupings over the tasks of ``among`` that both have; others are taken out of their groups.

    Raises:
        ValueError: If a task stands in two groups of one grouping.
    """
    groups = Both([tuple(group) for group in a], [tuple(group) for group in b])
    held = {task for group in groups.a for task in group} & {task for group in groups.b for task in group}
    tasks = tuple(sorted(held & set(among)))
    cut = Both(among_tasks(groups.a, tasks), among_tasks(groups.b, tasks))
    partners = Both(_partners(cut.a), _partners(cut.b))
    changed = tuple(
        Company(task, Both(partners.a[task], partners.b[task]))
        for task in tasks
        if partners.a[task] != partners.b[task]
    )
    return Likeness(
        tasks=tasks,
        rand=adjusted_rand(cut.a, cut.b) if len(tasks) > 1 else None,
        same=not changed,
        changed=changed,
    )


def among_tasks(groups: Iterable[Iterable[str]], tasks: Collection[str]) -> Partition:
    """The groups of these tasks alone, without those that are left empty."""
    cut = [[task for task in group if task in tasks] for group in groups]
    return Partition.of(group for group in cut if group)


def _partners(partition: Partition) -> dict[str, Group]:
    return {task: tuple(other for other in group if other != task) for group in partition.groups for task in group}
