"""What a solver gives: the best grouping for every number of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from grouping.grouped import Grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

GroupingT = TypeVar("GroupingT", bound=Grouped, covariant=True)
"""What is solved for: partitions, or groupings that may have helpers."""


@dataclass(frozen=True, eq=False)
class Frontier(Generic[GroupingT]):
    """The best grouping with ``k`` groups, for ``k`` from 1 to ``K``.

    Args:
        values: Sum of its groups' values at index ``k - 1``, shape ``(K,)``; ``-inf`` where no grouping is allowed.
        groupings: The grouping at index ``k - 1``, or None where none is allowed.
    """

    values: NDArray[np.float64]
    groupings: tuple[GroupingT | None, ...]

    @property
    def feasible(self) -> bool:
        """Whether any grouping is allowed."""
        return any(grouping is not None for grouping in self.groupings)


class Solver(Protocol):
    """Finds the groupings with the highest sum of group values."""

    def solve(
        self, values: NDArray[np.float64], *, tasks: Sequence[str], max_groups: int | None = None
    ) -> Frontier[Grouped]:
        """The best groupings into 1 to ``max_groups`` groups (by default as many as there are tasks).

        Args:
            values: Value of each group by its mask, shape ``(2 ** T,)``; ``-inf`` forbids a group; entry 0 is not
                read.
            tasks: Names of the ``T`` tasks, in the order of the masks' bits.

        Raises:
            InputError: If there are more tasks than the solver can take.
            ValueError: If the shape is another, or a value is NaN or ``+inf``.
        """
        ...
