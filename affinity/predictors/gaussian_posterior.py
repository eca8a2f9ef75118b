r"""The joint posterior of all effects and of what is left in the measured groups.

The model is that of :mod:`affinity.predictors.marginal_likelihood`, with one thing more: members of one run share its
luck. Misfits of the members of one group are correlated by :math:`\rho`, and so are the own errors of their
measurements, which makes all targets one Gaussian of ``N`` measured cells. :math:`\rho` is the mean of :data:`LUCK` by
marginal likelihood, the variances being given.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.predictors.marginal_likelihood import Observations, Variances, common_prior, own_prior

Array = NDArray[np.float64]

LUCK = (0.0, 0.25, 0.5, 0.75)
"""Correlations between the members of one run that are tried; all are as likely before measuring."""


@dataclass(frozen=True, eq=False)
class States:
    """Joint draws; ``D`` draws."""

    common: Array
    """Of ``u``, shape ``(D, T + 3)``."""
    own: Array
    """Of every target's state, shape ``(D, T, p)``."""
    misfit: Array
    """Of what is left in the measured groups, 0 where a target is no member, shape ``(D, T, n)``."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Normal; effects of one target are ``(u, s_t)`` in that order, ``q = T + 3 + p`` of them.

    Args:
        seen: What was measured.
        variances: Prior variances.
        luck: Correlation between the members of one run.
        effects: Means of the effects, shape ``(T, q)``.
        covariance: Their covariances, shape ``(T, q, q)``.
        value: Means of the true values of the measured groups, 0 where a target is no member, shape ``(T, n)``.
        variance: Their variances, alike.
        precision: Inverse covariance of the ``N`` measured cells in the order of ``seen.filled``, shape ``(N, N)``.
    """

    seen: Observations
    variances: Variances
    luck: float
    effects: Array
    covariance: Array
    value: Array
    variance: Array
    precision: Array

    def draw(self, draws: int, generator: np.random.Generator) -> States:
        """Matheron's rule: draws from the prior, each moved by what it has wrong about the measurements."""
        seen, count = self.seen, len(self.seen.own)
        mean, common_variance = common_prior(self.variances, count)
        prior = own_prior(self.variances, count)
        common = mean + np.sqrt(common_variance) * generator.standard_normal((draws, count + 3))
        own = np.sqrt(prior) * generator.standard_normal((draws, count, len(prior)))
        shape = (draws, *seen.filled.shape)
        misfit = np.sqrt(self.variances.misfit) * lucky(generator, shape, self.luck) * seen.filled
        noise = np.sqrt(seen.noise) * lucky(generator, shape, self.luck)
        drawn = (
            np.einsum("tnc,dc->dtn", seen.common, common) + np.einsum("tnp,dtp->dtn", seen.own, own) + misfit + noise
        )
        wrong = np.zeros(shape)
        wrong[:, seen.filled] = (seen.values - drawn)[:, seen.filled] @ self.precision
        common += common_variance * np.einsum("tnc,dtn->dc", seen.common, wrong)
        own += prior * np.einsum("tnp,dtn->dtp", seen.own, wrong)
        moved = self.luck * wrong.sum(axis=1, keepdims=True) + (1 - self.luck) * wrong
        return States(common, own, misfit + self.variances.misfit * moved * seen.filled)


def lucky(generator: np.random.Generator, shape: tuple[int, int, int], luck: float) -> Array:
    """Standard normal numbers of shape ``(D, T, n)``, correlated by ``luck`` along the second axis."""
    shared = generator.standard_normal((shape[0], 1, shape[2]))
    found: Array = np.sqrt(luck) * shared + np.sqrt(1 - luck) * generator.standard_normal(shape)
    return found


def condition(seen: Observations, variances: Variances) -> Posterior:
    """The posterior given the variances."""
    count = len(seen.own)
    mean, common_variance = common_prior(variances, count)
    prior = own_prior(variances, count)
    target, group = np.nonzero(seen.filled)  # of every cell, shape: (N,)
    common, own = seen.common[seen.filled], seen.own[seen.filled]  # shapes: (N, c), (N, p)
    same_target, same_group = target[:, None] == target, group[:, None] == group
    between = common * common_variance @ common.T  # shape: (N, N)
    within = (own * prior @ own.T) * same_target
    noise = np.sqrt(seen.noise[seen.filled])
    left = same_group * (variances.misfit + np.outer(noise, noise))
    wrong = (seen.values - seen.common @ mean)[seen.filled]

    def covariance(luck: float) -> Array:
        return np.asarray(between + within + luck * left + (1 - luck) * np.diag(np.diag(left)), dtype=np.float64)

    luck = _luck([_log_density(covariance(tried), wrong) for tried in LUCK])
    precision = np.asarray(np.linalg.inv(covariance(luck)), dtype=np.float64)
    told = precision @ wrong  # shape: (N,)

    shift = common_variance * (common.T @ told)
    common_precision = precision @ common  # shape: (N, c)
    c, size = common.shape[1], common.shape[1] + own.shape[1]
    effects, covariances = np.empty((count, size)), np.empty((count, size, size))
    both = np.concatenate([common_variance, prior])
    for t in range(count):
        at = target == t
        effects[t] = np.concatenate([mean + shift, prior * (own[at].T @ told[at])])
        gain = np.empty((size, size))
        gain[:c, :c] = common.T @ common_precision
        gain[:c, c:] = common_precision[at].T @ own[at]
        gain[c:, :c] = gain[:c, c:].T
        gain[c:, c:] = own[at].T @ precision[np.ix_(at, at)] @ own[at]
        covariances[t] = np.diag(both) - both[:, None] * gain * both

    own[:, -1] = 0.0  # a true value has no error of the reference in it
    misfit = variances.misfit * same_group * np.where(same_target, 1.0, luck)
    cross = between + (own * prior @ own.T) * same_target + misfit  # of true values with measurements, shape: (N, N)
    value, variance = np.zeros(seen.filled.shape), np.zeros(seen.filled.shape)
    value[seen.filled] = common @ mean + cross @ told
    variance[seen.filled] = np.maximum(np.diag(cross) - ((cross @ precision) * cross).sum(axis=1), 0.0)
    return Posterior(seen, variances, luck, effects, covariances, value, variance, precision)


def _log_density(covariance: Array, values: Array) -> float:
    return float(-0.5 * (np.linalg.slogdet(covariance)[1] + values @ np.linalg.solve(covariance, values)))


def _luck(densities: list[float]) -> float:
    chances = np.exp(np.array(densities) - max(densities))
    return float(np.average(LUCK, weights=chances))
