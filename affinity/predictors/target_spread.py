r"""The unit of a target's values: how much they differ between groups.

A task's gains may all lie far from 0 and near each other, so the spread is taken around the target's own mean. With
:math:`v_t` the variance around it on :math:`d_t` degrees of freedom and :math:`\psi` the digamma function,

.. math:: l_t = \log v_t - \psi(d_t / 2) + \log(d_t / 2), \quad
    l = \frac{\sum_t d_t (l_t - e_t)}{\sum_t d_t}, \quad
    \log spread_t^2 = \frac{d_t l_t + d_0 (e_t + l)}{d_t + d_0},

:math:`e_t` the logarithm of the variance that was expected of the target, 0 where nothing was. Without the correction
by :math:`\psi` two groups a target would look a third as variable as they are. Logarithms are averaged, not variances,
so that a quiet target is not made loud by the others.

Source: the moments of log variances as in Smyth, 2004, https://doi.org/10.2202/1544-6115.1027; :math:`d_0` is given.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

Array = NDArray[np.float64]

PRIOR_FREEDOM = 2.0
"""``d0``: degrees of freedom that the targets' common spread counts for beside a target's own."""
LEAST = 1e-6
"""Least variance of a target's values as a share of the largest, so that equal values have a logarithm."""


def spreads(values: Sequence[Array], otherwise: float | Array) -> Array:
    """Spread of each target's measured values, shape ``(T,)``.

    Where no target has two values, and nothing is expected of them, it is the root mean square of all values.

    Args:
        values: Values of each target, one array per target.
        otherwise: What is expected, above 0: an array of shape ``(T,)``; a number expects nothing and is taken where
            there are no values but 0.
    """
    d = np.array([max(len(of) - 1, 0) for of in values], dtype=np.float64)
    variances = np.array([float(of.var(ddof=1)) if len(of) > 1 else 0.0 for of in values])
    if not np.any(variances > 0):
        if isinstance(otherwise, np.ndarray):
            return otherwise
        every = np.concatenate([np.zeros(0), *values])
        size = float(np.sqrt(np.mean(every**2))) if len(every) else 0.0
        return np.full(len(values), size if size > 0 else otherwise)
    half = np.maximum(d, 1) / 2
    logs = np.log(np.maximum(variances, LEAST * variances.max())) - digamma(half) + np.log(half)
    before = 2 * np.log(otherwise) if isinstance(otherwise, np.ndarray) else np.zeros(len(values))
    away = float(np.average(logs - before, weights=d))
    found: Array = np.exp(0.5 * (d * logs + PRIOR_FREEDOM * (before + away)) / (d + PRIOR_FREEDOM))
    return found
