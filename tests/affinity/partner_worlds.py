"""Worlds of five tasks whose gains are known, and what is measured in them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from affinity.predictive_scores import coverage
from affinity.predictor import GainPredictor, Measured
from tests.affinity.predictor_contract import EVERY, SHARED, Fit, measured

Array = NDArray[np.float64]
NAMES = ("a", "b", "c", "d", "e")
ERROR, REFERENCE = 0.03, 0.015
"""Standard errors of a measured gain, and of the reference in it."""
CLOSENESS = 0.5
"""Correlation of groups that differ by one member, where partners interact."""
World = Callable[[np.random.Generator], Array]


def additive(generator: np.random.Generator) -> Array:
    """Every partner adds its own to a target's level, and a run has some luck; shape ``(31, 5)``."""
    partners = 0.1 * generator.normal(size=(5, 5))
    np.fill_diagonal(partners, 0)
    found: Array = EVERY @ partners + 0.1 * generator.normal(size=5) + 0.03 * generator.normal(size=EVERY.shape)
    return found


def interacting(generator: np.random.Generator) -> Array:
    """A Gaussian process over groups, alike as far as they have the same members; shape ``(31, 5)``."""
    apart = (EVERY[:, None] != EVERY).sum(axis=2)
    root = np.linalg.cholesky(CLOSENESS**apart + 1e-9 * np.eye(31))
    found: Array = 0.1 * root @ generator.normal(size=EVERY.shape) + 0.03 * generator.normal(size=EVERY.shape)
    return found


def looked_at(truth: Array, groups: int, seed: int, *, reference: float = REFERENCE) -> tuple[list[Measured], Array]:
    """Measurements of some groups, and which cells are left, shape ``(31, 5)``."""
    generator = np.random.default_rng([seed, groups])
    rows = generator.permutation(np.flatnonzero(EVERY.sum(axis=1) > 1))[:groups]
    own = np.sqrt(ERROR**2 - reference**2)
    noisy = truth + own * generator.normal(size=truth.shape) + reference * generator.normal(size=5)
    left = SHARED.copy()
    left[rows] = False
    return measured(noisy, rows.tolist(), error=ERROR, shared=reference), left


def covered(fit: Fit, make: World, *, groups: int, worlds: int = 20) -> float:
    """How often 90 % intervals of unmeasured gains hold the truth, over all worlds."""
    hits = []
    for seed in range(worlds):
        truth = make(np.random.default_rng([seed, 3]))
        told, left = looked_at(truth, groups, seed)
        said = fit(NAMES, told).predict(EVERY)
        hits.append(coverage(truth[left], said.mean[left], said.error[left]))
    return float(np.mean(hits))


def miss(predictor: GainPredictor, truth: Array, cells: Array) -> float:
    """Root mean square error of predicted means."""
    wrong = (predictor.predict(EVERY).mean - truth)[cells]
    return float(np.sqrt(np.mean(wrong**2)))
