"""All pairs of tasks as groups, and what is said of them as a matrix."""

import numpy as np
from numpy.typing import NDArray


def pairs_of(tasks: int) -> NDArray[np.bool_]:
    """Every pair of ``T`` tasks as a row of membership, shape ``(T (T - 1) / 2, T)``."""
    found = np.zeros((tasks * (tasks - 1) // 2, tasks), dtype=np.bool_)
    for members in np.triu_indices(tasks, k=1):  # row by row, as they come
        found[np.arange(len(found)), members] = True
    return found


def as_matrix(members: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What pairs do to their members as sources by targets, shape ``(T, T)``; 0 on the diagonal and for other pairs.

    Args:
        members: Pairs as rows of membership, shape ``(G, T)``; rows of other groups are passed over.
        values: Of each member, shape ``(G, T)``.
    """
    found = np.zeros((members.shape[1], members.shape[1]))
    rows = np.flatnonzero(members.sum(axis=1) == 2)
    i, j = np.nonzero(members[rows])[1].reshape(-1, 2).T
    found[j, i], found[i, j] = values[rows, i], values[rows, j]
    return found
