"""cotrain's own search."""

from dataclasses import dataclass

from affinity.predictor import Measured
from benchmarks.searches.oracle import ChoiceAfter, Oracle
from grouping.partition import Group
from grouping.sequential import Found, search_sequentially


@dataclass(frozen=True, eq=False)
class Counted:
    """The benchmark's oracle as the search asks it."""

    oracle: Oracle

    def ask(self, group: Group, *, run: int = 0) -> Measured:
        """See :class:`grouping.oracle.GroupOracle`."""
        rows = self.oracle.problem.table.rows
        row = rows.row_of(group)
        assert row is not None
        gains = self.oracle.train(row)[[rows.tasks.index(task) for task in group]]
        return Measured(group, gains, gains * 0.0)


def ours(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """All together first, then what promises most; how many models are left plays a part, so each budget is a run."""
    searched(oracle, seed=seed)
    return oracle.exact


def searched(oracle: Oracle, *, seed: int, confidence: float | None = None) -> Found:
    """The search itself, with all models that are left or until its choice is sure enough."""
    problem, table = oracle.problem, oracle.problem.table
    return search_sequentially(
        Counted(oracle),
        table.rows.tasks,
        adapters=problem.adapters,
        mode=problem.mode,
        models=oracle.left,
        seed=seed,
        pool=None if table.complete else table.rows.groups,
        confidence=confidence,
    )
