"""What an affinity estimator is, and what it leaves behind."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from affinity.matrix import AffinityMatrix
from affinity.prior import GainPrior, MeanOfScores

if TYPE_CHECKING:
    from trainers.trainer import Runs, Trainer


@dataclass(frozen=True, eq=False)
class Estimate:
    """An affinity matrix with its evidence.

    Args:
        matrix: Scores, errors and cost.
        runs: The training runs it rests on; None for an estimator that trains nothing.
        groups: What it says of groups of any size; None for one that knows pairs only.
    """

    matrix: AffinityMatrix
    runs: "Runs | None"
    groups: GainPrior | None = None

    @property
    def prior(self) -> GainPrior:
        """Its guess for any group: its own, or the mean over partners."""
        return self.groups or MeanOfScores(self.matrix)


class Estimator(Protocol):
    """Scores every ordered pair of tasks."""

    def estimate(self, trainer: "Trainer") -> Estimate:
        """Affinities between all of the trainer's tasks, in their order.

        Equivariant to the order of tasks; the same seed gives the same scores.

        Raises:
            OutOfTime: If the trainer's deadline came first.
        """
