r"""Gains of groups that were not simulated, from those that were: a regression on who is there.

For target :math:`t` in group :math:`S` with :math:`k = |S| - 1` partners,

.. math:: g_t(S) \approx \mu_t + c_t \log |S| + \frac{1}{\sqrt{k}} \sum_{s \in S \setminus t} \beta_{st},

fitted by ridge regression: :math:`2^T` groups of many tasks are too many to train even on paper.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RIDGE = 1e-3
"""Penalty of the squared weights, as a share of the groups."""


@dataclass(frozen=True, eq=False)
class PartnerRegression:
    """One regression per target.

    Args:
        weights: Of level, size and partners, shape ``(T, T + 2)``.
    """

    weights: Array

    @classmethod
    def fit(cls, members: NDArray[np.bool_], gains: Array) -> "PartnerRegression":
        """Fits groups of two tasks or more and their gains, both of shape ``(G, T)``; NaN for other tasks."""
        return cls.fit_all(members, gains[None])[0]

    @classmethod
    def fit_all(cls, members: NDArray[np.bool_], gains: Array) -> "list[PartnerRegression]":
        """The same for several gains of the same groups, shape ``(D, G, T)``."""
        found = np.zeros((len(gains), members.shape[1], members.shape[1] + 2))
        for t in range(members.shape[1]):
            rows = members[:, t]
            features = _features(members[rows], t)
            penalty = np.diag([0.0, *np.full(features.shape[1] - 1, RIDGE * len(features))])
            left = features.T @ features + penalty
            found[:, t] = np.linalg.lstsq(left, features.T @ gains[:, rows, t].T, rcond=None)[0].T
        return [cls(weights) for weights in found]

    def gains(self, members: NDArray[np.bool_]) -> Array:
        """Gains of groups of two tasks or more, shape ``(G, T)``; NaN for other tasks."""
        found = np.full(members.shape, np.nan)
        for t in range(members.shape[1]):
            rows = members[:, t]
            found[rows, t] = _features(members[rows], t) @ self.weights[t]
        return found


def _features(members: NDArray[np.bool_], target: int) -> Array:
    size = members.sum(axis=1)
    partners = members / np.sqrt(np.maximum(size - 1, 1))[:, None]
    partners[:, target] = 0.0
    return np.column_stack([np.ones(len(members)), np.log(size), partners])
