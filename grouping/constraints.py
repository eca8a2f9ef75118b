"""What a grouping must respect, whatever the gains are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from grouping.feasibility import feasible_labels
from grouping.masks import all_members
from grouping.pair_rules import PairRules
from tasks.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from grouping.partition import Group


@dataclass(frozen=True, kw_only=True)
class Together:
    """Two tasks that must share an adapter."""

    first: str
    second: str

    def allows(self, members: NDArray[np.bool_], tasks: Sequence[str]) -> NDArray[np.bool_]:
        """Groups (rows of ``members``, shape ``(G, T)``) that hold both or neither."""
        held: NDArray[np.bool_] = members[:, tasks.index(self.first)] == members[:, tasks.index(self.second)]
        return held

    def __str__(self) -> str:
        return f"`together: [{self.first}, {self.second}]`"


@dataclass(frozen=True, kw_only=True)
class Apart:
    """Two tasks that must not share an adapter."""

    first: str
    second: str

    def allows(self, members: NDArray[np.bool_], tasks: Sequence[str]) -> NDArray[np.bool_]:
        """Groups that lack one of the two."""
        return ~(members[:, tasks.index(self.first)] & members[:, tasks.index(self.second)])

    def __str__(self) -> str:
        return f"`apart: [{self.first}, {self.second}]`"


@dataclass(frozen=True, kw_only=True)
class Alone:
    """A task that keeps an adapter of its own."""

    task: str

    def allows(self, members: NDArray[np.bool_], tasks: Sequence[str]) -> NDArray[np.bool_]:
        """Groups that lack the task, and the task's own."""
        alone: NDArray[np.bool_] = ~members[:, tasks.index(self.task)] | (members.sum(axis=1) == 1)
        return alone

    def __str__(self) -> str:
        return f"`alone: [{self.task}]`"


@dataclass(frozen=True, kw_only=True)
class MaxTasks:
    """The most tasks that one adapter may serve."""

    tasks: int

    def allows(self, members: NDArray[np.bool_], tasks: Sequence[str]) -> NDArray[np.bool_]:
        """Groups of that size or smaller."""
        small: NDArray[np.bool_] = members.sum(axis=1) <= self.tasks
        return small

    def __str__(self) -> str:
        return f"`max_tasks: {self.tasks}`"


Rule = Together | Apart | Alone | MaxTasks
"""One constraint on the groups; each reads members, shape ``(G, T)``, and says which groups it allows."""


@dataclass(frozen=True)
class Constraints:
    """All rules that every group of a partition must meet.

    Args:
        rules: In the order of the suite.
    """

    rules: tuple[Rule, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        together: Sequence[Sequence[str]] = (),
        apart: Sequence[Sequence[str]] = (),
        alone: Sequence[str] = (),
        max_tasks: int | None = None,
    ) -> Constraints:
        """The rules of a suite file's ``grouping:`` field.

        Args:
            together: Lists of tasks that must share an adapter.
            apart: Lists of tasks of which no two may share an adapter.
            alone: Tasks that keep an adapter of their own.
            max_tasks: The most tasks that one adapter may serve.
        """
        rules: list[Rule] = [Together(first=a, second=b) for names in together for a, b in pairwise(names)]
        rules += [Apart(first=a, second=b) for names in apart for i, a in enumerate(names) for b in names[i + 1 :]]
        rules += [Alone(task=task) for task in alone]
        if max_tasks is not None:
            rules.append(MaxTasks(tasks=max_tasks))
        return cls(tuple(rules))

    def allowed(self, tasks: Sequence[str]) -> NDArray[np.bool_]:
        """Whether each group, by its mask, meets every rule; shape ``(2 ** T,)``. The empty group never does."""
        return self.among(all_members(len(tasks)), tasks)

    @property
    def of_helpers(self) -> Constraints:
        """Those that hold for helpers too: tasks that are kept apart are in no run together. The others say who is
        served with whom."""
        return Constraints(tuple(rule for rule in self.rules if isinstance(rule, Apart)))

    def among(self, members: NDArray[np.bool_], tasks: Sequence[str]) -> NDArray[np.bool_]:
        """Whether each of some groups, shape ``(G, T)``, meets every rule; one without members never does."""
        allowed = [members.any(axis=1), *(rule.allows(members, tasks) for rule in self.rules)]
        return np.asarray(np.all(allowed, axis=0))

    def pairs(self, tasks: Sequence[str]) -> PairRules:
        """The same rules told by pairs of tasks, for any number of them."""
        place = {task: index for index, task in enumerate(tasks)}
        together, apart = (np.zeros((len(tasks), len(tasks)), dtype=np.bool_) for _ in range(2))
        largest = len(tasks)
        for rule in self.rules:
            match rule:
                case Together():
                    together[place[rule.first], place[rule.second]] = True
                case Apart():
                    apart[place[rule.first], place[rule.second]] = True
                case Alone():
                    apart[place[rule.task], np.arange(len(tasks)) != place[rule.task]] = True
                case MaxTasks():
                    largest = min(largest, rule.tasks)
        return PairRules.of(together, apart, largest)

    def check(self, tasks: Sequence[str], *, max_adapters: int | None = None, called: str | None = None) -> None:
        """Refuses rules that no partition into at most ``max_adapters`` groups can meet.

        Args:
            called: What the cap is called in messages, if something else than ``max_adapters`` asks for it.

        Raises:
            InputError: If a rule names an unknown task, or one task twice, or the rules contradict each other; the
                message names a smallest conflict: without any one of its rules the others could be met.
        """
        for rule in self.rules:
            check_names(rule, tasks)
        if max_adapters is not None and max_adapters < 1:
            raise InputError(f"found {max_adapters}; expected 1 or more", place="grouping.max_adapters")
        if self._feasible(tasks, max_adapters):
            return
        capped = max_adapters is not None and self._feasible(tasks, None)
        conflict = list(self.rules)
        for rule in self.rules:
            fewer = [other for other in conflict if other is not rule]
            if not Constraints(tuple(fewer))._feasible(tasks, max_adapters if capped else None):
                conflict = fewer
        named = [called or f"`max_adapters: {max_adapters}`"] * capped + [str(rule) for rule in conflict]
        raise InputError(f"no grouping can meet {' and '.join(named)}; drop or loosen one of them", place="grouping")

    def _feasible(self, tasks: Sequence[str], max_adapters: int | None) -> bool:
        return feasible_labels(self.pairs(tasks), max_adapters) is not None


def meeting(constraints: Constraints, groups: Sequence[Group], tasks: Sequence[str]) -> Iterator[Group]:
    """The groups, of two tasks or more, that meet every rule."""
    place = {task: index for index, task in enumerate(tasks)}
    members = np.zeros((len(groups), len(tasks)), dtype=np.bool_)
    for row, group in enumerate(groups):
        members[row, [place[task] for task in group]] = True
    yield from (group for group, good in zip(groups, constraints.among(members, tasks), strict=True) if good)


def bound(constraints: Constraints) -> frozenset[str]:
    """Tasks that may not stand alone, as they share an adapter with another."""
    pairs = [(rule.first, rule.second) for rule in constraints.rules if isinstance(rule, Together)]
    return frozenset(task for pair in pairs for task in pair)


def check_names(rule: Rule, tasks: Sequence[str]) -> None:
    """Refuses a rule about unknown tasks, about one task twice, or about no task at all.

    Raises:
        InputError: With the rule's place in the suite file.
    """
    if isinstance(rule, MaxTasks):
        if rule.tasks < 1:
            raise InputError(f"found {rule.tasks}; expected 1 or more", place="grouping.max_tasks")
        return
    names = (rule.task,) if isinstance(rule, Alone) else (rule.first, rule.second)
    place = f"grouping.{type(rule).__name__.lower()}"
    for name in names:
        if name not in tasks:
            listed = ", ".join(f"`{task}`" for task in tasks)
            raise InputError(f"no task `{name}`; tasks are {listed}{did_you_mean(name, tasks)}", place=place)
    if len(set(names)) < len(names):
        raise InputError(f"names `{names[0]}` twice; expected different tasks", place=place)
