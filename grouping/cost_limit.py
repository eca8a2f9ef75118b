"""The most that the groups of an answer may cost together: hours of training, bytes of adapters, money."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from grouping.partition import Group
    from grouping.rows import Rows

    Array = NDArray[np.float64]

ROUNDING = 1e-12
"""Share of a limit that adding up costs may have made."""


@dataclass(frozen=True, eq=False)
class RowCosts:
    """What ``R`` groups cost, and how much they may cost together.

    Args:
        each: Of every group, 0 or more, shape ``(R,)``; infinite for one that may not be chosen at any limit.
        most: The limit, of the same unit.
    """

    each: Array
    most: float

    @property
    def limit(self) -> float:
        """The limit with room for rounding."""
        return self.most * (1 + ROUNDING)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Groups that are within the limit by themselves, shape ``(R,)``."""
        within: NDArray[np.bool_] = self.each <= self.limit
        return within

    def at(self, rows: NDArray[np.intp]) -> RowCosts:
        """Of some of the groups, in this order."""
        return RowCosts(self.each[rows], self.most)

    def total(self, rows: Collection[int]) -> float:
        """Of some groups together, each counted once."""
        return float(self.each[sorted(set(rows))].sum())

    def within(self, rows: Collection[int]) -> bool:
        """Whether some groups may be chosen together."""
        return self.total(rows) <= self.limit


@dataclass(frozen=True, eq=False)
class CostLimit:
    """A limit on the sum of what the groups of an answer cost; groups of one count, and helpers make a group dearer.

    Args:
        most: The limit, 0 or more.
        costs: Of every group that may be chosen, singles among them, in any one unit; 0 is free. A group is a sorted
            tuple of names. By default a group costs the number of its tasks, as training it once takes so many passes.

    Raises:
        InputError: If the limit or a cost is negative or not finite.
    """

    most: float
    costs: Mapping[Group, float] | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.most) and self.most >= 0):
            raise InputError(f"found {self.most:g}; expected a finite number of 0 or more", place="--max-cost")
        for group, cost in (self.costs or {}).items():
            if not (isfinite(cost) and cost >= 0):
                raise InputError(
                    f"found {cost:g} for `{'+'.join(group)}`; expected a finite number of 0 or more", place="--costs"
                )

    @property
    def highest(self) -> float:
        """The limit with room for rounding."""
        return self.most * (1 + ROUNDING)

    def of(self, group: Group) -> float:
        """What a group costs; infinite where that was not said."""
        return float(len(group)) if self.costs is None else self.costs.get(group, np.inf)

    def on(self, rows: Rows) -> RowCosts:
        """What groups cost, in their order."""
        if self.costs is None:
            return RowCosts(rows.members.sum(axis=1).astype(np.float64), self.most)
        return RowCosts(np.array([self.of(rows.group(row)) for row in range(len(rows.members))]), self.most)

    def require(self, groups: Collection[Group]) -> None:
        """Refuses a limit that does not say what one of these groups costs.

        Raises:
            InputError: Naming the first one.
        """
        unknown = [group for group in groups if self.of(group) == np.inf]
        if unknown:
            more = f", nor of {len(unknown) - 1} others" if len(unknown) > 1 else ""
            raise InputError(
                f"no cost of `{'+'.join(unknown[0])}`{more}; expected one of every group that may be trained and of "
                "every task alone",
                place="--costs",
            )

    def __str__(self) -> str:
        return f"`max_cost: {self.most:.15g}`"
