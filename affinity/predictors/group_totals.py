r"""What the sum of all members' gains in a group is made of: a few features, linear in the weights of a world.

A group :math:`S` of :math:`m` tasks, with :math:`k = m - 1` and :math:`z = \log(m / 2)`, is worth

.. math:: \sum_{t \in S} (l_t + z\, g_t) + k^{-1/2} \sum_{s < t \in S} p_{st}
          + \binom k2^{-1/2} \sum_{r < s < t \in S} q_{rst} + w\, [S \text{ holds every task}],

which is what the effects of :mod:`affinity.predictors.group_cells` come to when its cells are summed. A single is
worth 0.
"""

from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from affinity.predictors.group_cells import MOST_PAIRS

Array = NDArray[np.float64]
Places = NDArray[np.intp]


@lru_cache(maxsize=16)
def pairs_of(count: int) -> Places:
    """Both tasks of every pair, in the order of its columns, shape ``(2, T (T - 1) / 2)``."""
    return np.array(list(combinations(range(count), 2)), dtype=np.intp).reshape(-1, 2).T


@lru_cache(maxsize=16)
def triples_of(count: int) -> Places:
    """The three tasks of every triple, alike; none beyond :data:`MOST_PAIRS` tasks."""
    if count > MOST_PAIRS:
        return np.zeros((3, 0), dtype=np.intp)
    return np.array(list(combinations(range(count), 3)), dtype=np.intp).reshape(-1, 3).T


@lru_cache(maxsize=16)
def columns_of(count: int) -> dict[str, slice]:
    """Where the columns of each kind of weight stand."""
    widths = {
        "level": count, "slope": count, "pair": pairs_of(count).shape[1], "triple": triples_of(count).shape[1],
        "whole": 1,
    }  # fmt: skip
    ends = np.cumsum([0, *widths.values()]).tolist()
    return {kind: slice(ends[index], ends[index + 1]) for index, kind in enumerate(widths)}


def total_features(members: NDArray[np.bool_]) -> Array:
    """Features of groups given as rows of membership, shape ``(G, F)``; zeros for singles and empty rows."""
    count = members.shape[1]
    inside = members.astype(np.float64)
    number = inside.sum(axis=1, keepdims=True)
    inside[number[:, 0] < 2] = 0.0
    first, second = pairs_of(count)
    one, two, three = triples_of(count)
    partners = np.maximum(number - 1, 1)
    both = inside[:, first] * inside[:, second]
    all_three = inside[:, one] * inside[:, two] * inside[:, three]
    return np.concatenate(
        [
            inside,
            inside * np.log(np.maximum(number, 2) / 2),
            both / np.sqrt(partners),
            all_three / np.sqrt(np.maximum(partners * (partners - 1) / 2, 1)),
            ((number == count) & (number > 1)).astype(np.float64),
        ],
        axis=1,
    )
