"""What an estimator says of any group, before a group was measured."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from affinity.matrix import AffinityMatrix


class GainPrior(Protocol):
    """Guesses the gain of every member in any group; what it says is taken as a direction, not as a measurement.

    One that has a true attribute ``in_gains`` speaks in the unit of gains: how far its guesses lie apart is then taken
    for how far gains do, while too little was measured to tell.
    """

    @property
    def tasks(self) -> tuple[str, ...]:
        """The ``T`` tasks, in the order of the columns."""

    def gains(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Guessed gains of groups given as rows of membership, both of shape ``(G, T)``.

        NaN where the task is not a member, exactly 0 for a single.
        """


@dataclass(frozen=True, eq=False)
class MeanOfScores:
    """A target's mean affinity over its partners: all that a matrix can say of a group.

    Args:
        matrix: Affinities, on any scale.

    Source: after Standley et al., ICML 2020, https://arxiv.org/abs/1905.07553, who average over measured pairs.
    """

    matrix: AffinityMatrix

    in_gains = False

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the matrix's order."""
        return self.matrix.tasks

    def gains(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Means over the partners, shape ``(G, T)``."""
        partners = np.maximum(members.sum(axis=1) - 1, 1)  # shape: (G,)
        means = members.astype(np.float64) @ self.matrix.scores / partners[:, None]  # the diagonal is 0
        found: NDArray[np.float64] = np.where(members, means, np.nan)
        return found


@dataclass(frozen=True, eq=False)
class PriorAmong:
    """The same guesses, asked of groups of some of the tasks.

    Args:
        prior: About these tasks and more.
        tasks: Those that are left.
    """

    prior: GainPrior
    tasks: tuple[str, ...]

    @property
    def in_gains(self) -> bool:
        """As the prior has it."""
        return bool(getattr(self.prior, "in_gains", False))

    def gains(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """What ``prior`` says of the groups, shape ``(G, T)``."""
        places = [self.prior.tasks.index(name) for name in self.tasks]
        whole = np.zeros((len(members), len(self.prior.tasks)), dtype=np.bool_)
        whole[:, places] = members
        return self.prior.gains(whole)[:, places]
