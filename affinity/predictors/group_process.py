"""A Gaussian process over the gains of groups, whose scales and sizes of effects are uncertain too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import Measured, Prediction
from affinity.predictors.group_cells import EFFECTS, LUCK, Cells, cells_of
from affinity.predictors.measurements import apart, finish, latest, membership, require_groups
from affinity.predictors.process_fit import GUESS, MOST_CELLS, NUGGET, Measurements, Sizes, fit_sizes
from affinity.predictors.standard_guess import StandardGuess
from affinity.prior import GainPrior

Array = NDArray[np.float64]

SAMPLES = ((200, 12), (400, 8), (800, 4))
"""Sets of sizes that are sampled, by the most measured cells for which it is so many; 2 beyond."""
REFIT = 1.25
"""Growth of the number of measured groups after which sizes are fitted anew; between, the last ones are kept."""


@dataclass(frozen=True, eq=False)
class GroupProcess:
    """Predicts every member's gain in any group from measured groups, with or without an estimator's guess.

    The model is that of :mod:`affinity.predictors.group_cells`; a posterior is conditioned on the measurements under
    each of several sets of scales and sizes (:mod:`affinity.predictors.process_fit`), and all sets count alike. A
    single's gain is exactly 0.

    Source: the effects are ours, after the tables of Standley et al., ICML 2020, https://arxiv.org/abs/1905.07553;
    joint draws by Matheron's rule, Wilson et al., ICML 2020, https://arxiv.org/abs/2002.09309.
    """

    tasks: tuple[str, ...]
    measured: tuple[Measured, ...]
    guess: StandardGuess
    seed: int
    fitted: int
    """Measured groups when the sizes were fitted."""
    mode: Array
    """The most likely sizes, as the next fit starts from them."""
    posteriors: tuple["Conditioned", ...]

    @classmethod
    def fit(
        cls, tasks: Sequence[str], measured: Sequence[Measured], *, prior: GainPrior | None = None, seed: int = 0
    ) -> "GroupProcess":
        """The posterior after ``measured``, of which singles say nothing and the last of equal groups counts.

        Args:
            prior: What is guessed of any group; None knows nothing.
            seed: Of the sampled sizes.

        Raises:
            ValueError: If a group has an unknown member, the prior is about other tasks or gives a guess that is not
                finite, or there are fewer than two tasks.
        """
        if len(set(tasks)) < max(2, len(tasks)):
            raise ValueError(f"Expected two or more different tasks, but got {list(tasks)}.")
        guess = StandardGuess.of(prior, tasks)
        return _fitted(tuple(tasks), latest(tasks, measured), guess, seed, None)

    def update(self, measured: Sequence[Measured]) -> "GroupProcess":
        """The posterior after these measurements too; a group measured before is replaced."""
        kept = latest(self.tasks, [*self.measured, *measured])
        if len(kept) >= REFIT * self.fitted:
            return _fitted(self.tasks, kept, self.guess, self.seed, self.mode)
        seen = observe(self.tasks, kept, self.guess)
        posteriors = tuple(condition(seen, of.sizes) for of in self.posteriors)
        return replace(self, measured=kept, posteriors=posteriors)

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        """Posterior means and standard errors, both ``(G, T)``; the error of an unseen group holds its luck."""
        require_groups(members, self.tasks)
        asked, cells, place = self._asked(members)
        means, squares = np.zeros((2, len(self.posteriors), len(cells.group)))
        for row, posterior in enumerate(self.posteriors):
            mean, variance = posterior.predict(cells, place)
            scale = posterior.sizes.scale[cells.target]
            means[row], squares[row] = mean * scale, variance * scale**2 + (mean * scale) ** 2
        mean, variance = means.mean(axis=0), squares.mean(axis=0) - means.mean(axis=0) ** 2
        return Prediction(
            self._spread(members, asked, cells, mean[None])[0],
            self._spread(members, asked, cells, np.sqrt(np.maximum(variance, 0.0))[None])[0],
        )

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
        """Joint draws, shape ``(draws, G, T)``; a group that is asked for twice has one value in one draw."""
        require_groups(members, self.tasks)
        groups, back = np.unique(members, axis=0, return_inverse=True)
        asked, cells, place = self._asked(groups)
        shares = np.array_split(np.arange(draws), len(self.posteriors))
        values = np.empty((draws, len(cells.group)))
        for share, posterior in zip(shares, self.posteriors, strict=True):
            drawn = posterior.draw(cells, place, draws=len(share), generator=generator)
            values[share] = drawn * posterior.sizes.scale[cells.target]
        return self._spread(groups, asked, cells, values)[:, back.reshape(-1)]

    def _asked(self, members: NDArray[np.bool_]) -> tuple[NDArray[np.intp], Cells, NDArray[np.intp]]:
        """Rows of two members or more, their cells, and each cell's place among the measured ones, -1 for none."""
        rows = np.flatnonzero(members.sum(axis=1) > 1)
        shared = members[rows]
        cells = cells_of(shared, self.guess(shared))
        known = {row.tobytes(): index for index, row in enumerate(membership(self.tasks, self.measured))}
        first = np.cumsum([0, *(len(of.group) for of in self.measured)])  # a measured group's first cell
        within = np.cumsum(shared, axis=1) - 1  # a member's place in its group
        start = np.array([first[known[row.tobytes()]] if row.tobytes() in known else -1 for row in shared], dtype=int)
        place = np.where(start[cells.group] < 0, -1, start[cells.group] + within[cells.group, cells.target])
        return rows, cells, place.astype(np.intp)

    def _spread(self, members: NDArray[np.bool_], rows: NDArray[np.intp], cells: Cells, values: Array) -> Array:
        """From cells to groups by tasks, shape ``(..., G, T)``."""
        found = np.zeros((len(values), *members.shape))
        found[:, rows[cells.group], cells.target] = values
        return finish(members, found)


@dataclass(frozen=True, eq=False)
class Conditioned:
    """The posterior under one set of sizes; all in scales of a target."""

    seen: Measurements
    sizes: Sizes
    precision: Array
    """Inverse covariance of the measured cells, shape ``(N, N)``."""
    told: Array
    """``precision @ (values - mean)``, shape ``(N,)``."""

    def predict(self, cells: Cells, place: NDArray[np.intp]) -> tuple[Array, Array]:
        """Means and variances of cells; ``place`` says which were measured."""
        new = place < 0
        common, own = self._weights(cells.kinds, cells.common.shape[1])
        known = self.seen.cells
        cross = (cells.common * common) @ known.common.T
        cross += ((cells.own * own) @ known.own.T) * (cells.target[:, None] == known.target)
        at = np.flatnonzero(~new)
        run, misfit = self._luck
        cross[at] += run * (known.group[place[at]][:, None] == known.group)
        cross[at, place[at]] += misfit
        prior = (cells.common**2) @ common + (cells.own**2) @ own + run + misfit
        mean = self._mean(cells) + cross @ self.told
        variance = prior - ((cross @ self.precision) * cross).sum(axis=1)
        return mean, np.maximum(variance, 0.0)

    def draw(self, cells: Cells, place: NDArray[np.intp], *, draws: int, generator: np.random.Generator) -> Array:
        """Joint draws of cells, shape ``(draws, N)``."""
        known, count = self.seen.cells, len(self.sizes.scale)
        common, own = self._weights(cells.kinds, cells.common.shape[1])
        run, misfit = self._luck
        shared = np.sqrt(common) * generator.standard_normal((draws, len(common)))
        mine = np.sqrt(own) * generator.standard_normal((draws, count, len(own)))
        new_run = np.sqrt(run) * generator.standard_normal((draws, int(cells.group.max(initial=-1)) + 1))
        luck = new_run[:, cells.group] + np.sqrt(misfit) * generator.standard_normal((draws, len(cells.group)))
        if len(known.group):
            old_run = np.sqrt(run) * generator.standard_normal((draws, int(known.group.max()) + 1))
            old = np.sqrt(misfit) * generator.standard_normal((draws, len(known.group)))
            scale = self.sizes.scale[known.target]
            noise = np.sqrt(self.seen.noise / scale**2 + NUGGET) * generator.standard_normal((draws, len(known.group)))
            noise += (self.seen.shared / scale) * generator.standard_normal((draws, count))[:, known.target]
            drawn = shared @ known.common.T + _own(known, mine) + old_run[:, known.group] + old + noise
            wrong = (self.seen.values / scale - self._mean(known) - drawn) @ self.precision
            shared += common * (wrong @ known.common)
            for target in range(count):
                at = known.target == target
                mine[:, target] += own * (wrong[:, at] @ known.own[at])
            by_group = np.zeros((len(known.group), old_run.shape[1]))
            by_group[np.arange(len(known.group)), known.group] = 1.0
            old_run += run * (wrong @ by_group)
            old += misfit * wrong
            seen = np.flatnonzero(place >= 0)
            luck[:, seen] = old_run[:, known.group[place[seen]]] + old[:, place[seen]]
        found: Array = self._mean(cells) + shared @ cells.common.T + _own(cells, mine) + luck
        return found

    def _mean(self, cells: Cells) -> Array:
        mean = self.sizes.mean
        found: Array = mean[0] + mean[1] * cells.size + GUESS * cells.features("guess")[:, 0]
        return found

    def _weights(self, kinds: NDArray[np.intp], width: int) -> tuple[Array, Array]:
        """Prior variances of the common and of a target's own weights."""
        every = self.sizes.variances[kinds]
        return every[:width], every[width:]

    @property
    def _luck(self) -> tuple[float, float]:
        run, misfit = (float(self.sizes.variances[EFFECTS.index(effect)]) for effect in LUCK)
        return run, misfit


def condition(seen: Measurements, sizes: Sizes) -> Conditioned:
    """The posterior after the measurements under one set of sizes."""
    cells = seen.cells
    scale = sizes.scale[cells.target]
    every = sizes.variances[cells.kinds]
    width = cells.common.shape[1]
    run, misfit = (float(sizes.variances[EFFECTS.index(effect)]) for effect in LUCK)
    same_target = cells.same_target
    shared = seen.shared / scale
    covariance = (cells.common * every[:width]) @ cells.common.T
    covariance += ((cells.own * every[width:]) @ cells.own.T + np.outer(shared, shared)) * same_target
    covariance += run * cells.same_group
    covariance[np.diag_indices(len(covariance))] += misfit + NUGGET + seen.noise / scale**2
    precision = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    draft = Conditioned(seen, sizes, precision, np.zeros(len(scale)))
    return replace(draft, told=precision @ (seen.values / scale - draft._mean(cells)))


def _own(cells: Cells, weights: Array) -> Array:
    """Sum of each target's own effects, shape ``(draws, N)``; weights of shape ``(draws, T, p)``."""
    found = np.empty((len(weights), len(cells.group)))
    for target in range(weights.shape[1]):
        at = np.flatnonzero(cells.target == target)
        found[:, at] = weights[:, target] @ cells.own[at].T
    return found


def _fitted(
    tasks: tuple[str, ...], kept: tuple[Measured, ...], guess: StandardGuess, seed: int, start: Array | None
) -> GroupProcess:
    seen = observe(tasks, kept, guess)
    count = len(seen.values)
    samples = next((number for most, number in SAMPLES if count <= most), 2)
    some = seen if count <= MOST_CELLS else observe(tasks, _spaced(kept, MOST_CELLS / count), guess)
    generator = np.random.default_rng([seed, len(kept)])
    sizes, mode = fit_sizes(some, tasks=len(tasks), samples=samples, generator=generator, start=start)
    posteriors = tuple(condition(seen, of) for of in sizes)
    return GroupProcess(tasks, kept, guess, seed, len(kept), mode, posteriors)


def _spaced(kept: tuple[Measured, ...], share: float) -> tuple[Measured, ...]:
    """That share of the groups, evenly from first to last."""
    number = max(1, int(share * len(kept)))
    return tuple(kept[int(index)] for index in np.linspace(0, len(kept) - 1, number))


def observe(tasks: tuple[str, ...], measured: Sequence[Measured], guess: StandardGuess) -> Measurements:
    """Measured groups as cells, in their order."""
    members = membership(tasks, measured)
    cells = cells_of(members, guess(members))
    values, noise, shared = np.zeros((3, len(cells.group)))
    index = 0
    for of in measured:
        order = np.argsort([tasks.index(name) for name in of.group])
        mean, own, common = (column[order] for column in apart(of))
        here = slice(index, index + len(order))
        values[here], noise[here], shared[here] = mean, own**2, common
        index += len(order)
    return Measurements(cells, values, noise, shared)
