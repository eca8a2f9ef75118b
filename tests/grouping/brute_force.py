"""Slow references: what one group is worth beside any choice of others."""

from itertools import combinations

import numpy as np

from grouping.rows import UNSERVED
from tests.grouping.worlds import Array


def best_cover(known: Array, new: Array, *, others: int) -> float:
    """Over all choices of up to ``others`` known rows; below FEASIBLE if none serves every task."""
    best = -np.inf
    for number in range(others + 1):
        for of in combinations(range(len(known)), number):
            best = max(best, float(np.max([new, *known[list(of)]], axis=0).sum()))
    return best


def best_partition(known: Array, new: Array, *, others: int) -> float:
    """The same over disjoint choices that hold every task."""
    best = -np.inf
    for number in range(others + 1):
        for of in combinations(range(len(known)), number):
            held = np.array([new, *known[list(of)]]) > UNSERVED
            if held.sum(axis=0).tolist() == [1] * len(new):
                best = max(best, float(np.max([new, *known[list(of)]], axis=0).sum()))
    return best
