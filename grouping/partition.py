"""A partition: every task in exactly one group."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Group = tuple[str, ...]
"""Names of tasks that share one adapter, sorted."""


def show(group: Iterable[str]) -> str:
    """``{a, b}``."""
    return "{" + ", ".join(group) + "}"


@dataclass(frozen=True)
class Partition:
    """All groups; each is trained as one adapter. Two partitions of the same groups are equal and hash alike.

    Args:
        groups: Members sorted by name, groups sorted by their first member. :meth:`of` brings any order into this one.

    Raises:
        ValueError: If a group is empty, a task stands twice, or the order is another.
    """

    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        if not all(self.groups):
            raise ValueError(f"Expected groups of one task or more, but got {self.groups}.")
        twice = [task for task, count in Counter(self.tasks).items() if count > 1]
        if twice:
            raise ValueError(f"Expected every task in one group, but `{twice[0]}` stands twice in {self}.")
        if self.groups != _canonical(self.groups):
            raise ValueError(f"Expected sorted members and groups, but got {self}; use Partition.of.")

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]]) -> Partition:
        """The partition of these groups, given in any order."""
        return cls(_canonical(groups))

    @classmethod
    def singles(cls, tasks: Iterable[str]) -> Partition:
        """Every task alone."""
        return cls.of((task,) for task in tasks)

    @classmethod
    def together(cls, tasks: Iterable[str]) -> Partition:
        """All tasks in one group."""
        return cls.of([tasks])

    @classmethod
    def from_labels(cls, tasks: Sequence[str], labels: Sequence[int]) -> Partition:
        """Tasks of equal label share a group; one label per task."""
        groups: dict[int, list[str]] = {}
        for task, label in zip(tasks, labels, strict=True):
            groups.setdefault(label, []).append(task)
        return cls.of(groups.values())

    @classmethod
    def random_of_shape(
        cls,
        shape: Sequence[int],
        tasks: Iterable[str],
        generator: np.random.Generator,
        *,
        avoid: Partition | None = None,
    ) -> Partition:
        """Uniform among the partitions whose groups have these sizes.

        Args:
            shape: Tasks per group.
            avoid: A partition to differ from; returned only where no other has this shape.

        Raises:
            ValueError: If the sizes do not add up to the number of tasks.
        """
        names = sorted(tasks)
        if sum(shape) != len(names) or min(shape, default=0) < 1:
            raise ValueError(f"Expected group sizes that add up to {len(names)} tasks, but got {tuple(shape)}.")
        labels = np.repeat(np.arange(len(shape)), shape)  # shape: (T,)
        only = partitions_of_shape(shape) == 1
        while True:
            drawn = cls.from_labels(names, generator.permutation(labels).tolist())
            if only or drawn != avoid:
                return drawn

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks, sorted."""
        return tuple(sorted(task for group in self.groups for task in group))

    @property
    def served(self) -> tuple[Group, ...]:
        """The tasks that each group serves: all its members."""
        return self.groups

    @property
    def adapters(self) -> int:
        """Number of groups, hence of adapters to store and serve."""
        return len(self.groups)

    @property
    def shape(self) -> tuple[int, ...]:
        """Tasks per group, largest first."""
        return tuple(sorted((len(group) for group in self.groups), reverse=True))

    @property
    def served_by(self) -> dict[str, int]:
        """Every task's group, as its 0-based index in :attr:`groups`."""
        return {task: index for index, group in enumerate(self.groups) for task in group}

    def restricted_growth(self, tasks: Sequence[str] | None = None) -> tuple[int, ...]:
        """Labels of the tasks (sorted by default) such that each new group takes the next free number, from 0.

        One string per partition, whatever the numbering of the groups: digit ``i`` is at most one above all before it.
        """
        numbers: dict[int, int] = {}
        served_by = self.served_by
        return tuple(
            numbers.setdefault(served_by[task], len(numbers)) for task in (self.tasks if tasks is None else tasks)
        )

    def __str__(self) -> str:
        return " ".join(show(group) for group in self.groups)

    def to_json(self) -> str:
        """A JSON list of lists, one string per partition; ``--grouping`` reads it."""
        return json.dumps(self.groups, ensure_ascii=False)


def all_partitions(tasks: Iterable[str]) -> Iterator[Partition]:
    """Every partition of the tasks, once each: Bell's number of them (9 tasks: 21,147)."""
    names = sorted(tasks)

    def extend(labels: list[int], used: int) -> Iterator[list[int]]:
        if len(labels) == len(names):
            yield labels
            return
        for label in range(used + 1):
            yield from extend([*labels, label], max(used, label + 1))

    for labels in extend([], 0):
        yield Partition.from_labels(names, labels)


def partitions_of_shape(shape: Sequence[int]) -> int:
    """How many partitions have groups of these sizes: ``T! / (product of size! x product of multiplicity!)``."""
    count = factorial(sum(shape))
    for size, multiplicity in Counter(shape).items():
        count //= factorial(size) ** multiplicity * factorial(multiplicity)
    return count


def _canonical(groups: Iterable[Iterable[str]]) -> tuple[Group, ...]:
    return tuple(sorted(tuple(sorted(group)) for group in groups))
