"""What every method of the benchmark is."""

from dataclasses import dataclass
from typing import Protocol

from benchmarks.searches.oracle import ChoiceAfter, Oracle, Problem


class Search(Protocol):
    """A search, the same whatever the table."""

    def __call__(self, oracle: Oracle, *, seed: int) -> ChoiceAfter:
        """Trains groups until the budget is spent, or less, and says what it would choose after any number of them."""


class Applies(Protocol):
    """Whether a search can be made."""

    def __call__(self, problem: Problem) -> bool:
        """Of a table and what is allowed."""


def always(problem: Problem) -> bool:
    """Every table, partitions and covers."""
    return True


@dataclass(frozen=True)
class Method:
    """A search and how it is measured."""

    search: Search
    anytime: bool = True
    """Whether a smaller budget is the beginning of a larger one, so that one run tells all budgets."""
    seeds: float = 1.0
    """Runs, as a share of those that are asked for."""
    applies: Applies = always
