r"""What values of whole partitions tell about groups: a linear model on which tasks share a group.

With :math:`\phi` the features of a group's total (:mod:`affinity.predictors.group_totals`), a partition is worth

.. math:: y(P) = b + \frac sT \sum_{S \in P} (w^\top \phi(S) + \lambda e_S), \qquad
          w \sim N(\mu, V), \quad e_S \sim N(0, v_{misfit} |S| + v_{run} |S|^2),

where the luck :math:`e_S` belongs to a group and comes back with it. :math:`\mu` and :math:`V` are what the prior of
:mod:`affinity.predictors.process_fit` says of the sum of a group's cells when all tasks have one scale :math:`s`, so
values teach the same model as gains do, only less of it. :math:`s` and :math:`\lambda` are the most likely of a few.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictors.group_totals import columns_of, pairs_of, total_features
from affinity.predictors.process_fit import MEAN, UNMEASURED, VARIANCES
from grouping.labels import masks_of, members_of
from grouping.sampling.worlds import Worlds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCALES = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
"""Scales that are tried, in spreads of the values times the root of the number of tasks."""
LUCKS = (0.1, 0.4, 1.0)
"""Sizes of the luck of a group that are tried."""
BASE = 10.0
"""Standard deviation of the base around the first value, in spreads of the values."""
NOISE = 1e-3
"""Standard deviation of a value's own error, in spreads of the values."""
MILESTONES = (4, 6, 8, 11, 16, 23, 32, 45, 64, 90, 128)
"""Numbers of values after which scale and luck are fitted anew, on the first so many values."""


@dataclass(eq=False)
class ValuePosterior:
    """Draws worlds after values of partitions. The last fit is remembered; it depends on the values alone.

    Args:
        count: Number of tasks.
    """

    count: int
    _fitted: dict[bytes, tuple[float, float]] = field(default_factory=dict)

    def draw(
        self, labels: NDArray[np.intp], values: Array, seen: NDArray[np.int64], *, draws: int,
        generator: np.random.Generator,
    ) -> Worlds:  # fmt: skip
        """Worlds in pairs on either side of the posterior mean.

        Args:
            labels: Partitions with a value, in the order of their trials, shape ``(N, T)``.
            values: Their values, the higher the better, shape ``(N,)``.
            seen: The groups of two tasks or more in them, and perhaps others, as masks in ascending order.
            draws: An even number.
        """
        features, held = _design(labels, seen)
        scale, luck = self._sizes(labels, features, held, values, seen)
        prior = _Prior.of(self.count, seen, scale=scale / self.count, luck=luck)
        spread, centre = _spread(values), float(values[0]) if len(values) else 0.0
        width, half = features.shape[1], draws // 2
        joint = np.concatenate([features, held], axis=1)
        weights, base = prior.draw(half, generator), BASE * spread * generator.standard_normal((half, 1))
        error = NOISE * spread * generator.standard_normal((half, len(values)))
        covariance = prior.covariance(joint) + (BASE * spread) ** 2
        covariance[np.diag_indices(len(covariance))] += (NOISE * spread) ** 2
        left = values - centre - features @ prior.mean
        wanted = np.concatenate([left[None], -(weights @ joint.T + base + error)])
        told = np.linalg.solve(covariance, wanted.T).T  # shape: (1 + half, N)
        moved, shift = prior.times(told @ joint), (BASE * spread) ** 2 * told.sum(axis=1, keepdims=True)
        moved[1:] += weights
        shift[1:] += base
        both = np.concatenate([moved[:1] + moved[1:], moved[:1] - moved[1:]])
        both[:, :width] += prior.mean
        shape = (2 * half, self.count)
        return Worlds(
            count=self.count,
            weights=both[:, :width],
            base=centre + np.concatenate([shift[:1] + shift[1:], shift[:1] - shift[1:]])[:, 0],
            misfit=np.full(shape, VARIANCES["misfit"] * prior.luck**2),
            run=np.full(shape, np.sqrt(VARIANCES["run"]) * prior.luck),
            seen=seen,
            extra=both[:, width:],
        )

    def _sizes(
        self, labels: NDArray[np.intp], features: Array, held: Array, values: Array, seen: NDArray[np.int64]
    ) -> tuple[float, float]:
        """Scale of a task's gains, and size of luck, after the last milestone."""
        unit = np.sqrt(self.count) * _spread(values)
        number = max((milestone for milestone in MILESTONES if milestone <= len(values)), default=0)
        if not number:
            return float(unit), LUCKS[1]
        key = labels[:number].tobytes() + values[:number].tobytes()
        if key not in self._fitted:
            self._fitted.clear()
            some = np.flatnonzero(held[:number].any(axis=0))
            joint = np.concatenate([features[:number], held[:number, some]], axis=1)
            self._fitted[key] = _most_likely(joint, values[:number], self.count, seen[some])
        return self._fitted[key]


@dataclass(frozen=True, eq=False)
class _Prior:
    """Of the ``F`` weights of totals and the luck of ``n`` groups.

    Args:
        mean: Of the weights, shape ``(F,)``.
        variances: Of what is independent, shape ``(F + n,)``.
        factors: What weights have in common, shape ``(F, c)``.
        luck: Scale of the luck.
    """

    mean: Array
    variances: Array
    factors: Array
    luck: float

    @classmethod
    def of(cls, count: int, seen: NDArray[np.int64], *, scale: float, luck: float) -> _Prior:
        mean, variances, factors = _of_weights(count)
        number = np.bitwise_count(seen).astype(np.float64)
        lucky = (luck * scale) ** 2 * (VARIANCES["misfit"] * number + VARIANCES["run"] * number**2)
        return cls(scale * mean, np.concatenate([scale**2 * variances, lucky]), scale * factors, luck * scale)

    def draw(self, draws: int, generator: np.random.Generator) -> Array:
        """Deviations from the mean, shape ``(draws, F + n)``."""
        found = np.sqrt(self.variances) * generator.standard_normal((draws, len(self.variances)))
        found[:, : len(self.mean)] += generator.standard_normal((draws, self.factors.shape[1])) @ self.factors.T
        return found

    def times(self, rows: Array) -> Array:
        """Rows times the covariance."""
        found = rows * self.variances
        found[:, : len(self.mean)] += rows[:, : len(self.mean)] @ self.factors @ self.factors.T
        return found

    def covariance(self, joint: Array) -> Array:
        """Of the values of rows of features and luck, shape ``(N, N)``."""
        common = joint[:, : len(self.mean)] @ self.factors
        found: Array = (joint * self.variances) @ joint.T + common @ common.T
        return found


@lru_cache(maxsize=16)
def _of_weights(count: int) -> tuple[Array, Array, Array]:
    """Mean, variances and common factors of the weights when one scale is 1."""
    columns = columns_of(count)
    mean, variances = np.zeros((2, columns["whole"].stop))
    mean[columns["level"]], mean[columns["slope"]] = MEAN
    variances[columns["level"]] = VARIANCES["level"]
    variances[columns["slope"]] = VARIANCES["slope"]
    variances[columns["pair"]] = 2 * VARIANCES["partner"]  # one for each direction
    variances[columns["triple"]] = 3 * VARIANCES["pair"]  # one for each target
    factors = np.zeros((len(mean), count + 2))
    factors[columns["slope"], count] = np.sqrt(VARIANCES["trend"])
    factors[columns["whole"], count + 1] = np.sqrt(VARIANCES["every"]) * count
    pairs = np.arange(columns["pair"].start, columns["pair"].stop)
    for tasks in pairs_of(count):
        factors[pairs, tasks] = np.sqrt(VARIANCES["source"])  # a source is good or bad for each of its partners
    return mean, variances, factors


def _design(labels: NDArray[np.intp], seen: NDArray[np.int64]) -> tuple[Array, Array]:
    """Features of partitions, shape ``(N, F)``, and which of the seen groups they hold, shape ``(N, n)``."""
    masks, place = np.unique(masks_of(labels), return_inverse=True)
    holds = np.zeros((len(labels), len(masks)))
    holds[np.arange(len(labels))[:, None], place.reshape(labels.shape)] = 1.0
    held = np.zeros((len(labels), len(seen)))
    _, mine, theirs = np.intersect1d(masks, seen, assume_unique=True, return_indices=True)
    held[:, theirs] = holds[:, mine]
    return holds @ total_features(members_of(masks, labels.shape[1])), held


def _spread(values: Array) -> float:
    spread = float(values.std()) if len(values) > 1 else 0.0
    return spread if spread > 0 else UNMEASURED


def _most_likely(joint: Array, values: Array, count: int, seen: NDArray[np.int64]) -> tuple[float, float]:
    """Scale and luck of the highest likelihood."""
    spread = _spread(values)
    error = (BASE * spread) ** 2 + (NOISE * spread) ** 2 * np.eye(len(values))
    best, found = -np.inf, (np.sqrt(count) * spread, LUCKS[1])
    for luck in LUCKS:
        prior = _Prior.of(count, seen, scale=1.0 / count, luck=luck)
        of_one, mean = prior.covariance(joint), joint[:, : len(prior.mean)] @ prior.mean
        for factor in SCALES:
            scale = factor * np.sqrt(count) * spread
            covariance, left = scale**2 * of_one + error, values - values[0] - scale * mean
            density = -0.5 * (np.linalg.slogdet(covariance)[1] + left @ np.linalg.solve(covariance, left))
            if density > best:
                best, found = float(density), (float(scale), luck)
    return found
