"""Groups that may serve some of their members alone: the universe of a search whose groups may overlap.

A row is a group that is trained, with the tasks that it serves. Its other members help: they cost training, no adapter.
Nobody helps a task that is served alone: it is trained alone, as its reference is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from grouping.grouped import entries_of
from grouping.masks import all_members
from grouping.solvers.served_sets import ServedSets
from grouping.universe import EveryGroup, SomeGroups, names_of, row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.partition import Group
    from grouping.solvers.frontier import Solver
    from grouping.universe import Universe

MOST = 9
"""Most tasks all of whose groups are looked at with all that each may serve: about three to their power."""
SOLVED = 12
"""Most tasks whose partitions into served sets are solved for by dynamic programming, in milliseconds; of more, by an
integer program over the sets that are looked at."""


@dataclass(frozen=True, eq=False)
class Serving:
    """``R`` rows of different groups or different tasks that they serve. A :class:`grouping.universe.Universe`.

    Args:
        tasks: In the order of the columns.
        members: Who is trained, shape ``(R, T)``.
        served: Whom it serves, some of the members, alike.
    """

    tasks: tuple[str, ...]
    members: NDArray[np.bool_]
    served: NDArray[np.bool_]

    @classmethod
    @lru_cache(maxsize=2)
    def every(cls, tasks: tuple[str, ...]) -> Serving:
        """All groups, each with all that it may serve."""
        masks = np.arange(1, 1 << len(tasks))
        trained, served = (masks[of] for of in np.nonzero((masks[:, None] & masks) == masks))
        members = all_members(len(tasks))
        kept = _together(members[trained], members[served])
        return cls(tasks, members[trained[kept]], members[served[kept]])

    @classmethod
    def some(cls, tasks: Sequence[str], members: NDArray[np.bool_], served: NDArray[np.bool_]) -> Serving:
        """These rows once each, and before them every single, all tasks together and every group serving all.

        Rows that serve nobody, or a task alone with helpers, are left out.
        """
        whole, kept = SomeGroups.of(tasks, members).members, _together(members, served)
        members, served = members[kept], served[kept]
        both = np.concatenate([np.concatenate([whole, members]), np.concatenate([whole, served])], axis=1)
        _, first = np.unique(both, axis=0, return_index=True)
        rows = both[np.sort(first)]
        return cls(tuple(tasks), rows[:, : len(tasks)], rows[:, len(tasks) :])

    def place(self, group: Iterable[str]) -> int:
        """The row in which a group serves all its members."""
        row = row_of(group, self.tasks)
        return self._places[row.tobytes() * 2]

    def places(self, grouping: Grouped) -> list[int]:
        """Rows of a grouping's groups."""
        return [
            self._places[row_of(group, self.tasks).tobytes() + row_of(served, self.tasks).tobytes()]
            for group, served in entries_of(grouping)
        ]

    def trained_as(self, groups: Iterable[Iterable[str]]) -> NDArray[np.bool_]:
        """Rows whose trained group is one of these, whomever it serves, shape ``(R,)``."""
        wanted = {row_of(group, self.tasks).tobytes() for group in groups}
        return np.array([row.tobytes() in wanted for row in self.members], dtype=np.bool_)

    def group(self, place: int) -> Group:
        """The group that is trained, sorted by name."""
        return names_of(self.members[place], self.tasks)

    def serves(self, place: int) -> Group:
        """Those of it that are served, sorted by name."""
        return names_of(self.served[place], self.tasks)

    def solver(self, *, fewest: bool, every: bool = False) -> Solver:
        """For every set of tasks the best of its rows, and the best partition into such sets."""
        few = len(self.tasks) <= SOLVED
        sets: Universe = EveryGroup(self.tasks) if few else SomeGroups.of(self.tasks, self.served)
        return ServedSets(self, sets, fewest=fewest, every=every)

    @cached_property
    def _places(self) -> dict[bytes, int]:
        return {
            member.tobytes() + served.tobytes(): place
            for place, (member, served) in enumerate(zip(self.members, self.served, strict=True))
        }


def _together(members: NDArray[np.bool_], served: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows serve several tasks, or a task that is trained alone."""
    count = served.sum(axis=1)
    kept: NDArray[np.bool_] = (count > 1) | ((count == 1) & (members.sum(axis=1) == 1))
    return kept
