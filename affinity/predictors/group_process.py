"""A Gaussian process over the gains of groups, whose scales and sizes of effects are uncertain too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import Measured, Prediction
from affinity.predictors.group_cells import Cells, cells_of
from affinity.predictors.measurements import apart, finish, latest, membership, require_groups
from affinity.predictors.process_fit import MOST_CELLS, Measurements, fit_sizes
from affinity.predictors.process_posterior import Conditioned, condition
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
    posteriors: tuple[Conditioned, ...]

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
        longer = all(one is two for one, two in zip(self.measured, kept, strict=False))
        posteriors = tuple(condition(seen, of.sizes, before=of if longer else None) for of in self.posteriors)
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
