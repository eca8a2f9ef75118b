"""What a solver gives: the best partition for every number of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from grouping.partition import Partition


@dataclass(frozen=True, eq=False)
class Frontier:
    """The best partition into exactly ``k`` groups, for ``k`` from 1 to ``K``.

    Args:
        values: Sum of its groups' values at index ``k - 1``, shape ``(K,)``; ``-inf`` where no partition is allowed.
        partitions: The partition at index ``k - 1``, or None where none is allowed.
    """

    values: NDArray[np.float64]
    partitions: tuple[Partition | None, ...]

    @property
    def feasible(self) -> bool:
        """Whether any partition is allowed."""
        return any(partition is not None for partition in self.partitions)


class Solver(Protocol):
    """Finds the partitions with the highest sum of group values."""

    def solve(self, values: NDArray[np.float64], *, tasks: Sequence[str], max_groups: int | None = None) -> Frontier:
        """The best partitions into 1 to ``max_groups`` groups (by default as many as there are tasks).

        Args:
            values: Value of each group by its mask, shape ``(2 ** T,)``; ``-inf`` forbids a group; entry 0 is not
                read.
            tasks: Names of the ``T`` tasks, in the order of the masks' bits.

        Raises:
            InputError: If there are more tasks than the solver can take.
            ValueError: If the shape is another, or a value is NaN or ``+inf``.
        """
        ...
