"""A Gaussian process over the gains of groups, whose prior is any estimator's guess."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import Measured, Prediction
from affinity.predictors.gaussian_posterior import Posterior, condition, lucky
from affinity.predictors.marginal_likelihood import Observations, fit_variances
from affinity.predictors.measurements import SMALLEST, apart, finish, latest, membership, require_groups
from affinity.predictors.partner_features import weights
from affinity.predictors.standard_guess import StandardGuess
from affinity.predictors.target_spread import spreads
from affinity.prior import GainPrior

Array = NDArray[np.float64]

UNMEASURED = 0.1
"""Spread of a target's gains taken where nothing was measured; published tables have 0.02 to 0.4."""


@dataclass(frozen=True, eq=False)
class Hybrid:
    r"""Predicts target :math:`t` in group :math:`S`, in units of the target's spread, by

    .. math:: g_t(S) = a_t + c_t \log(|S| / 2) + b_t \, guess_t(S) + f_t(S \setminus t) + misfit_t(S),

    :math:`f_t` a Gaussian process over partner sets (:mod:`affinity.predictors.partner_features`); a single's gain is
    exactly 0. The guess has no scale: it is standardised for every target, and ``b_t`` is learned, around a ``b`` that
    targets share and that starts small. Level, size trend and the worth of a source are shared between targets alike.
    The sizes of all effects are fitted by marginal likelihood with weak priors; members of one run share its luck.

    Without measurements it gives the guess with wide errors; without a guess it is a Gaussian process on groups.

    Source: kernels on partner sets and hierarchy are ours, fitted as in Rasmussen and Williams, 2006,
    http://gaussianprocess.org/gpml/; joint draws by Matheron's rule, Wilson et al., ICML 2020,
    https://arxiv.org/abs/2002.09309.
    """

    tasks: tuple[str, ...]
    measured: tuple[Measured, ...]
    guess: StandardGuess
    spread: Array
    """Unit of every target's values, shape ``(T,)``."""
    unmeasured: float | None
    """The unit where nothing was measured; None if values are gains, as those of a guess may be."""
    unjudged: frozenset[str]
    """Tasks that are partners and no targets."""
    posterior: Posterior

    @classmethod
    def fit(
        cls,
        tasks: Sequence[str],
        measured: Sequence[Measured],
        *,
        prior: GainPrior | None = None,
        unmeasured: float | None = None,
        unjudged: Collection[str] = (),
    ) -> "Hybrid":
        """The posterior after ``measured``, of which singles say nothing and the last of equal groups counts.

        Args:
            prior: What is guessed of any group; None knows nothing.
            unmeasured: Spread of a target's values, in their own unit, that is taken while nothing was measured. If
                None, values are gains and it is 0.1; a prior in gains then also tells, once one group was measured, how
                far a target's gains lie apart.
            unjudged: Tasks whose own values mean nothing, such as those that are not learnable: what is measured of
                them is not read, and 0 without an error is said of them in every group.

        Raises:
            ValueError: If a group has an unknown member, the prior is about other tasks or gives a guess that is not
                finite, there are fewer than two tasks, or ``unmeasured`` is not above 0.
        """
        if len(set(tasks)) < max(2, len(tasks)):
            raise ValueError(f"Expected two or more different tasks, but got {list(tasks)}.")
        if unmeasured is not None and not unmeasured > 0:
            raise ValueError(f"Expected `unmeasured` above 0, but got {unmeasured}.")
        guess = StandardGuess.of(prior, tasks)
        return cls._after(tuple(tasks), latest(tasks, measured), guess, unmeasured, frozenset(unjudged))

    def update(self, measured: Sequence[Measured]) -> "Hybrid":
        """The posterior after these measurements too; a group measured before is replaced."""
        kept = latest(self.tasks, [*self.measured, *measured])
        return Hybrid._after(self.tasks, kept, self.guess, self.unmeasured, self.unjudged)

    @classmethod
    def _after(
        cls,
        tasks: tuple[str, ...],
        kept: tuple[Measured, ...],
        guess: StandardGuess,
        unmeasured: float | None,
        unjudged: frozenset[str],
    ) -> "Hybrid":
        read = [[of for of in kept if t in of.group and t not in unjudged] for t in tasks]
        values = [
            np.array([of.mean[of.group.index(t)] for of in groups]) for t, groups in zip(tasks, read, strict=True)
        ]
        otherwise: float | Array | None = guess.unit if unmeasured is None and kept else unmeasured
        spread = spreads(values, UNMEASURED if otherwise is None else otherwise)
        seen = _observations(tasks, kept, guess, spread, unjudged)
        return cls(tasks, kept, guess, spread, unmeasured, unjudged, condition(seen, fit_variances(seen)))

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        """Posterior means and standard errors, both ``(G, T)``; the error of an unseen group holds its misfit."""
        require_groups(members, self.tasks)
        guess, place, of = self.guess(members), self._places(members), self.posterior
        mean, variance = np.zeros(members.shape), np.zeros(members.shape)
        for t in range(len(self.tasks)):
            rows = np.flatnonzero(members[:, t])
            effects = self._effects(members[rows], guess[rows, t], t)
            mean[rows, t] = effects @ of.effects[t]
            variance[rows, t] = ((effects @ of.covariance[t]) * effects).sum(axis=1) + of.variances.misfit
            known = rows[place[rows] >= 0]
            mean[known, t], variance[known, t] = of.value[t, place[known]], of.variance[t, place[known]]
        error = np.sqrt(variance)
        return Prediction(self._finish(members, mean), self._finish(members, error))

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
        """Joint posterior draws, shape ``(draws, G, T)``; a group that is asked for twice has one value in one draw."""
        require_groups(members, self.tasks)
        groups, back = np.unique(members, axis=0, return_inverse=True)
        guess, place, of = self.guess(groups), self._places(groups), self.posterior
        states = of.draw(draws, generator)
        left = np.sqrt(of.variances.misfit) * lucky(generator, (draws, *groups.T.shape), of.luck)  # shape: (D, T, G)
        known = np.flatnonzero(place >= 0)
        left[:, :, known] = states.misfit[:, :, place[known]]
        values = np.zeros((draws, *groups.shape))
        for t in range(len(self.tasks)):
            rows = np.flatnonzero(groups[:, t])
            state = np.concatenate([states.common, states.own[:, t]], axis=1)
            values[:, rows, t] = state @ self._effects(groups[rows], guess[rows, t], t).T + left[:, t, rows]
        return self._finish(members, values[:, back.reshape(-1)])

    def _finish(self, members: NDArray[np.bool_], values: Array) -> Array:
        """From units of the spread to values, ``(..., G, T)``."""
        judged = np.array([name not in self.unjudged for name in self.tasks])
        return finish(members, values * self.spread * judged)

    def _effects(self, members: NDArray[np.bool_], guess: Array, target: int) -> Array:
        """Weights of ``(u, s_t)``, shape ``(G, q)``."""
        own = weights(members, guess, target)
        return np.hstack([own[:, : len(self.tasks) + 3], own])

    def _places(self, members: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Which measurement a group is, -1 for none, shape ``(G,)``."""
        known = {row.tobytes(): place for place, row in enumerate(membership(self.tasks, self.measured))}
        return np.array([known.get(row.tobytes(), -1) for row in members], dtype=np.intp)


def _observations(
    tasks: tuple[str, ...],
    measured: Sequence[Measured],
    guess: StandardGuess,
    spread: Array,
    unjudged: Collection[str],
) -> Observations:
    members = membership(tasks, measured)
    guessed = guess(members)
    own = np.stack([weights(members, guessed[:, t], t) for t in range(len(tasks))])
    values, noise = np.zeros(members.T.shape), np.ones(members.T.shape)
    for row, of in enumerate(measured):
        for name, value, error, shared in zip(of.group, *apart(of), strict=True):
            t = tasks.index(name)
            values[t, row] = value / spread[t]
            noise[t, row] = max(error / spread[t], SMALLEST) ** 2
            own[t, row, -1] = shared / spread[t]
    read = np.array([name not in unjudged for name in tasks])
    return Observations(own, values, noise, members.T & read[:, None])
