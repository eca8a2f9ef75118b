"""Solvers answer one question exactly: given a value per group, which partition has the highest sum?

A solver reads one number per possible group, indexed by the group's bit mask (:mod:`grouping.masks`), with ``-inf``
where a group is forbidden, and returns the best partition for every number of groups at once:

>>> import numpy as np
>>> from grouping.solvers import SOLVERS
>>> values = np.array([-np.inf, 0.0, 0.0, 0.5, 0.0, -0.2, -0.2, 0.1])  # {a, b} gains 0.5, all three 0.1
>>> frontier = SOLVERS["subset_dp"]().solve(values, tasks=("a", "b", "c"))
>>> [str(partition) for partition in frontier.partitions]
['{a, b, c}', '{a, b} {c}', '{a} {b} {c}']
>>> frontier.values.tolist()
[0.1, 0.5, 0.0]

Objectives, constraints and posterior draws all come down to such values, so nothing else in the package enumerates.
"""

from grouping.solvers.frontier import Frontier, Solver
from grouping.solvers.subset_dp import SubsetDP

SOLVERS: dict[str, type[Solver]] = {"subset_dp": SubsetDP}

__all__ = ["SOLVERS", "Frontier", "Solver", "SubsetDP"]
