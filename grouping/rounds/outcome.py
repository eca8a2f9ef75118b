"""What a search found, with the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grouping.grouped import helpers_of, serving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from affinity.gains import MeasuredGroup
    from affinity.predictor import GainPredictor, Measured
    from grouping.grouped import Grouped
    from grouping.partition import Group, Partition
    from grouping.rounds.figures import Proposal


@dataclass(frozen=True, kw_only=True, eq=False)
class Round:
    """One round of the loop. The last one only proposes, and trains nothing."""

    proposals: Mapping[Grouped, float]
    """Distinct proposals with the share of posterior draws under which each was the best, most frequent first."""
    asked: tuple[Group, ...]
    """Groups that the round had trained, in the order of their choice."""
    forecasts: tuple[Measured, ...]
    """The gains that were predicted for each of them before training, with their errors."""
    unavailable: tuple[Group, ...]
    """Those of them that could not be trained."""
    stopped: tuple[Group, ...] = ()
    """Those of them that were not trained to the end, as the begin of their curves showed them to be hopeless."""
    again: tuple[Group, ...] = ()
    """Groups that were trained before and were trained once more, in a round of its own."""
    choice: Grouped | None
    """What would have been chosen at the round's begin; None while no allowed grouping was trained."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """The chosen grouping and how it came about."""

    grouping: Grouped
    """The choice: all its groups were trained."""
    predicted: Mapping[str, float]
    """Every task's expected gain in the choice: the posterior mean, not the measured value that won."""
    predicted_error: Mapping[str, float]
    """Standard errors of the expected gains."""
    mean_gain: float
    """Expected mean gain over all tasks, as the objective counts them."""
    bound: float
    """The lower bound of the mean gain by which the choice was made."""
    confidence: float
    """One-sided confidence of that bound."""
    shortfall: float
    """Points by which the lower bound of the worst task's delta falls below its floor; 0 or less where all floors are
    kept, ``-inf`` for an objective without floors."""
    proposals: tuple[Proposal, ...]
    """The choice, singles, all-together, and what the search proposed, by falling expected mean gain."""
    front: tuple[Proposal, ...]
    """Trained groupings that no other beats in adapters, mean gain and worst task at once; by adapters."""
    rounds: tuple[Round, ...]
    """The rounds, in order."""
    measured: Mapping[Group, MeasuredGroup]
    """All measured groups, those given beforehand included."""
    trained: tuple[Group, ...]
    """Groups that the search trained, in order; how often each is in :attr:`measured`."""
    stopped: str
    """``settled``: no untrained proposal is expected to improve the mean gain by more than the tolerance; ``models`` or
    ``rounds``: one is, but the budget was used; ``time`` or ``jobs``: so were the hours or the runs, but for those that
    are kept for validation."""
    gains: GainPredictor
    """The predictor of gains, after all measurements."""
    deltas: GainPredictor | None = None
    """The predictor of changes in points, alike; None for an objective without floors."""

    @property
    def partition(self) -> Partition:
        """Which tasks are served together in the choice, whoever helps."""
        return serving(self.grouping)

    @property
    def helpers(self) -> dict[Group, Group]:
        """The helpers of every group of the choice that has some, by the tasks that it serves."""
        return helpers_of(self.grouping)

    @property
    def reason(self) -> str:
        """One sentence that says why the search stopped."""
        count = len(self.trained)
        after = f"after {count} trained group{'s' * (count != 1)}"
        return {
            "settled": f"Settled {after}: no other grouping is expected to be better by more than the tolerance.",
            "models": f"Stopped {after}: the budget of models was used.",
            "rounds": f"Stopped {after}: the budget of rounds was used.",
            "time": f"Stopped {after}: the time that was left was kept for validation.",
            "jobs": f"Stopped {after}: the runs that were left were kept for validation.",
        }[self.stopped]
