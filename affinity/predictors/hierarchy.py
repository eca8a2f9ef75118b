r"""The linear Gaussian model behind :class:`~affinity.predictors.mean_of_pairs.MeanOfPairs`.

In units of each target's own spread, the value of target :math:`t` in group :math:`S`, with :math:`m = |S|`, is

.. math::
    g_t(S) = \mu + u_t + \frac{1}{m - 1} \sum_{s \in S \setminus t} \alpha_{st} + (b + b_t) h(m) + misfit_t(S),

:math:`h` from 0 for a pair to 1 for all tasks; no misfit in a pair, whose value is :math:`\mu + u_t + \alpha_{st}`. A
measurement reads :math:`y = g + s z_t + e`: the error :math:`s z_t` of the reference, one for all measurements of the
target, and its own error :math:`e`. All symbols but the sizes of errors are Gaussian, around 0 but for :math:`b`;
four variances are fitted by the marginal likelihood with weak priors. Given :math:`(\mu, b)`, targets are independent.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]

COMMON_MEAN = np.array([0.0, -0.25])
"""Prior means of the common level ``mu`` and size trend ``b`` in spreads of a target: gain falls with size on most
published tables, by about that much from pairs to all."""
COMMON_VARIANCE = np.array([1.0, 0.5])
"""Their prior variances: one measured group of all tasks outweighs them."""
TYPICAL = np.array([0.3, 0.5, 0.4, 0.1])
"""Where the weak priors of the four variances below are centred: log-normal, one unit of the logarithm wide."""


@dataclass(frozen=True)
class Variances:
    """Prior variances in squared spreads of a target."""

    level: float
    """Of ``u_t``: how targets differ."""
    source: float
    """Of ``alpha_st``: how sources differ for one target."""
    misfit: float
    """Of what the mean of pairs misses in a group of three or more."""
    trend: float
    """Of ``b_t``: how much more one target suffers from large groups than another."""


@dataclass(frozen=True, eq=False)
class Observations:
    """Measurements of every target, padded to ``n`` rows, in units of the target's spread; ``p = T + 3``.

    Args:
        features: Weights of the target's state ``(u, alpha (T), b_t, z)`` in a measurement, shape ``(T, n, p)``.
        common: Weights of ``(mu, b)``, shape ``(T, n, 2)``.
        values: Shape ``(T, n)``.
        noise: Variance of a measurement's own error, above 0, shape ``(T, n)``.
        loose: Whether the group has a misfit, that is three or more members, shape ``(T, n)``.
        filled: Which rows are measurements and not padding, shape ``(T, n)``.
    """

    features: Array
    common: Array
    values: Array
    noise: Array
    loose: NDArray[np.bool_]
    filled: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """The posterior: ``(mu, b)`` is normal, and given it every target's state is, on its own.

    Args:
        variances: The fitted prior variances.
        common_mean: Mean of ``(mu, b)``, shape ``(2,)``.
        common_covariance: Its covariance, shape ``(2, 2)``.
        state_mean: Mean of the states where ``(mu, b)`` is 0, shape ``(T, p)``.
        state_slope: What ``(mu, b)`` takes off that mean, shape ``(T, p, 2)``.
        state_covariance: Covariance of the states given ``(mu, b)``, shape ``(T, p, p)``.
    """

    variances: Variances
    common_mean: Array
    common_covariance: Array
    state_mean: Array
    state_slope: Array
    state_covariance: Array


def fit(seen: Observations) -> Hierarchy:
    """The posterior at the variances that explain the measurements best."""

    def loss(logs: Array) -> float:
        penalty = 0.5 * float(np.sum((logs - np.log(TYPICAL)) ** 2))
        return penalty - _solve(seen, Variances(*np.exp(logs).tolist()))[1]

    found = minimize(
        loss, np.log(TYPICAL), method="Nelder-Mead", options={"maxiter": 150, "xatol": 0.05, "fatol": 0.01}
    )
    return _solve(seen, Variances(*np.exp(found.x).tolist()))[0]


def _solve(seen: Observations, variances: Variances) -> tuple[Hierarchy, float]:
    """The posterior and the log marginal likelihood, up to a constant."""
    count, _, size = seen.features.shape
    prior = np.full(size, variances.source)
    prior[0], prior[-2], prior[-1] = variances.level, variances.trend, 1.0
    noise = seen.noise + variances.misfit * seen.loose
    weight = np.where(seen.filled, 1 / noise, 0.0)  # shape: (T, n)

    weighted = seen.features * weight[..., None]
    precision = np.swapaxes(weighted, 1, 2) @ seen.features + np.diag(1 / prior)
    covariance = np.asarray(np.linalg.inv(precision), dtype=np.float64)  # shape: (T, p, p)
    right = np.concatenate([seen.values[..., None], seen.common], axis=2)  # shape: (T, n, 3)
    projected = np.swapaxes(weighted, 1, 2) @ right  # shape: (T, p, 3)
    solved = covariance @ projected
    inner = np.einsum("tni,tn,tnj->ij", right, weight, right) - np.einsum("tpi,tpj->ij", projected, solved)

    prior_precision = np.diag(1 / COMMON_VARIANCE)
    common_covariance = np.linalg.inv(inner[1:, 1:] + prior_precision)
    common_right = inner[1:, 0] + prior_precision @ COMMON_MEAN
    common_mean = common_covariance @ common_right
    quadratic = inner[0, 0] - common_right @ common_mean
    logdet = (
        np.sum(np.log(noise), where=seen.filled)
        + count * np.sum(np.log(prior))
        + np.sum(np.linalg.slogdet(precision)[1])
        - np.linalg.slogdet(common_covariance)[1]
    )
    posterior = Hierarchy(variances, common_mean, common_covariance, solved[..., 0], solved[..., 1:], covariance)
    return posterior, float(-0.5 * (quadratic + logdet))
