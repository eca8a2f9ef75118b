r"""Scales of tasks and sizes of effects from what was measured: the most likely ones, and others nearly as likely.

With :math:`s` the scale of each cell's target, :math:`z` its size and :math:`\Sigma` the sum of the kernels of
:mod:`affinity.predictors.group_cells` with the variances :math:`v` of the effects and the decay :math:`d` of those of
single partners, the measured gains are

.. math:: y \sim N(s \, (m_0 + m_1 z), \; s s^T \circ \Sigma(v, d) + noise).

All of :math:`\log s_t`, :math:`\log v`, :math:`m`, :math:`d` and the centre :math:`c` of the log scales have Gaussian
priors. The posterior is taken as Gaussian around its mode, with Fisher's information as precision, and sampled. Tasks
differ tenfold in scale and a handful of groups hardly tells it: on nine published tables and two of our own the log
density of unseen gains is -0.5 with the mode alone and +1.0 with eleven samples beside it, after two measured groups.

Source: Laplace's approximation of hyperparameters, Rasmussen and Williams, 2006, ch. 5, http://gaussianprocess.org/gpml/.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize

from affinity.predictors.group_cells import EFFECTS, ROOT, SHARED_OUT, Cells, kernels

Array = NDArray[np.float64]

VARIANCES = {
    "trend": 0.1,
    "every": 0.25,
    "source": 0.37,
    "mutual": 0.2,
    "guess": 0.09,
    "level": 0.9,
    "slope": 0.4,
    "partner": 0.6,
    "own_guess": 0.03,
    "pair": 0.15,
    "run": 0.05,
    "misfit": 0.3,
}
"""Prior medians of the variances of the effects, in squared scales of a target."""
VARIANCES_WIDTH = 0.9
"""Standard deviation of their logarithms."""
MEAN = (-0.2, -0.4)
"""Prior means of ``m``: gain falls with size on most published tables."""
MEAN_WIDTH = 0.6
"""Standard deviation of both."""
DECAY = 0.75
"""Prior mean of the decay: fitted to published tables and our own it is 0.61 to 0.73 (``benchmarks/held_out.py``)."""
DECAY_WIDTH = 0.25
"""Its standard deviation."""
CERTAIN = 1e-6
"""That of a decay that is given."""
GUESS = 0.25
"""Expected worth of a guess: a scale of gain per unit of the guess."""
SCALE_WIDTH = 0.6
"""Standard deviation of the log scales around their centre."""
CENTRE_WIDTH = 2.0
"""Standard deviation of the centre around the logarithm of the root mean square of what was measured."""
UNMEASURED = 0.1
"""Scale that is taken while nothing was measured; published tables have 0.02 to 0.4."""
WIDEN = 3.0
"""Factor on the covariance of the sampled sizes: the true posterior has longer tails than its Gaussian."""
NUGGET = 1e-4
"""Share of a squared scale that is added to every cell's variance so that a table without errors can be solved."""
MOST_CELLS = 400
"""Cells beyond which the sizes are fitted on some of the groups; the work grows with their cube."""


@dataclass(frozen=True, eq=False)
class Measurements:
    """What was measured of ``N`` cells.

    Args:
        cells: The cells.
        values: Gains, shape ``(N,)``.
        noise: Variance of a measurement's own error, shape ``(N,)``.
        shared: Standard error of the reference, which all cells of a target share, shape ``(N,)``.
    """

    cells: Cells
    values: Array
    noise: Array
    shared: Array


@dataclass(frozen=True, eq=False)
class Sizes:
    """One set of sizes.

    Args:
        scale: Scale of each task's gains, in their unit, shape ``(T,)``.
        variances: Of the effects in the order of :data:`EFFECTS`, in squared scales, shape ``(E,)``.
        mean: Level and size trend ``(m0, m1)`` in scales, shape ``(2,)``.
        decay: Power of the number of partners by which effects of single partners are divided.
    """

    scale: Array
    variances: Array
    mean: Array
    decay: float


def fit_sizes(
    seen: Measurements,
    *,
    tasks: int,
    samples: int,
    generator: np.random.Generator,
    start: Array | None = None,
    decay: float | None = None,
) -> tuple[list[Sizes], Array]:
    """The most likely sizes and ``samples - 1`` draws around them; also the mode, to start the next fit from.

    Args:
        seen: What was measured.
        tasks: Their number.
        samples: Sets of sizes.
        generator: Of the draws.
        start: The mode of a fit before.
        decay: The power to take; None fits it.
    """
    model = _Model(seen, tasks, decay)
    mode = model.mode(model.start if start is None else start)
    found = [model.sizes(mode)]
    if samples > 1:
        root = np.linalg.cholesky(WIDEN * np.linalg.inv(model.information(mode)))
        free = len(mode) - (decay is not None)
        away = (root[:, :free] @ generator.standard_normal(free) for _ in range(samples - 1))
        found += [model.sizes(mode + of) for of in away]
    return found, mode


class _Model:
    """The log posterior of ``(log s, log v, m, c, d)``, shape ``(P,)``."""

    def __init__(self, seen: Measurements, tasks: int, decay: float | None = None) -> None:
        self.seen, self.tasks, self.decay = seen, tasks, decay
        self.kernels = kernels(seen.cells)
        square = float(np.mean(seen.values**2)) if len(seen.values) else 0.0
        self.centre = np.log(np.sqrt(square)) if square > 0 else np.log(UNMEASURED)
        self.log_variances = np.log([VARIANCES[effect] for effect in EFFECTS])
        steep = DECAY if decay is None else decay
        self.start = np.concatenate([np.full(tasks, self.centre), self.log_variances, MEAN, [self.centre, steep]])
        self.crowd = np.add.outer(seen.cells.crowd, seen.cells.crowd)
        self.shared_out = np.isin(EFFECTS, SHARED_OUT)

    def sizes(self, at: Array) -> Sizes:
        scale, variances, mean, _, decay = self._split(at)
        return Sizes(np.exp(scale), np.exp(variances), mean, decay if self.decay is None else self.decay)

    def mode(self, start: Array) -> Array:
        bounds = [(x - 6.0, x + 6.0) for x in self.start[:-1].tolist()]
        bounds.append((0.0, 1.5) if self.decay is None else (self.decay, self.decay))
        clipped = np.clip(start, [low for low, _ in bounds], [high for _, high in bounds])
        found = minimize(
            self._loss, clipped, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 60, "ftol": 1e-7}
        )
        return np.asarray(found.x, dtype=np.float64)

    def information(self, at: Array) -> Array:
        """Fisher's information and the precision of the prior, shape ``(P, P)``."""
        size = len(at)
        precision = np.zeros((size, size))
        if len(self.seen.values):
            precision += self._fisher(at)
        scales, variances = np.arange(self.tasks), np.arange(self.tasks, self.tasks + len(EFFECTS))
        means, centre = np.arange(size - 4, size - 2), size - 2
        precision[scales, scales] += SCALE_WIDTH**-2
        precision[scales, centre] -= SCALE_WIDTH**-2
        precision[centre, scales] -= SCALE_WIDTH**-2
        precision[centre, centre] += self.tasks * SCALE_WIDTH**-2 + CENTRE_WIDTH**-2
        precision[variances, variances] += VARIANCES_WIDTH**-2
        precision[means, means] += MEAN_WIDTH**-2
        precision[-1, -1] += (DECAY_WIDTH if self.decay is None else CERTAIN) ** -2
        return precision

    def _split(self, at: Array) -> tuple[Array, Array, Array, float, float]:
        return at[: self.tasks], at[self.tasks : -4], at[-4:-2], float(at[-2]), float(at[-1])

    def _thinner(self, decay: float) -> Array:
        """What becomes of the effects of single partners by a decay other than :data:`ROOT`, shape ``(N, N)``."""
        found: Array = np.exp((ROOT - decay) * self.crowd)
        return found

    def _covariance(self, scale: Array, variances: Array, decay: float) -> tuple[Array, Array, Array]:
        """In squared scales: of the cells, the parts from errors and from single partners, all ``(N, N)``."""
        seen = self.seen
        reference = seen.shared / scale
        error = np.diag(seen.noise / scale**2) + np.outer(reference, reference) * seen.cells.same_target
        partners = np.tensordot(np.where(self.shared_out, variances, 0.0), self.kernels, 1) * self._thinner(decay)
        whole = np.tensordot(np.where(self.shared_out, 0.0, variances), self.kernels, 1) + partners + error
        whole[np.diag_indices(len(whole))] += NUGGET
        return whole, error, partners

    def _loss(self, at: Array) -> tuple[float, Array]:
        """Minus the log posterior, and its gradient."""
        logs, log_variances, mean, centre, decay = self._split(at)
        away = (log_variances - self.log_variances) / VARIANCES_WIDTH
        off = (mean - MEAN) / MEAN_WIDTH
        apart = (logs - centre) / SCALE_WIDTH
        far = (centre - self.centre) / CENTRE_WIDTH
        steep = (decay - DECAY) / DECAY_WIDTH
        loss = 0.5 * float(away @ away + off @ off + apart @ apart + far * far + steep * steep)
        by_scale, by_variance, by_mean = apart / SCALE_WIDTH, away / VARIANCES_WIDTH, off / MEAN_WIDTH
        by_centre, by_decay = -apart.sum() / SCALE_WIDTH + far / CENTRE_WIDTH, steep / DECAY_WIDTH
        if len(self.seen.values):
            cells, scale, variances = self.seen.cells, np.exp(logs)[self.seen.cells.target], np.exp(log_variances)
            covariance, error, partners = self._covariance(scale, variances, decay)
            factor = cho_factor(covariance, lower=True)
            inverse = cho_solve(factor, np.eye(len(scale)))
            read = self.seen.values / scale
            left = read - mean[0] - mean[1] * cells.size - GUESS * cells.features("guess")[:, 0]
            told = inverse @ left
            loss += 0.5 * float(left @ told) + float(np.log(np.diag(factor[0])).sum() + np.log(scale).sum())
            slope = 0.5 * (inverse - np.outer(told, told))
            plain, thinned = (
                np.tensordot(self.kernels, of, ([1, 2], [0, 1])) for of in (slope, slope * self._thinner(decay))
            )
            by_variance = by_variance + variances * np.where(self.shared_out, thinned, plain)
            by_decay -= float((slope * partners * self.crowd).sum())
            cellwise = 1 - told * read - 2 * (slope * error).sum(axis=1)
            by_scale = by_scale + np.bincount(cells.target, cellwise, minlength=self.tasks)
            by_mean = by_mean - np.array([told.sum(), told @ cells.size])
        slopes = [by_centre, by_decay if self.decay is None else 0.0]
        return loss, np.concatenate([by_scale, by_variance, by_mean, slopes])

    def _fisher(self, at: Array) -> Array:
        logs, log_variances, mean, _, decay = self._split(at)
        cells, variances = self.seen.cells, np.exp(log_variances)
        scale = np.exp(logs)[cells.target]
        covariance, error, partners = self._covariance(scale, variances, decay)
        true, thinner = covariance - error, self._thinner(decay)
        lower = np.linalg.cholesky(covariance)
        expected = mean[0] + mean[1] * cells.size + GUESS * cells.features("guess")[:, 0]

        def whitened(change: Array) -> Array:
            half = solve_triangular(lower, change, lower=True)
            return np.asarray(solve_triangular(lower, half.T, lower=True), dtype=np.float64)

        changes, shifts = [], []  # of the whitened covariance and mean by every parameter
        for task in range(self.tasks):
            mine = (cells.target == task).astype(np.float64)
            changes.append(whitened(mine[:, None] * true + true * mine))
            shifts.append(mine * expected)
        for variance, kernel, shared_out in zip(variances, self.kernels, self.shared_out, strict=True):
            changes.append(whitened(variance * kernel * (thinner if shared_out else 1.0)))
            shifts.append(np.zeros_like(expected))
        changes.append(whitened(-self.crowd * partners))
        flat = np.array(changes).reshape(len(changes), -1)
        shifts += [np.ones_like(expected), cells.size]
        moved = solve_triangular(lower, np.array(shifts).T, lower=True)  # shape: (N, P - 2)
        found = np.zeros((len(at), len(at)))
        spread = np.append(np.arange(len(flat) - 1), len(at) - 1)  # all that the covariance depends on
        found[np.ix_(spread, spread)] = 0.5 * flat @ flat.T
        found[:-2, :-2] += moved.T @ moved
        return found
