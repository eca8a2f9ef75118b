"""A Gaussian process per target with a kernel on who is in the group."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import Measured
from affinity.predictors.observed_targets import Observed
from affinity.predictors.separate_targets import LEVEL, Belief, SeparateTargets
from affinity.predictors.subset_cube import closenesses, draw_on_cube

Array = NDArray[np.float64]
Members = NDArray[np.bool_]

MOST_TASKS = 20
"""With more tasks the cube of all groups takes too much memory."""
MOST_GROUPS = 120
"""Measured groups that sizes are fitted to, evenly spaced among more."""
CENTRE = (0.6, 1.2, 0.6)
"""Where the weak priors of signal, length scale and misfit are centred: squared spreads, members, squared spreads."""
WIDTH = 0.8
"""Standard deviation of these priors, in logarithms."""
FAR = 1e3
"""Distance of two targets in features, in partners: too far to learn from each other."""


@dataclass(frozen=True, eq=False)
class Kernels(SeparateTargets):
    r"""Predicts target :math:`t` in group :math:`S`, in units of the target's spread, by a level, a misfit and a
    Gaussian process of covariance

    .. math:: v \, e^{-|P \triangle P'| / 2 l^2}, \qquad P = S \setminus t,

    the radial basis function of subset indicators: groups are alike as far as they have the same members, and whatever
    partners do together is as easily said as what they do alone. ``scikit-learn`` fits :math:`v`, :math:`l` and the
    misfit, which all targets share, by marginal likelihood with weak priors and every measurement's own error; targets
    are told nothing else of each other. Given these three numbers the posterior is exact, the error of the reference
    included.

    Source: Rasmussen and Williams, 2006, http://gaussianprocess.org/gpml/, in ``GaussianProcessRegressor`` of Pedregosa
    et al., JMLR 2011, https://www.jmlr.org/papers/v12/pedregosa11a.html. Level, weak priors and draws are ours.
    """

    @classmethod
    def fit(cls, tasks: Sequence[str], measured: Sequence[Measured]) -> Self:
        """The posterior after ``measured``, of which singles say nothing and the last of equal groups counts.

        Raises:
            ValueError: If a group has an unknown member, or there are fewer than 2 or more than 20 tasks.
        """
        if len(tasks) > MOST_TASKS:
            raise ValueError(f"Expected at most {MOST_TASKS} tasks, but got {len(tasks)}; `Ridge` takes more.")
        return super().fit(tasks, measured)

    @staticmethod
    def believe(seen: Sequence[Observed]) -> tuple[Belief, ...]:
        """Three numbers for all targets."""
        signal, length, misfit = _fit(seen)
        effects = Likeness(signal, float(np.exp(-0.5 / length**2)))
        return tuple(Belief(effects, misfit) for _ in seen)


@dataclass(frozen=True)
class Likeness:
    """Effects of variance ``signal`` whose correlation is ``closeness`` for every difference, and a level."""

    signal: float
    closeness: float

    def covariance(self, one: Members, two: Members) -> Array:
        """Between the groups of both, shape ``(G, N)``."""
        found: Array = LEVEL + self.signal * closenesses(one, two, self.closeness)
        return found

    def variance(self, members: Members) -> Array:
        """Of every group, shape ``(G,)``."""
        return np.full(len(members), LEVEL + self.signal)

    def draw(self, members: Members, *, draws: int, generator: np.random.Generator) -> Array:
        """Joint draws, shape ``(draws, G)``."""
        level = np.sqrt(LEVEL) * generator.standard_normal((draws, 1))
        drawn = draw_on_cube(members, self.closeness, draws=draws, generator=generator)
        return np.asarray(level + np.sqrt(self.signal) * drawn, dtype=np.float64)


def _fit(seen: Sequence[Observed]) -> tuple[float, float, float]:
    """Signal, length scale and misfit: one process over the cells of all targets, which are far apart."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    groups = len(set().union(*(of.rows.tolist() for of in seen)))
    if groups < 2:
        return CENTRE
    count = len(seen)
    kept = set(np.linspace(0, groups - 1, min(groups, MOST_GROUPS)).astype(int).tolist())
    use = [np.array([row in kept for row in of.rows.tolist()], dtype=np.bool_) for of in seen]
    columns = np.concatenate(
        [np.hstack([of.members[at], np.tile(FAR * np.eye(count)[of.target], (at.sum(), 1))])
         for of, at in zip(seen, use, strict=True)]
    )  # fmt: skip
    values = np.concatenate([of.values[at] for of, at in zip(seen, use, strict=True)])
    noise = np.concatenate([of.own[at] ** 2 for of, at in zip(seen, use, strict=True)])
    level = RBF(np.repeat([FAR**2, 1.0], count), "fixed")  # sees the target alone
    signal, length, misfit = CENTRE
    kernel = (
        ConstantKernel(signal, (1e-9, 1e9)) * RBF(length, (1e-2, 1e2))
        + ConstantKernel(LEVEL, "fixed") * level
        + WhiteKernel(misfit, (1e-9, 1e9))
    )
    process = GaussianProcessRegressor(kernel, alpha=noise, optimizer=_with_priors).fit(columns, values)
    found = np.exp(process.kernel_.theta).tolist()
    return found[0], found[1], found[2]


def _with_priors(loss: Callable[[Array], tuple[float, Array]], start: Array, *, bounds: Array) -> tuple[Array, float]:
    """The optimiser of the regressor: its loss and the weak priors of the logarithms, which start at their centres."""
    from scipy.optimize import Bounds, minimize

    def penalised(logs: Array) -> tuple[float, Array]:
        value, gradient = loss(logs)
        away = (logs - start) / WIDTH
        return float(value) + 0.5 * float(away @ away), gradient + away / WIDTH

    within = Bounds(bounds[:, 0], bounds[:, 1])
    found = minimize(penalised, start, jac=True, method="L-BFGS-B", bounds=within, options={"maxiter": 40})
    return found.x, float(found.fun)
