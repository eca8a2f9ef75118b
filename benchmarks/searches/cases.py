"""What is measured: a table, a mode and a number of adapters, with the budgets that the table is large enough for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from benchmarks.searches.oracle import Problem
from benchmarks.searches.sources import Source
from benchmarks.searches.table import SearchTable
from grouping.solvers.selection import Mode

MODES: tuple[Mode, ...] = ("partition", "cover")
ADAPTERS = (2, 3, 4)
BUDGETS = (6, 10, 15, 20)
"""Models."""
POOL_BUDGETS = (*BUDGETS, 40, 60, 100)
"""The same where only a pool of the groups can be trained, as there are more than :data:`FEW` tasks."""
FEW = 12
ROOM = 2.5
"""Least groups of a table, as a multiple of the budget: with fewer any search trains most of what there is."""


@dataclass(frozen=True, eq=False)
class Case:
    """One problem, in several orders of tasks and groups."""

    source: Source
    tables: Sequence[SearchTable]
    mode: Mode
    adapters: int

    @property
    def name(self) -> str:
        return f"{self.source.name}, {self.mode}, {self.adapters} adapters"

    @property
    def size(self) -> int:
        """Groups that can be trained."""
        return self.tables[0].size

    @cached_property
    def budgets(self) -> tuple[int, ...]:
        """Numbers of models, ascending; none if the table is too small for any."""
        every = BUDGETS if len(self.tables[0].rows.tasks) <= FEW else POOL_BUDGETS
        return tuple(budget for budget in every if self.size >= ROOM * budget)

    def problem(self, seed: int) -> Problem:
        """The problem of one run."""
        return Problem(self.tables[seed % len(self.tables)].permuted(seed), self.adapters, self.mode)


def cases(sources: Iterable[Source]) -> Iterable[Case]:
    """All modes and numbers of adapters of every source that is large enough."""
    for source in sources:
        tables = source.tables()
        for mode in MODES:
            for adapters in ADAPTERS:
                case = Case(source, tables, mode, adapters)
                if case.budgets and adapters < len(tables[0].rows.tasks):
                    yield case
