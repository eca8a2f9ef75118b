"""Where measured gains come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from affinity.gains import MeasuredGroup
    from affinity.predictor import Measured
    from grouping.partition import Group


class Oracle(Protocol):
    """Trains groups and measures their members' gains on the select half.

    The search asks for one batch per round and waits for all of it, so that the answer is the same however many
    workers train.
    """

    def measure(self, groups: Sequence[Group]) -> Mapping[Group, MeasuredGroup]:
        """The measured gains of these groups, of two tasks or more each.

        A group that could not be trained is left out of the answer; the search goes on without it and never asks
        for it again.

        Raises:
            OutOfBudget: If time or runs are used up: the search ends and chooses among what was measured before.
        """
        ...


class GroupOracle(Protocol):
    """Says what one group did to its members, one question at a time; every question costs a trained model."""

    def ask(self, group: Group, *, run: int = 0) -> Measured | None:
        """Gains of the members of a group of two tasks or more, in the group's order; None if it cannot be trained.

        Args:
            run: Which run of the group: each has luck of its own.
        """
        ...
