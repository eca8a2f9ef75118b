r"""The posterior of one set of sizes: a Gaussian over the weights of features, and the luck of measured runs.

Source: Rasmussen and Williams, 2006, ch. 2, http://gaussianprocess.org/gpml/; joint draws by Matheron's rule, Wilson et
al., ICML 2020, https://arxiv.org/abs/2002.09309.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from affinity.predictors.group_cells import EFFECTS, LUCK, ROOT, Cells
from affinity.predictors.process_fit import GUESS, NUGGET, Measurements, Sizes

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weights:
    """``D`` draws of the weights of all features, in scales of a target.

    Args:
        common: Of what all targets have in common, shape ``(D, c)``.
        own: Of each target, shape ``(D, T, p)``.
    """

    common: Array
    own: Array

    def of(self, cells: Cells, decay: float = ROOT) -> Array:
        """What they come to in some cells that are as they were or, without a copy, decayed, shape ``(D, N)``."""
        common, own = cells.shared_out
        found, beside = _apart(self.common, cells.common, common)
        for target in range(self.own.shape[1]):
            at = np.flatnonzero(cells.target == target)
            others, partners = _apart(self.own[:, target], cells.own[at], own)
            found[:, at] += others
            beside[:, at] += partners
        return np.asarray(found + beside * cells.thinner(decay), dtype=np.float64)


def _apart(weights: Array, features: Array, columns: slice) -> tuple[Array, Array]:
    """What all other features come to, and what those of some columns do, both ``(D, N)``."""
    first, last = slice(columns.start), slice(columns.stop, None)
    others = weights[:, first] @ features[:, first].T + weights[:, last] @ features[:, last].T
    return others, weights[:, columns] @ features[:, columns].T


@dataclass(frozen=True, eq=False)
class Conditioned:
    """The posterior under one set of sizes; all in scales of a target."""

    seen: Measurements
    """Its cells decayed as the sizes say."""
    sizes: Sizes
    precision: Array
    """Inverse covariance of the measured cells, shape ``(N, N)``."""
    told: Array
    """``precision @ (values - mean)``, shape ``(N,)``."""

    def predict(self, cells: Cells, place: NDArray[np.intp]) -> tuple[Array, Array]:
        """Means and variances of cells; ``place`` says which were measured."""
        new = place < 0
        common, own = self._variances()
        known = self.seen.cells
        thinner = cells.thinner(self.sizes.decay)
        prior = np.zeros(len(cells.group))
        weighted = []
        for features, variances, columns in zip(
            (cells.common, cells.own), (common, own), cells.shared_out, strict=True
        ):
            others, partners = _apart(variances[None], features**2, columns)
            prior += others[0] + partners[0] * thinner**2
            weighted.append(features * variances)
            weighted[-1][:, columns] *= thinner[:, None]
        cross = weighted[0] @ known.common.T
        cross += (weighted[1] @ known.own.T) * (cells.target[:, None] == known.target)
        at = np.flatnonzero(~new)
        run, misfit = self.luck
        cross[at] += run * (known.group[place[at]][:, None] == known.group)
        cross[at, place[at]] += misfit
        prior += run + misfit
        mean = self._mean(cells) + cross @ self.told
        variance = prior - ((cross @ self.precision) * cross).sum(axis=1)
        return mean, np.maximum(variance, 0.0)

    def draw(self, cells: Cells, place: NDArray[np.intp], *, draws: int, generator: np.random.Generator) -> Array:
        """Joint draws of cells, shape ``(draws, N)``."""
        known = self.seen.cells
        run, misfit = self.luck
        new_run = np.sqrt(run) * generator.standard_normal((draws, int(cells.group.max(initial=-1)) + 1))
        luck = new_run[:, cells.group] + np.sqrt(misfit) * generator.standard_normal((draws, len(cells.group)))
        weights, old_run, old = self._drawn(draws, generator)
        seen = np.flatnonzero(place >= 0)
        luck[:, seen] = old_run[:, known.group[place[seen]]] + old[:, place[seen]]
        found: Array = self._mean(cells) + weights.of(cells, self.sizes.decay) + luck
        return found

    def draw_weights(self, *, draws: int, generator: np.random.Generator) -> Weights:
        """Draws of what is not luck."""
        return self._drawn(draws, generator)[0]

    def expected_weights(self) -> Weights:
        """The posterior mean of the weights, as one draw."""
        count, known = len(self.sizes.scale), self.seen.cells
        nothing = Weights(np.zeros((1, known.common.shape[1])), np.zeros((1, count, known.own.shape[1])))
        return self._learned(nothing, self.told[None])

    def _drawn(self, draws: int, generator: np.random.Generator) -> tuple[Weights, Array, Array]:
        """Weights, the luck of measured runs and that of measured cells, ``(draws, R)`` and ``(draws, N)``."""
        known, count = self.seen.cells, len(self.sizes.scale)
        common, own = self._variances()
        run, misfit = self.luck
        weights = Weights(
            np.sqrt(common) * generator.standard_normal((draws, len(common))),
            np.sqrt(own) * generator.standard_normal((draws, count, len(own))),
        )
        old_run = np.sqrt(run) * generator.standard_normal((draws, int(known.group.max(initial=-1)) + 1))
        old = np.sqrt(misfit) * generator.standard_normal((draws, len(known.group)))
        if not len(known.group):
            return weights, old_run, old
        scale = self.sizes.scale[known.target]
        noise = np.sqrt(self.seen.noise / scale**2 + NUGGET) * generator.standard_normal((draws, len(known.group)))
        noise += (self.seen.shared / scale) * generator.standard_normal((draws, count))[:, known.target]
        drawn = weights.of(known) + old_run[:, known.group] + old + noise
        wrong = (self.seen.values / scale - self._mean(known) - drawn) @ self.precision
        by_group = np.zeros((len(known.group), old_run.shape[1]))
        by_group[np.arange(len(known.group)), known.group] = 1.0
        return self._learned(weights, wrong), old_run + run * (wrong @ by_group), old + misfit * wrong

    def _learned(self, weights: Weights, wrong: Array) -> Weights:
        """Corrected by what the measured cells lack, times their precision, shape ``(draws, N)``."""
        known = self.seen.cells
        common, own = self._variances()
        mine = weights.own.copy()
        for target in range(mine.shape[1]):
            at = known.target == target
            mine[:, target] += own * (wrong[:, at] @ known.own[at])
        return Weights(weights.common + common * (wrong @ known.common), mine)

    def _mean(self, cells: Cells) -> Array:
        mean = self.sizes.mean
        found: Array = mean[0] + mean[1] * cells.size + GUESS * cells.features("guess")[:, 0]
        return found

    def _variances(self) -> tuple[Array, Array]:
        """Prior variances of the common and of a target's own weights."""
        width = self.seen.cells.common.shape[1]
        every = self.sizes.variances[self.seen.cells.kinds]
        return every[:width], every[width:]

    @property
    def luck(self) -> tuple[float, float]:
        """Prior variances of the luck of a run and of a cell."""
        run, misfit = (float(self.sizes.variances[EFFECTS.index(effect)]) for effect in LUCK)
        return run, misfit


def condition(seen: Measurements, sizes: Sizes, *, before: Conditioned | None = None) -> Conditioned:
    """The posterior after the measurements under one set of sizes.

    Args:
        before: The posterior under the same sizes after the first ones of these measurements: what is new costs a
            product of matrices then, not the inverse of a large one.
    """
    seen = replace(seen, cells=seen.cells.decayed(sizes.decay))
    old = 0 if before is None else len(before.seen.values)
    covariance = _covariance(seen, sizes, old)
    precision = _inverse(covariance) if before is None else _bordered(before.precision, covariance)
    draft = Conditioned(seen, sizes, precision, np.zeros(len(precision)))
    return replace(draft, told=precision @ (seen.values / sizes.scale[seen.cells.target] - draft._mean(seen.cells)))


def _covariance(seen: Measurements, sizes: Sizes, first: int) -> Array:
    """Of the cells from ``first`` on with all cells, in scales of a target, shape ``(N - first, N)``."""
    cells = seen.cells
    scale = sizes.scale[cells.target]
    every = sizes.variances[cells.kinds]
    width = cells.common.shape[1]
    run, misfit = (float(sizes.variances[EFFECTS.index(effect)]) for effect in LUCK)
    new = slice(first, None)
    shared = seen.shared / scale
    found = (cells.common[new] * every[:width]) @ cells.common.T
    own = (cells.own[new] * every[width:]) @ cells.own.T + np.outer(shared[new], shared)
    found += own * (cells.target[new, None] == cells.target)
    found += run * (cells.group[new, None] == cells.group)
    at = np.arange(first, len(scale))
    found[at - first, at] += misfit + NUGGET + seen.noise[new] / scale[new] ** 2
    return np.asarray(found, dtype=np.float64)


def _inverse(covariance: Array) -> Array:
    """By its Cholesky factor, a third of the work of any other matrix's."""
    if not len(covariance):
        return covariance
    factor, failed = lapack.dpotrf(covariance, lower=1)
    if failed:  # by rounding
        return np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    half, _ = lapack.dpotri(factor, lower=1)
    found: Array = np.tril(half) + np.tril(half, -1).T
    return found


def _bordered(precision: Array, new: Array) -> Array:
    """The inverse of a matrix with more rows, ``new``, from the inverse of the first ones."""
    old = len(precision)
    across = precision @ new[:, :old].T
    corner = np.linalg.inv(new[:, old:] - new[:, :old] @ across)
    side = -across @ corner
    found: Array = np.block([[precision - side @ across.T, side], [side.T, corner]])
    return found
