"""Variances from few replicates, drawn towards each other: what one task cannot tell, all together may."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

Array = NDArray[np.float64]


def moderate(variances: Array, freedoms: Array) -> tuple[Array, Array]:
    r"""Variances drawn towards each other, as far as they look alike.

    ``variances`` are taken as draws ``s^2 ~ sigma^2 chi^2(d) / d`` with :math:`\sigma^2` from a scaled inverse
    chi-square of ``d0`` degrees of freedom around ``s0^2``. Both are fitted by the moments of ``log s^2``; the
    moderated variance is ``(d0 s0^2 + d s^2) / (d0 + d)`` with ``d0 + d`` degrees of freedom.

    Args:
        variances: ``s^2``, shape ``(K,)``.
        freedoms: Degrees of freedom ``d``, shape ``(K,)``; entries of 0 are left as they are.

    Source: Smyth, Statistical Applications in Genetics 3 (2004), https://doi.org/10.2202/1544-6115.1027, for thousands
    of variances. Deviations for few: below four variances nothing is moderated; ``d0`` is at most the freedom of all
    others times ``1 - 3 / K``, as an estimate of infinity would claim that ``K`` variances prove each other equal
    (without it, intervals for 2 tasks with 2 seeds held the truth in 89 % of simulations, not 93 %); a variance counts
    in the fit with at least a thousandth of the mean.
    """
    known = freedoms > 0
    if known.sum() < 4 or not np.any(variances[known] > 0):
        return variances.copy(), freedoms.copy()
    s2, d = variances[known], freedoms[known]
    mean = float(np.average(s2, weights=d))
    logs = np.log(np.maximum(s2, 1e-3 * mean)) - digamma(d / 2) + np.log(d / 2)
    excess = float(np.var(logs, ddof=1) - np.mean(polygamma(1, d / 2)))
    total = float(d.sum())
    prior = total if excess <= polygamma(1, total / 2) else float(2 * _inverse_trigamma(excess))
    location = float(np.exp(logs.mean() + digamma(prior / 2) - np.log(prior / 2))) if prior < total else mean
    added = np.minimum(prior, (total - d) * (1 - 3 / len(d)))
    moderated, freedom = variances.copy(), freedoms.copy()
    moderated[known] = (added * location + d * s2) / (added + d)
    freedom[known] = added + d
    return moderated, freedom


def _inverse_trigamma(value: float) -> float:
    return float(brentq(lambda x: float(polygamma(1, x)) - value, 1e-8, 1e8))
