"""What an affinity estimator is, and what it leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from affinity.matrix import AffinityMatrix
from affinity.prior import GainPrior, MeanOfScores, PriorAmong
from tasks.errors import InputError

if TYPE_CHECKING:
    from trainers.runs import Runs
    from trainers.trainer import Trainer


@dataclass(frozen=True, eq=False)
class Estimate:
    """An affinity matrix with its evidence.

    Args:
        matrix: Scores, errors and cost.
        runs: The training runs it rests on; None for an estimator that trains nothing.
        groups: What it says of groups of any size; None for one that knows pairs only.
        dropped: Tasks of the trainer that the matrix lacks, each with the reason: nothing could be measured of them.
    """

    matrix: AffinityMatrix
    runs: "Runs | None"
    groups: GainPrior | None = None
    dropped: Mapping[str, str] = field(default_factory=dict)

    @property
    def prior(self) -> GainPrior:
        """Its guess for any group: its own, or the mean over partners."""
        return self.groups or MeanOfScores(self.matrix)

    def without(self, dropped: Mapping[str, str]) -> "Estimate":
        """The estimate without tasks of which nothing can be measured after all, each with the reason.

        Raises:
            InputError: If fewer than two tasks are left.
        """
        left = left_of(self.matrix.tasks, dropped)
        return Estimate(
            self.matrix.subset(left),
            None if self.runs is None else self.runs.among(left),
            groups=None if self.groups is None else PriorAmong(self.groups, left),
            dropped={**self.dropped, **dropped},
        )


class Estimator(Protocol):
    """Scores every ordered pair of tasks."""

    def estimate(self, trainer: "Trainer") -> Estimate:
        """Affinities between all of the trainer's tasks, in their order.

        A task of which nothing can be measured, as its runs diverge, is dropped, and the trainer tells why.
        Equivariant to the order of tasks; the same seed gives the same scores.

        Raises:
            InputError: If fewer than two tasks are left.
            OutOfTime: If the trainer's deadline came first.
        """


def left_of(tasks: Sequence[str], dropped: Mapping[str, str]) -> tuple[str, ...]:
    """The tasks that are not dropped, in their order.

    Raises:
        InputError: If there are fewer than two, which leaves nothing to compare.
    """
    left = tuple(name for name in tasks if name not in dropped)
    if len(left) < 2:
        reasons = "; ".join(f"{name}: {why}" for name, why in dropped.items())
        only = f"only task {left[0]}" if left else "no task"
        raise InputError(f"{only} can be measured, expected two or more; {reasons}", place="tasks")
    return left
