r"""Targets that learn nothing from each other: one Gaussian posterior each, for any covariance of its effects.

In units of the target's own spread, target :math:`t` in group :math:`S` gains

.. math:: g_t(S) = b \log(|S| / 2) + f_t(S \setminus t) + misfit_t(S), \qquad y = g + s z_t + e,

:math:`f_t` Gaussian around 0 with a covariance that a subclass chooses, the misfit one number per member of a group,
and :math:`y` a measurement: :math:`s z_t` is the error of the reference, one for all measurements of the target, and
:math:`e` its own error. ``b`` is a guess, that gain falls with size, which measurements soon outweigh.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import Measured, Prediction
from affinity.predictors.gaussian_posterior import lucky
from affinity.predictors.mean_of_pairs import SHARED_LUCK
from affinity.predictors.measurements import finish, latest, membership, require_groups
from affinity.predictors.observed_targets import Observed, observe, trend

Array = NDArray[np.float64]
Members = NDArray[np.bool_]

LEVEL = 4.0
"""Prior variance of a target's level, in squared spreads: it may lie far from 0 and its groups near each other."""


class Effects(Protocol):
    """What partners may do to one target, before measuring; members are groups that hold it, shape ``(G, T)``."""

    def covariance(self, one: Members, two: Members) -> Array:
        """Between the groups of both, shape ``(G, N)``."""

    def variance(self, members: Members) -> Array:
        """Of every group, shape ``(G,)``."""

    def draw(self, members: Members, *, draws: int, generator: np.random.Generator) -> Array:
        """Joint draws, shape ``(draws, G)``."""


@dataclass(frozen=True, eq=False)
class Belief:
    """The covariance of a target's effects and the variance of its misfits, in squared spreads."""

    effects: Effects
    misfit: float


@dataclass(frozen=True, eq=False)
class SeparateTargets(ABC):
    """A predictor without anything that targets have in common, but for the luck of a run in draws.

    Misfits of the members of one group, and their own errors of measurement, are correlated in draws by
    :data:`affinity.predictors.mean_of_pairs.SHARED_LUCK`, an assumption; means and errors know one target at a time.
    """

    tasks: tuple[str, ...]
    measured: tuple[Measured, ...]
    spread: Array
    """Unit of every target's values, shape ``(T,)``."""
    seen: tuple[Observed, ...]
    beliefs: tuple[Belief, ...]
    precisions: tuple[Array, ...]
    """Inverse covariances of every target's measurements, shape ``(n, n)`` each."""

    @staticmethod
    @abstractmethod
    def believe(seen: Sequence[Observed]) -> tuple[Belief, ...]:
        """What to believe of every target, fitted to what was measured."""

    @classmethod
    def fit(cls, tasks: Sequence[str], measured: Sequence[Measured]) -> Self:
        """The posterior after ``measured``, of which singles say nothing and the last of equal groups counts.

        Raises:
            ValueError: If a group has an unknown member, or there are fewer than two tasks.
        """
        if len(set(tasks)) < max(2, len(tasks)):
            raise ValueError(f"Expected two or more different tasks, but got {list(tasks)}.")
        kept = latest(tasks, measured)
        spread, seen = observe(tuple(tasks), kept)
        beliefs = cls.believe(seen)
        precisions = tuple(_precision(of, belief) for of, belief in zip(seen, beliefs, strict=True))
        return cls(tuple(tasks), kept, spread, seen, beliefs, precisions)

    def update(self, measured: Sequence[Measured]) -> Self:
        """The posterior after these measurements too; a group measured before is replaced."""
        return type(self).fit(self.tasks, [*self.measured, *measured])

    def predict(self, members: Members) -> Prediction:
        """Posterior means and standard errors, both ``(G, T)``; the error of an unseen group holds its misfit."""
        require_groups(members, self.tasks)
        mean, variance = np.zeros((2, *members.shape))
        for of, belief, precision in zip(self.seen, self.beliefs, self.precisions, strict=True):
            rows = np.flatnonzero(members[:, of.target])
            groups = members[rows]
            cross = _cross(groups, of, belief)
            mean[rows, of.target] = trend(groups) + cross @ (precision @ of.values)
            prior = belief.effects.variance(groups) + belief.misfit
            variance[rows, of.target] = prior - ((cross @ precision) * cross).sum(axis=1)
        error = np.sqrt(np.maximum(variance, 0.0))
        return Prediction(finish(members, mean * self.spread), finish(members, error * self.spread))

    def draw(self, members: Members, *, draws: int, generator: np.random.Generator) -> Array:
        """Joint posterior draws, shape ``(draws, G, T)``; a group that is asked for twice has one value in one draw.

        Matheron's rule: draws from the prior, each moved by what it has wrong about the measurements.
        """
        require_groups(members, self.tasks)
        known = membership(self.tasks, self.measured)
        groups, back = np.unique(np.concatenate([members, known]), axis=0, return_inverse=True)
        asked, place = np.split(back.reshape(-1), [len(members)])
        left = lucky(generator, (draws, *groups.T.shape), SHARED_LUCK)
        noise = lucky(generator, (draws, *known.T.shape), SHARED_LUCK)
        values = np.zeros((draws, *groups.shape))
        for of, belief, precision in zip(self.seen, self.beliefs, self.precisions, strict=True):
            t, rows = of.target, np.flatnonzero(groups[:, of.target])
            drawn = np.sqrt(belief.misfit) * left[:, t]  # shape: (D, G)
            drawn[:, rows] += belief.effects.draw(groups[rows], draws=draws, generator=generator)
            reference = of.shared * generator.standard_normal((draws, 1))
            wrong = of.values - drawn[:, place[of.rows]] - of.own * noise[:, t, of.rows] - reference
            cross = _cross(groups[rows], of, belief)
            values[:, rows, t] = trend(groups[rows]) + drawn[:, rows] + wrong @ precision @ cross.T
        return finish(members, values[:, asked] * self.spread)


def _cross(members: Members, of: Observed, belief: Belief) -> Array:
    """Covariances of true values with the measured groups' true values, shape ``(G, n)``."""
    place = {row.tobytes(): number for number, row in enumerate(of.members)}  # every group was measured once
    at = np.array([place.get(row.tobytes(), -1) for row in members], dtype=np.intp)
    same = at[:, None] == np.arange(len(of.rows))
    found: Array = belief.effects.covariance(members, of.members) + belief.misfit * same
    return found


def _precision(of: Observed, belief: Belief) -> Array:
    noise = np.diag(of.own**2) + np.outer(of.shared, of.shared)
    return np.asarray(np.linalg.inv(_cross(of.members, of, belief) + noise), dtype=np.float64)
