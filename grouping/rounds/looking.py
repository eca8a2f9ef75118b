"""Which groups a round looks at, and which of them may be trained or chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from grouping.masks import MAX_TASKS
from grouping.rounds.likely_groups import likely_groups
from grouping.universe import EveryGroup, SomeGroups, holding, places_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from grouping.constraints import Constraints
    from grouping.objective import Objective
    from grouping.partition import Group
    from grouping.rounds.knowledge import Knowledge
    from grouping.rounds.planning import Problem


def looking_at(
    known: Knowledge, rules: Constraints, objective: Objective, *, generator: np.random.Generator
) -> Knowledge:
    """The same, looking at all groups of few tasks; of many at those that were trained and those that are likely."""
    if len(known.tasks) <= MAX_TASKS:
        return known.among(EveryGroup(known.tasks))
    likely = likely_groups(known, rules, objective, generator=generator)
    trained = rows_of(known.measured, known.tasks)
    return known.among(SomeGroups.of(known.tasks, np.concatenate([trained, likely])))


@dataclass(frozen=True, eq=False)
class Looking:
    """All groups of up to 16 tasks; of more tasks those that were trained, and those of partitions that are likely
    good by what is known (:mod:`grouping.rounds.likely_groups`), anew in every round.

    Args:
        problem: What the search is about.
        rules: What every group must meet.
        unavailable: Groups that could not be trained before; no untrained one that holds one of them is looked at.
        failed: Groups that could not be trained since.
    """

    problem: Problem
    rules: Constraints
    unavailable: tuple[Group, ...]
    failed: frozenset[Group] = frozenset()

    def at(self, known: Knowledge, *, number: int) -> tuple[Knowledge, NDArray[np.bool_]]:
        """What is known, looking at this round's groups, and whether each of them may be chosen, shape ``(R,)``."""
        generator = self.problem.generator("looking", number)
        known = looking_at(known, self.rules, self.problem.objective, generator=generator)
        allowed = self.rules.among(known.universe.members, known.tasks) & ~self.barred(known)
        lost = [group for group in self.failed if self._listed(group, known)]
        allowed[places_of(lost, known.universe)] = False
        return known, allowed

    def barred(self, known: Knowledge) -> NDArray[np.bool_]:
        """Whether each group holds one that could not be trained before, and was not trained itself, ``(R,)``."""
        return holding(self.unavailable, known.universe) & ~known.trained()

    def without(self, groups: Iterable[Group]) -> Looking:
        """The same, after these groups could not be trained."""
        return replace(self, failed=self.failed | set(groups))

    @staticmethod
    def _listed(group: Group, known: Knowledge) -> bool:
        try:
            known.universe.place(group)
        except KeyError:
            return False
        return True
