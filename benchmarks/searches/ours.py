"""cotrain's own search."""

from affinity.predictor import Measured
from benchmarks.searches.oracle import ChoiceAfter, Oracle
from grouping.partition import Group
from grouping.sequential import search_sequentially


def ours(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """All together first, then what promises most; how many models are left plays a part, so each budget is a run."""
    problem, table = oracle.problem, oracle.problem.table
    tasks = table.rows.tasks

    def ask(group: Group) -> Measured:
        row = table.rows.row_of(group)
        assert row is not None
        columns = [tasks.index(task) for task in group]
        gains = oracle.train(row)[columns]
        return Measured(group, gains, gains * 0.0)

    search_sequentially(
        ask,
        tasks,
        adapters=problem.adapters,
        mode=problem.mode,
        models=oracle.left,
        seed=seed,
        pool=None if table.complete else [table.rows.group(row) for row in range(table.size)],
        start="together",
    )
    return oracle.exact
