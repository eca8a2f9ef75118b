"""Which groups a round looks at, and which of them may be trained or chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from grouping.masks import MAX_TASKS
from grouping.rounds.likely_groups import likely_groups
from grouping.rounds.likely_overlaps import likely_overlaps
from grouping.serving import MOST, Serving
from grouping.universe import EveryGroup, SomeGroups, holding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from grouping.constraints import Constraints
    from grouping.objective import Objective
    from grouping.partition import Group
    from grouping.rounds.knowledge import Knowledge
    from grouping.rounds.planning import Problem


def looking_at(
    known: Knowledge,
    rules: Constraints,
    objective: Objective,
    *,
    generator: np.random.Generator,
    overlap: bool = False,
) -> Knowledge:
    """The same, looking at all groups of few tasks; of many at those that were trained and those that are likely.

    Args:
        overlap: Whether groups may serve some of their members alone; of few tasks all that they may serve are looked
            at too.
    """
    tasks = known.tasks
    if len(tasks) <= (MOST if overlap else MAX_TASKS):
        return known.among(Serving.every(tasks) if overlap else EveryGroup(tasks))
    likely = likely_groups(known, rules, objective, generator=generator)
    groups = np.concatenate([known.rows_measured(), likely])
    if not overlap:
        return known.among(SomeGroups.of(tasks, groups))
    members, served = likely_overlaps(known, likely, rules.of_helpers)
    return known.among(Serving.some(tasks, np.concatenate([groups, members]), np.concatenate([groups, served])))


@dataclass(frozen=True, eq=False)
class Looking:
    """All groups of up to 16 tasks; of more tasks those that were trained, and those of partitions that are likely
    good by what is known (:mod:`grouping.rounds.likely_groups`), anew in every round.

    Args:
        problem: What the search is about.
        rules: What the tasks that a group serves must meet; with helpers none may be kept apart.
        unavailable: Groups that could not be trained before; no untrained one that holds one of them is looked at.
        overlap: Whether groups may serve some of their members alone.
        failed: Groups that could not be trained since.
    """

    problem: Problem
    rules: Constraints
    unavailable: tuple[Group, ...]
    overlap: bool = False
    failed: frozenset[Group] = frozenset()

    def at(self, known: Knowledge, *, number: int) -> tuple[Knowledge, NDArray[np.bool_]]:
        """What is known, looking at this round's groups, and whether each of them may be chosen, shape ``(R,)``."""
        generator = self.problem.generator("looking", number)
        known = looking_at(known, self.rules, self.problem.objective, generator=generator, overlap=self.overlap)
        universe = known.universe
        allowed = self.rules.among(universe.served, known.tasks) & ~self.barred(known)
        if self.overlap:
            allowed &= self.rules.of_helpers.among(universe.members, known.tasks)
        return known, allowed & ~universe.trained_as(self.failed)

    def barred(self, known: Knowledge) -> NDArray[np.bool_]:
        """Whether each group holds one that could not be trained before, and was not trained itself, ``(R,)``."""
        return holding(self.unavailable, known.universe) & ~known.trained()

    def without(self, groups: Iterable[Group]) -> Looking:
        """The same, after these groups could not be trained."""
        return replace(self, failed=self.failed | set(groups))
