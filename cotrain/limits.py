"""The hard limits of a command: its hours, and the training runs that it may start."""

import time
from dataclasses import dataclass

from trainers.allowance import Allowance
from trainers.budget import Budget
from trainers.out_of_budget import OutOfBudget

RESERVE = 5.0
"""Seconds that are kept for writing the answer and the report, and a hundredth of the limit beside."""
SLOW = 1.25
"""Times that the start of the command took, which are kept at least: a busy machine is slow at the end too."""
MOST = 0.25
"""Share of the limit that is kept for that at most."""
TOLERANCE = 0.02
"""Share by which the limit may be exceeded: no report is drawn that is expected to end later."""
DRAWING = 5.0
"""Seconds that drawing the report is taken to last where it was not yet measured."""


@dataclass(frozen=True, eq=False)
class Limits:
    """The limits of one command.

    Args:
        began: When it began, a time of :func:`time.monotonic`.
        seconds: What it may take; None for as long as it needs.
        allowance: Training runs that it may start; None for as many as it needs.
        starting: Seconds that it took to start.
    """

    began: float
    seconds: float | None = None
    allowance: Allowance | None = None
    starting: float = 0.0

    @classmethod
    def of(cls, budget: Budget, *, began: float) -> "Limits":
        """Those of a suite's budget."""
        seconds = None if budget.max_hours is None else 3600 * budget.max_hours
        allowance = None if budget.max_jobs is None else Allowance(budget.max_jobs)
        return cls(began, seconds, allowance, starting=time.monotonic() - began)

    @property
    def deadline(self) -> float | None:
        """When training and all other long work ends, so that the answer is written in time."""
        if self.seconds is None:
            return None
        kept = max(RESERVE, SLOW * self.starting) + 0.01 * self.seconds
        return self.began + self.seconds - min(kept, MOST * self.seconds)

    @property
    def left(self) -> float:
        """Seconds until then; negative once it has come, infinite without a limit."""
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()

    def may_draw(self, seconds: float = DRAWING) -> bool:
        """Whether drawing the report, which takes so long, is expected to end within the limit and its tolerance."""
        if self.seconds is None:
            return True
        return time.monotonic() + max(seconds, self.starting) < self.began + (1 + TOLERANCE) * self.seconds


def reason(error: OutOfBudget) -> str:
    """Which limit came, and what to do, in half a sentence."""
    return {
        "time": "the time limit came first; the same command with more hours goes on",
        "jobs": "as many training runs were started as may be; the same command goes on",
    }.get(error.kind, str(error))


def unfinished(limits: Limits) -> bool:
    """Whether anything may still be trained."""
    return limits.left > 0 and (limits.allowance is None or limits.allowance.left > 0)
