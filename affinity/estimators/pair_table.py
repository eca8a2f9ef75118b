"""All pairs of tasks as groups, and what is said of them as a matrix."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray


def pairs_of(tasks: int) -> NDArray[np.bool_]:
    """Every pair of ``T`` tasks as a row of membership, shape ``(T (T - 1) / 2, T)``."""
    return np.array([[task in pair for task in range(tasks)] for pair in combinations(range(tasks), 2)])


def as_matrix(members: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What pairs do to their members as sources by targets, shape ``(T, T)``; 0 on the diagonal and for other pairs.

    Args:
        members: Pairs as rows of membership, shape ``(G, T)``; rows of other groups are passed over.
        values: Of each member, shape ``(G, T)``.
    """
    found = np.zeros((members.shape[1], members.shape[1]))
    for row in np.flatnonzero(members.sum(axis=1) == 2):
        i, j = np.flatnonzero(members[row])
        found[j, i], found[i, j] = values[row, i], values[row, j]
    return found
