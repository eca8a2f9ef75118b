"""What a search would answer now: the choice at the begin of a round, told to whoever keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grouping.grouped import serving
from grouping.rounds.conclusion import by_task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from affinity.gains import MeasuredGroup
    from grouping.grouped import Grouped
    from grouping.partition import Group, Partition
    from grouping.rounds.knowledge import Knowledge
    from grouping.rounds.planning import Plan


@dataclass(frozen=True, kw_only=True, eq=False)
class SoFar:
    """The answer so far."""

    grouping: Grouped
    """The best grouping among what is trained."""
    predicted: Mapping[str, float]
    """Every task's expected gain in it."""
    predicted_error: Mapping[str, float]
    """Standard errors of the expected gains."""
    measured: Mapping[Group, MeasuredGroup]
    """All groups measured so far."""

    @property
    def partition(self) -> Partition:
        """Which tasks are served together in it, whoever helps."""
        return serving(self.grouping)


def so_far(step: Plan, known: Knowledge) -> SoFar | None:
    """The answer so far; None while no allowed grouping is trained."""
    if step.decision is None:
        return None
    grouping = step.decision.candidate.grouping
    served = known.serving(grouping)
    return SoFar(
        grouping=grouping,
        predicted=by_task(known.tasks, served.mean),
        predicted_error=by_task(known.tasks, served.error),
        measured=known.measured,
    )
