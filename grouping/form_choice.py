"""Which form of a group is best: judged like a group, by the lower bound of what it adds, with the plain one first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affinity.gains import MeasuredGroup
from grouping.objective import Objective
from grouping.statistics import Interval, delta_intervals, mean_over_tasks, non_inferior

PLAIN = "shared"
"""Name of the form that every group has, against which the others are measured."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FormTrial:
    """One form of one group, on the select half."""

    name: str
    """Name of the form."""
    adapters: int
    """Adapters that serve the group in it."""
    measured: MeasuredGroup | None
    """Against the members' references; None if it could not be made."""
    against: MeasuredGroup | None
    """The same against the plain form, from paired runs: gain ``(L_shared - L_form) / L_prior``; None for the plain
    form itself and where nothing was measured."""

    def bound(self, confidence: float) -> float:
        """One-sided lower bound of the mean gain over the plain form; 0 for that one, and ``-inf`` if unknown."""
        if self.name == PLAIN and self.measured is not None:
            return 0.0
        return -np.inf if self.against is None else self.over(2 * confidence - 1).low

    def over(self, confidence: float = 0.95) -> Interval:
        """Two-sided interval of the mean over members of the gain over the plain form.

        Raises:
            ValueError: If nothing was measured against it.
        """
        if self.against is None:
            raise ValueError(f"Expected a form that was measured against {PLAIN}, but got {self.name}.")
        return mean_over_tasks([self.against], confidence=confidence)

    def keeps(self, margins: Mapping[str, float]) -> bool:
        """Whether no member loses more than its margin, each by the lower end of its 95 % interval."""
        if self.measured is None:
            return False
        return all(non_inferior(of, margins[name]) for name, of in delta_intervals(self.measured).items())


@dataclass(frozen=True)
class FormChoice:
    """The choice among the forms of one group.

    Args:
        chosen: Index of the form.
        reasons: Of every form, why it is or is not chosen, in a few words.
    """

    chosen: int
    reasons: tuple[str, ...]


def choose_form(
    trials: Sequence[FormTrial], *, objective: Objective, confidence: float, room: int | None = None
) -> FormChoice:
    """The form with the highest lower bound of its mean gain over the plain one; the plain one's is 0, and wins ties.

    An objective with floors admits a form only if no member's delta falls below its floor, as it admits groups; where
    the plain form falls below and another does not, that one is taken. Each adapter beyond one costs the objective's
    price of an adapter, and there may be no more than ``room``.

    Args:
        trials: The plain form first.
        confidence: One-sided, of the bound.
        room: Adapters that the group may take; None for no limit.

    Raises:
        ValueError: If the plain form is not the first, or was not measured.
    """
    if not trials or trials[0].name != PLAIN or trials[0].measured is None:
        raise ValueError(f"Expected the measured form `{PLAIN}` first, but got {[trial.name for trial in trials]}.")
    values, reasons, kept = [], [], []
    for trial in trials:
        of = trial.measured
        short = 0.0 if of is None else float(objective.shortfall(of.delta, of.delta_error, of.group))
        value = trial.bound(confidence) - objective.adapter_price * (trial.adapters - 1)
        why = ""
        if of is None or not np.isfinite(value):
            value, why = -np.inf, "it could not be made"
        elif room is not None and trial.adapters > max(room, 1):
            value, why = -np.inf, f"it takes {trial.adapters} adapters, where `max_adapters` leaves {max(room, 1)}"
        elif short > 0:
            why = "a task may fall below its floor"
        elif trial.name != PLAIN and value <= 0:
            why = "its lower bound is not above the shared form's"
        values.append(value)
        kept.append(short <= 0 and value > -np.inf)
        reasons.append(why)
    chosen = 0
    if any(kept):
        chosen = max((index for index, keeps in enumerate(kept) if keeps), key=lambda index: (values[index], -index))
    reasons = [
        "chosen" if index == chosen else why or "another has a higher lower bound" for index, why in enumerate(reasons)
    ]
    return FormChoice(chosen, tuple(reasons))
