"""What a solver of many tasks gives: a partition and how much better another could be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grouping.partition import Partition

SMALLEST = 1e-12
"""Below this size of bound and value the gap is 0."""


@dataclass(frozen=True)
class Solved:
    """A partition, what it is worth, and what no partition can exceed.

    Args:
        partition: The best that was found.
        value: Sum of its groups' values.
        bound: No partition that meets the constraints is worth more; the value itself where it is exact.
        method: ``subset_dp`` or ``every_group``, which are exact, or ``relaxation``.
        starts: Local optima that were met.
        columns: Groups that programmes chose from.
        relaxed: Value of the linear programme over these groups, or None. It bounds partitions into these alone, and
            tells how much of the gap may be the bound's.
        rounds: Evaluations of the bound.
        seconds: Time it took; two answers that differ in it alone are equal.
    """

    partition: Partition
    value: float
    bound: float
    method: str
    starts: int = 0
    columns: int = 0
    relaxed: float | None = None
    rounds: int = 0
    seconds: float = field(default=0.0, compare=False)

    @property
    def gap(self) -> float:
        """``(bound - value) / |bound|``: at most this share of what is possible is missed. 0 is exact."""
        missed = self.bound - self.value
        return missed / max(abs(self.bound), SMALLEST) if missed > SMALLEST else 0.0
