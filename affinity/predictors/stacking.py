r"""How much each of several predictors is worth, by groups that it was not told.

Every group is left out in turn, and each predictor, fitted on the others, says how likely what was measured in it is.
With :math:`l_{gk}` the mean over the group's members of the logarithm of predictor ``k``'s normal density, the weights
are where

.. math:: \sum_g \log \sum_k w_k e^{l_{gk}} + a \sum_k \log w_k, \qquad w_k \ge 0, \quad \sum_k w_k = 1,

is greatest. A group counts once however many members it has, as they share the luck of one run, and each predictor
counts for ``a`` groups beforehand, so that few groups say little. The weights are those of a mixture: they choose
between predictors, and do not average what these say.

Source: stacking of predictive distributions, Yao et al., Bayesian Analysis 2018, https://doi.org/10.1214/17-BA1091; the
mean over members and ``a`` are ours.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from affinity.predictor import GainPredictor, Measured
from affinity.predictors.measurements import SMALLEST, membership

Array = NDArray[np.float64]
Fit = Callable[[Sequence[str], Sequence[Measured]], GainPredictor]
"""From tasks and measurements to a predictor, such as ``Ridge.fit``."""

BEFORE = 1.0
"""``a``: groups that each predictor counts for beforehand."""
MOST_FOLDS = 12
"""Of more groups than these, several are left out at a time."""
FEWEST = 3
"""Groups below which nothing is left out."""
STEPS = 200
"""Of expectation and maximisation; each increases what is sought."""


def held_out_scores(fits: Sequence[Fit], tasks: Sequence[str], measured: Sequence[Measured]) -> Array:
    """Mean log density over members of every group of two or more, by fits on other groups, shape ``(n, K)``.

    Higher is better; the unit is that of the logarithm of a density of the values, so only differences mean anything.
    Groups are put in the order of their names first: folds do not depend on the order of measuring.
    """
    groups = sorted(measured, key=lambda of: sorted(of.group))
    folds = np.arange(len(groups)) % min(MOST_FOLDS, max(len(groups), 1))
    scores = np.empty((len(groups), len(fits)))
    for fold in range(folds.max(initial=-1) + 1):
        others = [of for of, place in zip(groups, folds, strict=True) if place != fold]
        left = np.flatnonzero(folds == fold)
        members = membership(tasks, [groups[row] for row in left])
        for k, fit in enumerate(fits):
            said = fit(tasks, others).predict(members)
            for row, mean, error in zip(left.tolist(), said.mean, said.error, strict=True):
                scores[row, k] = _score(groups[row], tasks, mean, error)
    return scores


def stack(scores: Array) -> Array:
    """The weights of the predictors, shape ``(K,)``, from their scores, shape ``(n, K)``; alike without groups."""
    weights = np.full(scores.shape[1], 1 / scores.shape[1])
    for _ in range(STEPS):
        shares = scores + np.log(weights)
        responsible = np.exp(shares - logsumexp(shares, axis=1, keepdims=True))  # shape: (n, K)
        counts = responsible.sum(axis=0) + BEFORE
        weights = counts / counts.sum()
    return weights


def _score(of: Measured, tasks: Sequence[str], mean: Array, error: Array) -> float:
    at = [tasks.index(name) for name in of.group]
    variance = error[at] ** 2 + np.maximum(of.error, SMALLEST * np.abs(of.mean).max(initial=0.0)) ** 2
    variance = np.maximum(variance, np.finfo(np.float64).tiny)
    return float(np.mean(-0.5 * ((of.mean - mean[at]) ** 2 / variance + np.log(2 * np.pi * variance))))
