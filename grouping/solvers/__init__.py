"""Solvers answer one question: given a value per group, which partition has the highest sum?

A :class:`Solver` is exact. It reads one number per possible group, indexed by the group's bit mask
(:mod:`grouping.masks`), with ``-inf`` where a group is forbidden, and returns the best partition for every number of
groups at once:

>>> import numpy as np
>>> from grouping.solvers import SOLVERS
>>> values = np.array([-np.inf, 0.0, 0.0, 0.5, 0.0, -0.2, -0.2, 0.1])  # {a, b} gains 0.5, all three 0.1
>>> frontier = SOLVERS["subset_dp"]().solve(values, tasks=("a", "b", "c"))
>>> [str(partition) for partition in frontier.groupings]
['{a, b, c}', '{a, b} {c}', '{a} {b} {c}']
>>> frontier.values.tolist()
[0.1, 0.5, 0.0]

Objectives, constraints and posterior draws all come down to such values, so nothing else in the package enumerates.

Sixteen tasks have 65,536 groups, a hundred have more than can be listed. If the values come from effects between pairs
(:class:`PairwiseValues`), :func:`solve_partition` finds a good partition of hundreds of tasks, and a bound that says
how much better another could be:

>>> from grouping.solvers import PairwiseValues, solve_partition
>>> effects = np.kron(np.eye(10), np.ones((4, 4))) - 0.5  # forty tasks in ten groups of four
>>> np.fill_diagonal(effects, 0.0)
>>> tasks = [f"t{index:02d}" for index in range(40)]
>>> solved = solve_partition(PairwiseValues.shrinking(effects, power=0.5), tasks=tasks)
>>> str(solved.partition)[:38], solved.partition.adapters, round(solved.value, 2), bool(solved.gap < 0.001)
('{t00, t01, t02, t03} {t04, t05, t06, t', 10, 34.64, True)
"""

from grouping.solvers.best_partition import solve_partition
from grouping.solvers.frontier import Frontier, Solver
from grouping.solvers.many_tasks import Effort
from grouping.solvers.pairwise_values import PairwiseValues
from grouping.solvers.solved import Solved
from grouping.solvers.subset_dp import SubsetDP

SOLVERS: dict[str, type[Solver]] = {"subset_dp": SubsetDP}

__all__ = ["SOLVERS", "Effort", "Frontier", "PairwiseValues", "Solved", "Solver", "SubsetDP", "solve_partition"]
