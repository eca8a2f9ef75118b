r"""Sizes of effects from measurements: the variances under which what was measured is most likely.

In units of each target's own spread a measurement of target :math:`t` in group :math:`g` is

.. math:: y_{tg} = h_{tg} \cdot u + f_{tg} \cdot s_t + misfit_{tg} + e_{tg},

:math:`f` the weights of :mod:`affinity.predictors.partner_features`, :math:`h` the first of them, :math:`u` what
targets have in common and :math:`s_t` the target's own state, whose last entry is the error of its reference in
standard errors. All are Gaussian and independent; given :math:`u`, so are the targets. The gradient is Fisher's:
for a variance :math:`v` of effects :math:`x_i`, :math:`v \, \partial / \partial v = \frac12 \sum_i (E[x_i^2] / v - 1)`
under the posterior.
"""

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from affinity.predictors.partner_features import GUESS, LEVEL, PAIR, PARTNER, TREND, kinds

Array = NDArray[np.float64]

COMMON_MEAN = (0.0, -0.25, 0.25)
"""Prior means of common level, size trend and trust in the guess. Gain falls with size on most published tables, and a
guess is taken to be worth something until measurements speak."""
COMMON_VARIANCE = (1.0, 0.25, 0.09)
"""Their prior variances: a handful of measured groups outweighs them."""
WIDTH = 0.8
"""Standard deviation of the weak priors of the variances, in logarithms."""
FARTHEST = 8.0
"""How far, in logarithms, a variance may go from where its weak prior is centred."""


@dataclass(frozen=True)
class Variances:
    """Prior variances in squared spreads of a target; by default where their weak priors are centred.

    The priors are log-normal. On two published tables the centres mattered little: a doubled `pair` or `trend`, or a
    `misfit` two thirds larger, changed the relative score of predictions by about a hundredth.
    """

    level: float = 1.0
    """How targets differ in level."""
    trend: float = 0.1
    """How targets differ in what size does to them."""
    guess: float = 0.03
    """How targets differ in what a guess is worth."""
    partner: float = 0.4
    """Of what a source does to one target and not to others."""
    pair: float = 0.3
    """Of what two sources together do to one target."""
    source: float = 0.2
    """Of what a source does to every target."""
    misfit: float = 0.6
    """Of what is left in a group, the luck of a run included where errors do not tell it."""


@dataclass(frozen=True, eq=False)
class Observations:
    """Measurements of ``T`` targets in ``n`` groups, in units of the target's spread.

    Args:
        own: Weights of the target's state, shape ``(T, n, p)``.
        values: Shape ``(T, n)``.
        noise: Variance of a measurement's own error, above 0, shape ``(T, n)``.
        filled: Which targets are members of which groups; other entries count for nothing, shape ``(T, n)``.
    """

    own: Array
    values: Array
    noise: Array
    filled: NDArray[np.bool_]

    @property
    def common(self) -> Array:
        """Weights of what targets have in common, shape ``(T, n, T + 3)``."""
        return self.own[..., : len(self.own) + 3]


def common_prior(variances: Variances, count: int) -> tuple[Array, Array]:
    """Prior means and variances of ``u``, both ``(T + 3,)``."""
    zeros = np.zeros(count)
    return np.concatenate([COMMON_MEAN, zeros]), np.concatenate([COMMON_VARIANCE, zeros + variances.source])


def own_prior(variances: Variances, count: int) -> Array:
    """Prior variances of a target's state, shape ``(p,)``."""
    of = variances
    return np.array([of.level, of.trend, of.guess, of.partner, of.pair, 1.0])[kinds(count)]


def fit_variances(seen: Observations) -> Variances:
    """The variances of greatest marginal likelihood times weak priors."""
    if not seen.filled.any():
        return Variances()
    centre = np.log(astuple(Variances()))

    def loss(logs: Array) -> tuple[float, Array]:
        value, gradient = log_likelihood(seen, Variances(*np.exp(logs).tolist()))
        away = (logs - centre) / WIDTH
        return 0.5 * float(away @ away) - value, away / WIDTH - gradient

    bounds = [(c - FARTHEST, c + FARTHEST) for c in centre.tolist()]
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40, "ftol": 1e-6})
    return Variances(*np.exp(found.x).tolist())


def log_likelihood(seen: Observations, variances: Variances) -> tuple[float, Array]:
    """The log marginal likelihood up to a constant, and its gradient by the logarithms of the variances."""
    count, common, own = len(seen.own), seen.common, seen.own
    mean, common_variance = common_prior(variances, count)
    prior = own_prior(variances, count)
    noise = seen.noise + variances.misfit
    weight = np.where(seen.filled, 1 / noise, 0.0)  # shape: (T, n)

    weighted = np.swapaxes(own * weight[..., None], 1, 2)  # shape: (T, p, n)
    precision = weighted @ own + np.diag(1 / prior)
    covariance = np.asarray(np.linalg.inv(precision), dtype=np.float64)  # shape: (T, p, p)
    right = np.concatenate([(seen.values - common @ mean)[..., None], common], axis=2)  # shape: (T, n, 1 + c)
    projected = weighted @ right  # shape: (T, p, 1 + c)
    solved = covariance @ projected
    inner = (np.swapaxes(right * weight[..., None], 1, 2) @ right - np.swapaxes(projected, 1, 2) @ solved).sum(axis=0)
    common_precision = inner[1:, 1:] + np.diag(1 / common_variance)
    common_covariance = np.linalg.inv(common_precision)
    shift = common_covariance @ inner[1:, 0]  # of u from its prior mean

    quadratic = inner[0, 0] - inner[1:, 0] @ shift
    logdet = (
        np.sum(np.log(noise), where=seen.filled)
        + count * np.sum(np.log(prior))
        + np.sum(np.linalg.slogdet(precision)[1])
        + np.sum(np.log(common_variance))
        + np.linalg.slogdet(common_precision)[1]
    )

    slope = solved[..., 1:]
    state = solved[..., 0] - slope @ shift  # shape: (T, p)
    state_variance = np.diagonal(covariance, axis1=1, axis2=2) + ((slope @ common_covariance) * slope).sum(axis=2)
    excess = 0.5 * ((state**2 + state_variance) / prior - 1).sum(axis=0)  # shape: (p,)
    left = common - own @ slope  # shape: (T, n, c)
    residual = right[..., 0] - common @ shift - np.einsum("tnp,tp->tn", own, state)
    residual_variance = ((own @ covariance) * own).sum(axis=2) + ((left @ common_covariance) * left).sum(axis=2)
    source = (shift[3:] ** 2 + np.diag(common_covariance)[3:]) / variances.source - 1
    misfit = (residual**2 + residual_variance) * weight**2 - weight
    kind = kinds(count)
    gradient = np.array(
        [float(excess[kind == of].sum()) for of in (LEVEL, TREND, GUESS, PARTNER, PAIR)]
        + [0.5 * float(source.sum()), 0.5 * variances.misfit * float(misfit.sum())]
    )
    return float(-0.5 * (quadratic + logdet)), gradient
