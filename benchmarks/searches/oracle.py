"""What a search may ask: groups of a table, at most so many of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.searches.table import SearchTable
from grouping.solvers.selection import Mode, select

Array = NDArray[np.float64]
Served = NDArray[np.intp]
"""Row of the table that serves each task, shape ``(T,)``."""
ChoiceAfter = Callable[[int], Served]
"""What a method would choose after so many models."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A table and the groupings that are allowed."""

    table: SearchTable
    adapters: int
    """Most groups; groups of one count."""
    mode: Mode

    def best(self, gains: Array, among: Iterable[int] | None = None) -> Served | None:
        """The exact choice under these gains of all rows, shape ``(R, T)``; None if no grouping is possible.

        Args:
            among: The shared rows to choose from, beside the singles; None allows all.
        """
        rows = self.table.rows
        kept = np.arange(rows.shared) if among is None else np.array(sorted(among), dtype=np.intp)
        places = np.concatenate([kept, np.arange(rows.shared, len(rows.members))]).astype(np.intp)
        found = select(gains[places], rows.only(kept), adapters=self.adapters, mode=self.mode)
        return None if found is None else places[found.served]


@dataclass(eq=False)
class Oracle:
    """Trains groups, and counts them."""

    problem: Problem
    models: int
    """Most groups that are trained."""
    trained: list[int] = field(default_factory=list)
    """Rows in the order of their training."""

    @property
    def left(self) -> int:
        """How many groups may still be trained."""
        return min(self.models, self.problem.table.size) - len(self.trained)

    def train(self, row: int) -> Array:
        """What training tells of each task, shape ``(T,)``.

        Raises:
            ValueError: If the budget is spent, or the row was trained before or is a single.
        """
        if self.left < 1 or row in self.trained or not 0 <= row < self.problem.table.size:
            raise ValueError(f"Expected a new group and a budget, but got row {row} after {len(self.trained)} models.")
        self.trained.append(int(row))
        return self.problem.table.told[row]

    def open(self) -> Served:
        """Rows that were not trained."""
        return np.setdiff1d(np.arange(self.problem.table.size), self.trained)

    def exact(self, models: int) -> Served:
        """The exact choice among the first ``models`` trained groups and the singles.

        Raises:
            ValueError: If nothing can be chosen yet: every method that chooses so trains all tasks together first.
        """
        found = self.problem.best(self.problem.table.told, self.trained[:models])
        if found is None:
            raise ValueError(f"Expected a possible grouping after {models} models, but got none.")
        return found
