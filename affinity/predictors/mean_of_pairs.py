"""A group's gain as the mean of its measured pairs, corrected by whatever larger groups were trained."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.matrix import AffinityMatrix
from affinity.predictor import Measured, Prediction
from affinity.predictors.hierarchy import Hierarchy, Observations, fit
from affinity.predictors.measurements import SMALLEST, apart, finish, latest, membership, require_groups

Array = NDArray[np.float64]

SHARED_LUCK = 0.5
"""Correlation, between the members of one group, of what the mean of pairs misses: they share the training run."""
TYPICAL_COUNT = 4
"""Measurements that the common spread of the targets counts for beside a target's own."""


@dataclass(frozen=True, eq=False)
class MeanOfPairs:
    r"""Predicts target :math:`t` in group :math:`S` by the mean over its partners :math:`s` of the value of the pair.

    Pairs are shrunk towards their target's level as far as their errors ask for; the size of the group has a linear
    trend, because mean gain falls with size and a predictor without one finds unseen groups attractive; and a group of
    three or more has a misfit, whose variance comes from the larger groups that were trained. A measured group is a
    compromise of prediction and measurement by their precision. Without pairs it is a ridge regression on who is there.

    In joint draws, all groups of a target move with its pairs and its reference's error, and the misfits of one group's
    members are correlated by :data:`SHARED_LUCK`: an assumption, as measurements carry no covariance between tasks.

    Source: Standley et al., ICML 2020, https://arxiv.org/abs/1905.07553, predict by the mean of pairs. Shrinkage,
    trend, misfit and errors are ours: see :mod:`affinity.predictors.hierarchy`.
    """

    tasks: tuple[str, ...]
    measured: tuple[Measured, ...]
    spread: Array
    """Scale of every target's values, shape ``(T,)``."""
    posterior: Hierarchy

    @classmethod
    def fit(cls, tasks: Sequence[str], measured: Sequence[Measured]) -> "MeanOfPairs":
        """The posterior after ``measured``, of which singles say nothing and the last of equal groups counts.

        Without a group of two or more it is the prior, in spreads of 1: it knows nothing, and says so in its errors.

        Raises:
            ValueError: If a group has an unknown member.
        """
        kept = latest(tasks, measured)
        spread = _spreads(tuple(tasks), kept)
        return cls(tuple(tasks), kept, spread, fit(_observations(tuple(tasks), kept, spread)))

    @classmethod
    def of_matrix(cls, matrix: AffinityMatrix) -> "MeanOfPairs":
        """The predictor that knows an affinity matrix and no larger group; unknown errors read as 0."""
        pairs = []
        errors = np.nan_to_num(matrix.errors)
        for i, first in enumerate(matrix.tasks):
            for j in range(i + 1, len(matrix.tasks)):
                at = ([j, i], [i, j])  # the first member is the target of the second, and the other way round
                pairs.append(Measured((first, matrix.tasks[j]), matrix.scores[at], errors[at]))
        return cls.fit(matrix.tasks, pairs)

    def update(self, measured: Sequence[Measured]) -> "MeanOfPairs":
        """The posterior after these measurements too; a group measured before is replaced."""
        return MeanOfPairs.fit(self.tasks, [*self.measured, *measured])

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        """Posterior means and standard errors, both ``(G, T)``; the error of an unseen group holds its misfit."""
        query = self._query(members)
        of = self.posterior
        mean, variance = np.empty(members.shape), np.empty(members.shape)
        for t in range(len(self.tasks)):
            features, common = query.features[t], query.common[t]
            left = common - features @ of.state_slope[t]  # shape: (G, 2)
            mean[:, t] = query.offset[t] + features @ of.state_mean[t] + left @ of.common_mean
            variance[:, t] = (
                np.einsum("gp,pq,gq->g", features, of.state_covariance[t], features)
                + np.einsum("gi,ij,gj->g", left, of.common_covariance, left)
                + query.misfit[t]
            )
        error = np.sqrt(variance)
        return Prediction(finish(members, mean * self.spread), finish(members, error * self.spread))

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
        """Joint posterior draws, shape ``(draws, G, T)``; a group that is asked for twice has one value in one draw."""
        query = self._query(members)
        _, first, back = np.unique(members, axis=0, return_index=True, return_inverse=True)
        same = first[back.reshape(-1)]  # the first row of the same group, shape: (G,)
        of = self.posterior
        values = np.empty((draws, *members.shape))
        common = generator.multivariate_normal(of.common_mean, of.common_covariance, size=draws, method="cholesky")
        luck = generator.standard_normal((draws, len(members)))[:, same]
        for t in range(len(self.tasks)):
            root = np.linalg.cholesky(of.state_covariance[t])
            state = of.state_mean[t] - common @ of.state_slope[t].T  # shape: (draws, p)
            state += generator.standard_normal(state.shape) @ root.T
            own = generator.standard_normal(luck.shape)[:, same]
            misfit = np.sqrt(query.misfit[t]) * (np.sqrt(SHARED_LUCK) * luck + np.sqrt(1 - SHARED_LUCK) * own)
            values[..., t] = query.offset[t] + state @ query.features[t].T + common @ query.common[t].T + misfit
        return finish(members, values * self.spread)

    def _query(self, members: NDArray[np.bool_]) -> "_Query":
        """Groups of membership ``(G, T)`` as weights of the posterior; measured groups keep a part of their value."""
        require_groups(members, self.tasks)
        features, common = _weights(members)
        offset, misfit = np.zeros(members.T.shape), np.zeros(members.T.shape)
        misfit[:, members.sum(axis=1) > 2] = self.posterior.variances.misfit
        rows: dict[bytes, list[int]] = {}
        for row in np.flatnonzero(members.sum(axis=1) > 2):
            rows.setdefault(members[row].tobytes(), []).append(int(row))
        for of in self.measured:
            at = rows.get(membership(self.tasks, [of])[0].tobytes(), [])
            for name, value, own, shared in zip(of.group, *apart(of), strict=True):
                if not at:
                    continue
                t = self.tasks.index(name)
                noise = max(own / self.spread[t], SMALLEST) ** 2
                kept = self.posterior.variances.misfit / (self.posterior.variances.misfit + noise)
                features[t, at] *= 1 - kept
                features[t, at, -1] = -kept * shared / self.spread[t]
                common[t, at] *= 1 - kept
                offset[t, at] = kept * value / self.spread[t]
                misfit[t, at] = kept * noise
        return _Query(features, common, offset, misfit)


@dataclass(frozen=True, eq=False)
class _Query:
    """``offset + features @ state + common @ (mu, b) + N(0, misfit)``, for every target and group."""

    features: Array  # shape: (T, G, p)
    common: Array  # shape: (T, G, 2)
    offset: Array  # shape: (T, G)
    misfit: Array  # shape: (T, G)


def _weights(members: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Weights of each target's state, ``(T, G, T + 3)``, and of ``(mu, b)``, ``(T, G, 2)``, in the group's value."""
    groups, count = members.shape
    size = members.sum(axis=1)
    trend = (size - 2) / max(count - 2, 1)
    features = np.zeros((count, groups, count + 3))
    features[..., 0] = 1.0
    features[..., 1:-2] = members / np.maximum(size - 1, 1)[:, None]
    features[np.arange(count), :, 1 + np.arange(count)] = 0.0  # a target is no source of its own
    features[..., -2] = trend
    common = np.ones((count, groups, 2))
    common[..., 1] = trend
    return features, common


def _observations(tasks: tuple[str, ...], measured: Sequence[Measured], spread: Array) -> Observations:
    members = membership(tasks, measured)
    features, common = _weights(members)
    values, noise = np.zeros(members.T.shape), np.ones(members.T.shape)
    for row, of in enumerate(measured):
        for name, value, own, shared in zip(of.group, *apart(of), strict=True):
            t = tasks.index(name)
            values[t, row] = value / spread[t]
            noise[t, row] = max(own / spread[t], SMALLEST) ** 2
            features[t, row, -1] = shared / spread[t]
    loose = np.broadcast_to(members.sum(axis=1) > 2, values.shape)
    return Observations(features, common, values, noise, loose, members.T)


def _spreads(tasks: tuple[str, ...], measured: Sequence[Measured]) -> Array:
    """Root mean square of each target's values, drawn towards the targets' geometric mean; 1 if all are 0."""
    squares: dict[str, list[float]] = {name: [] for name in tasks}
    for of in measured:
        for name, value in zip(of.group, of.mean, strict=True):
            squares[name].append(float(value) ** 2)
    means = np.array([np.mean(of) for of in squares.values() if of])
    if not np.any(means > 0):
        return np.ones(len(tasks))
    typical = float(np.exp(np.mean(np.log(np.maximum(means, 1e-6 * means.max())))))
    sums, counts = np.array([sum(of) for of in squares.values()]), np.array([len(of) for of in squares.values()])
    spread: Array = np.sqrt((sums + TYPICAL_COUNT * typical) / (counts + TYPICAL_COUNT))
    return spread
