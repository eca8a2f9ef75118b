"""What a case's values lie between: the best that can be known, and a usual grouping."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.searches.oracle import Problem, Served

GROUPINGS = 400
"""Random groupings whose median is the usual one."""
TRIES = 200
"""Draws of groups per random grouping of a table that lacks some."""
MOST_CELLS = 4000
"""Cells of a table of many tasks beyond which no exact best is looked for."""


@dataclass(frozen=True)
class Bounds:
    """Of one table."""

    best: float | None
    """Value of the exact choice when everything was trained; None if it is not known."""
    ceiling: float | None
    """Best value of any grouping, whatever is told; None if it is not known."""
    usual: float
    """Median value of random groupings."""


def bounds(problem: Problem, *, seed: int) -> Bounds:
    """The bounds; random groupings are served by what is told, as those of every method are."""
    table = problem.table
    usual = float(np.median(random_values(problem, seed=seed)))
    if len(table.rows.tasks) > 12 and table.rows.members.sum() > MOST_CELLS:
        return Bounds(None, None, usual)
    best, ceiling = (problem.best(gains) for gains in (table.told, table.valued))
    assert best is not None
    assert ceiling is not None
    return Bounds(table.value(best), table.value(ceiling), usual)


def random_values(problem: Problem, *, seed: int) -> list[float]:
    """Values of random groupings.

    Partitions of a complete table put every task into one of ``k`` groups at random. Otherwise ``k`` groups, singles
    among them, are drawn until they make a grouping; all together stands in where none is found.
    """
    generator = np.random.default_rng([seed, 6])
    return [problem.table.value(_grouping(problem, generator)) for _ in range(GROUPINGS)]


def _grouping(problem: Problem, generator: np.random.Generator) -> Served:
    table = problem.table
    members = table.rows.members
    count = members.shape[1]
    if problem.mode == "partition" and table.complete:
        label = generator.integers(problem.adapters, size=count)
        bits = 1 << np.arange(count)
        return np.array([table.rows.places[int(bits[label == of].sum())] for of in label], dtype=np.intp)
    for _ in range(TRIES):
        rows = generator.choice(len(members), size=problem.adapters, replace=False)
        if problem.mode == "partition":
            rows = _disjoint(members, rows)
        if members[rows].any(axis=0).all():
            return np.asarray(rows[table.told[rows].argmax(axis=0)], dtype=np.intp)
    return np.full(count, table.together, dtype=np.intp)


def _disjoint(members: NDArray[np.bool_], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those rows that share no task with one before them."""
    kept: list[int] = []
    for row in rows:
        if not (members[kept].any(axis=0) & members[row]).any():
            kept.append(int(row))
    return np.array(kept, dtype=np.intp)
