r"""A target's gain as a weighted sum over what is known of its partners.

For target :math:`t` with :math:`k` partners :math:`P = S \setminus t` the weights of its state are

.. math:: 1, \quad \log \frac{k + 1}{2}, \quad guess_t(S), \quad \frac{1_{s \in P}}{\sqrt{k}} \; \text{for every } s,
    \quad \frac{1_{r \in P} 1_{s \in P}}{\sqrt{k (k - 1) / 2}} \; \text{for every pair}, \quad 0,

all 0 without partners, so that a single's gain is exactly 0. The last one is the weight of the error of the target's
reference: values have none of it, measurements have its size. What targets have in common (level, size trend, trust
in the guess, how good a partner a source is to anybody) has the first ``T + 3`` of these weights.

With independent states, sums over partners divided by :math:`\sqrt{k}` are a Gaussian process over partner sets of
kernel :math:`|P \cap P'| / \sqrt{k k'}`, and those over pairs are one of interactions, which more than
:data:`MOST_PAIRS` tasks do without. On two published tables they predicted held-out groups better than means over
partners do, and nearly as well as :math:`e^{-|P \triangle P'| / 4}`, which has no small finite form.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL, TREND, GUESS, PARTNER, PAIR, REFERENCE = range(6)
"""Kinds of weights."""
MOST_PAIRS = 16
"""Tasks beyond which pairs of partners have no weights: there are too many to be told by measurements."""


def kinds(count: int) -> NDArray[np.intp]:
    """The kind of each of a target's ``p`` weights among ``count`` tasks, shape ``(p,)``."""
    pairs = len(_pairs(count)[0])
    return np.array([LEVEL, TREND, GUESS, *[PARTNER] * count, *[PAIR] * pairs, REFERENCE], dtype=np.intp)


def _pairs(count: int) -> NDArray[np.intp]:
    """The first and the second of every two tasks that have a weight together, shape ``(2, pairs)``."""
    some = combinations(range(count), 2) if count <= MOST_PAIRS else ()
    return np.array(list(some), dtype=np.intp).reshape(-1, 2).T


def weights(members: NDArray[np.bool_], guess: Array, target: int) -> Array:
    """Weights of one target's state in the values of groups that hold it, shape ``(G, p)``.

    Args:
        members: Membership, shape ``(G, T)``.
        guess: The standardised guess for this target, shape ``(G,)``.
        target: Its column.
    """
    count = members.shape[1]
    partners = members.astype(np.float64)
    partners[:, target] = 0.0
    number = partners.sum(axis=1, keepdims=True)  # shape: (G, 1)
    shared = (number > 0).astype(np.float64)
    left, right = _pairs(count)
    return np.hstack(
        [
            shared,
            shared * np.log((number + 1) / 2),
            shared * guess[:, None],
            partners / np.sqrt(np.maximum(number, 1)),
            partners[:, left] * partners[:, right] / np.sqrt(np.maximum(number * (number - 1) / 2, 1)),
            np.zeros_like(number),
        ]
    )
