"""How many training runs may still be started."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from trainers.job import Job

AnyJob = TypeVar("AnyJob", bound=Job[Any, Any])


@dataclass(eq=False)
class Allowance:
    """Training runs that may still be started; shared by all phases of a command.

    Args:
        left: 0 or more.

    Raises:
        ValueError: If it is negative.
    """

    left: int

    def __post_init__(self) -> None:
        if self.left < 0:
            raise ValueError(f"Expected 0 runs or more, but got {self.left}.")

    def take(self, jobs: Sequence[AnyJob], *, free: Callable[[AnyJob], bool] = lambda _job: False) -> list[AnyJob]:
        """The jobs that may run, in their order: all that train nothing, and as many others as are left.

        Which ones they are depends on the order alone, not on workers.

        Args:
            free: Whether a run costs nothing: one that was started before goes on.
        """
        taken = []
        for job in jobs:
            if counts(job) and not free(job):
                if self.left == 0:
                    continue
                self.left -= 1
            taken.append(job)
        return taken


def counts(job: Job[Any, Any]) -> bool:
    """Whether a job is a training run; other kinds of work say ``trains = False``."""
    return bool(getattr(job, "trains", True))
