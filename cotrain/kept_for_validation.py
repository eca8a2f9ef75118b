"""What of the limits the search leaves for validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cotrain.limits import Limits
from cotrain.progress import clock_text
from cotrain.validation_time import ValidationTime
from trainers.allowance import counts
from trainers.budget import Budget
from trainers.job import Job
from trainers.out_of_budget import OutOfJobs, OutOfTime
from trainers.trainer import Trainer


@dataclass(frozen=True, eq=False)
class KeptForValidation:
    """Lets the search train what still leaves enough; runs that are finished are free.

    Args:
        trainer: Trains.
        limits: Of the command.
        needed: What validation needs, with the measured speed.
        kept: Whether it is kept for it.
    """

    trainer: Trainer
    limits: Limits
    needed: ValidationTime
    kept: bool

    @classmethod
    def of(cls, trainer: Trainer, limits: Limits, needed: ValidationTime, *, validate: bool) -> "KeptForValidation":
        """Keeps it if validation is asked for and can still be done; else the search may use all that is left."""
        allowance = limits.allowance
        fits = needed.seconds <= limits.left and (allowance is None or needed.jobs <= allowance.left)
        return cls(trainer, limits, needed, validate and fits)

    def sentence(self, *, validate: bool) -> str:
        """What a limit leaves for validation, for the progress line; empty without a limit."""
        allowance, limits, needed = self.limits.allowance, self.limits, self.needed
        if not validate or (limits.seconds is None and allowance is None):
            return ""
        parts = [] if limits.seconds is None else [f"{clock_text(needed.seconds)} of {clock_text(limits.left)} left"]
        parts += [] if allowance is None else [f"{needed.jobs} of the {allowance.left} runs left"]
        if self.kept:
            return f"validation is expected to need at most {' and '.join(parts)}, which the search leaves"
        return f"validation is expected to need {' and '.join(parts)}: the search uses what is left"

    def to_dict(self, budget: Budget, *, stopped: str, validation: float | None) -> dict[str, Any]:
        """The object ``limits`` of ``evidence.json``.

        Args:
            stopped: As of :attr:`grouping.rounds.outcome.Outcome.stopped`.
            validation: Seconds that validation took; None if it was not done.
        """
        return {
            "max_hours": budget.max_hours,
            "max_jobs": budget.max_jobs,
            "search_stopped": stopped,
            "validation_expected": self.needed.to_dict(),
            "kept_for_validation": self.kept,
            "validation_seconds": None if validation is None else round(validation, 1),
        }

    def before(self, jobs: Sequence[Job[Any, Any]]) -> None:
        """Called before the search trains ``jobs``.

        Raises:
            OutOfTime: If not enough time would be left.
            OutOfJobs: If not enough runs would be left.
        """
        missing = [job for job in jobs if self.trainer.ledger.get(job.key) is None]
        if not missing:
            return
        allowance, needed = self.limits.allowance, self.needed
        runs = sum(counts(job) and not self.trainer.begun(job) for job in missing)
        if allowance is not None and runs + self.kept * needed.jobs > allowance.left:
            raise OutOfJobs(f"{allowance.left} runs may still be started, and {runs} were asked for")
        if not self.kept or self.limits.seconds is None:
            return
        workers, sizes = self.trainer.executor.workers, [job.size for job in missing]
        lasts = needed.rate * (sum(sizes) / workers + max(sizes) * (1 - 1 / workers))
        if lasts + needed.seconds > self.limits.left:
            raise OutOfTime("the time that is left is kept for validation")
