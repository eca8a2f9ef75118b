"""The mean of what training does on paper from several anchors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.simulated_gains import SimulatedGains
from affinity.simulation import Counts


@dataclass(frozen=True, eq=False)
class MeanGains:
    """What one short run happens to lead to is luck, which the mean has less of; a :class:`~affinity.prior.GainPrior`.

    Args:
        parts: Simulated gains of the same tasks, at least one.
    """

    parts: Sequence[SimulatedGains]

    in_gains = True

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order of the columns."""
        return self.parts[0].tasks

    @property
    def flops(self) -> float:
        """Operations of all parts so far."""
        return sum(part.flops for part in self.parts)

    def gains(self, members: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Mean simulated gains, shape ``(G, T)``; NaN where the task is not a member, 0 for a single."""
        found: NDArray[np.float64] = np.mean([part.gains(members) for part in self.parts], axis=0)
        return found

    def resampled(self, members: NDArray[np.bool_], draws: Sequence[Counts]) -> NDArray[np.float64]:
        """The same of groups of two or more, on every resample of the examples, shape ``(draws, G, T)``."""
        found: NDArray[np.float64] = np.mean([part.resampled(members, draws) for part in self.parts], axis=0)
        return found
