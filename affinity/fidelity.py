r"""What the begin of a run tells of its end, learned from the runs that went to their ends.

The *early gain* of task :math:`t` is what its gain would be on the stop half if the run ended after the first points of
its curve, with :math:`c` the one of them that would be read:

.. math:: early_t(S) = (L^{stop}_t(ref) - L^{stop}_t(S, c)) / L^{stop,prior}_t,

the reference at its own best point: it is no unit, and 0 where the group is as good already as the task will be alone.
On the truth table it tells more than a comparison at equal steps, where a group's steps are its partners' too, and as
much as one at equal passes.

.. math:: final_t(S) = a + u_t + b \cdot early_t(S) + e, \qquad u_t \sim N(0, \tau^2), \; e \sim N(0, \sigma^2),

over members of runs: a task's own intercept is shrunk to what all tasks have in common, and the slope to what is
expected of it while few runs are known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.encoding import EncodedTask
from trainers.result import GroupResult

Array = NDArray[np.float64]
SLOPE = (1.0, 0.5)
"""What is expected of the slope of final gains on early gains, and its standard deviation."""
WIDE = 10.0
"""Standard deviation of the common intercept, in spreads of the final values: it is hardly shrunk."""
STEPS = np.exp(np.linspace(-3, 1, 17))
"""Candidates for both spreads, in units of the raw one."""
LIKELY = 1.0
"""Standard deviation of the logarithms of both spreads around half the raw one: few runs prove no spread to be 0."""
TINY = 1e-6
"""Least raw spread."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Early gains and final values of members of runs that went to their ends.

    Args:
        task: Index of the task, shape ``(N,)``.
        early: Early gains, shape ``(N,)``.
        final: Final values, shape ``(N,)``: gains, or changes in points.
    """

    task: NDArray[np.int64]
    early: Array
    final: Array


@dataclass(frozen=True, eq=False)
class Fidelity:
    """The fitted relation for ``T`` tasks.

    Args:
        tasks: In the order of the coefficients.
        coefficients: Common intercept, own intercepts of the tasks, and slope, shape ``(T + 2,)``.
        covariance: Of them, shape ``(T + 2, T + 2)``.
        spread: Of the residual, ``sigma``, in the unit of the final values.
        correlation: Of early and final values around their means by task; None while that cannot be told.
        count: Members of runs that it was learned from.
    """

    tasks: tuple[str, ...]
    coefficients: Array
    covariance: Array
    spread: float
    correlation: float | None
    count: int

    @property
    def slope(self) -> float:
        """Final value per early gain."""
        return float(self.coefficients[-1])

    @property
    def slope_error(self) -> float:
        """Its standard error."""
        return float(np.sqrt(self.covariance[-1, -1]))

    @classmethod
    def fit(cls, tasks: Sequence[str], pairs: Pairs, *, slope: tuple[float, float] = SLOPE) -> "Fidelity":
        """Learns it; both spreads have the highest posterior density over a grid.

        Args:
            slope: Expected slope and its standard deviation.

        Raises:
            ValueError: If there are fewer than two pairs, or a number is not finite.
        """
        count, (expected, loose) = len(pairs.task), slope
        if count < 2 or not (np.isfinite(pairs.early).all() and np.isfinite(pairs.final).all()):
            raise ValueError(f"Expected two or more finite pairs, but got {count} of {pairs.final}.")
        rest = pairs.final - expected * pairs.early
        raw = max(float(rest.std()), TINY)
        design = np.zeros((count, len(tasks) + 2))
        design[:, 0], design[:, -1] = 1.0, pairs.early
        design[np.arange(count), 1 + pairs.task] = 1.0
        products, moments, square = design.T @ design, design.T @ rest, float(rest @ rest)
        best: tuple[float, Array, Array, float] | None = None
        for own in raw * STEPS:
            prior = np.array([(WIDE * raw) ** 2, *[own**2] * len(tasks), loose**2])
            for sigma in raw * STEPS:
                precision = np.diag(1 / prior) + products / sigma**2
                covariance = np.linalg.inv(precision)
                mean = covariance @ moments / sigma**2
                fitted = (square - moments @ mean) / sigma**2
                volume = np.log(prior).sum() + np.linalg.slogdet(precision)[1] + count * np.log(sigma**2)
                far = sum((np.log(of / raw) + np.log(2)) ** 2 for of in (own, sigma)) / LIKELY**2
                density = -0.5 * float(fitted + volume + far)
                if best is None or density > best[0]:
                    best = density, mean, covariance, float(sigma)
        assert best is not None
        _, mean, covariance, sigma = best
        mean[-1] += expected
        return cls(tuple(tasks), mean, covariance, sigma, _within(pairs), count)

    def predict(self, group: Sequence[str], early: Array) -> tuple[Array, Array]:
        """Expected final values of the members and their standard errors, both ``(M,)``; the residual is in them.

        Args:
            early: Early gains, shape ``(M,)``.
        """
        design = np.zeros((len(group), len(self.tasks) + 2))
        design[:, 0], design[:, -1] = 1.0, early
        design[np.arange(len(group)), [1 + self.tasks.index(name) for name in group]] = 1.0
        variance = ((design @ self.covariance) * design).sum(axis=1) + self.spread**2
        return design @ self.coefficients, np.sqrt(variance)


def early_gains(
    run: GroupResult, references: Mapping[str, Sequence[GroupResult]], tasks: Mapping[str, EncodedTask], *, points: int
) -> Array:
    """Early gains of a run's members in their order, shape ``(M,)``.

    Args:
        run: With ``points`` points of its curve or more.
        references: The reference runs by task.
        points: Points that count.
    """
    names, priors = run.group, np.array([tasks[name].splits["stop"].prior_loss for name in run.group])
    losses = np.array([run.members[name].curve[:points] for name in names]) / priors[:, None]  # shape: (M, points)
    read = int(losses.mean(axis=0).argmin())
    alone = [np.mean([of.members[name].curve[of.chosen] for of in references[name]]) for name in names]
    found: Array = np.array(alone) / priors - losses[:, read]
    return found


def final_gains(
    run: GroupResult, references: Mapping[str, Sequence[GroupResult]], tasks: Mapping[str, EncodedTask]
) -> tuple[Array, Array]:
    """Gains of one run's members and their changes in points on the select half, both ``(M,)``."""
    gains, deltas = [], []
    for name in run.group:
        split, sign = tasks[name].splits["select"], 1 if tasks[name].metric.direction == "maximize" else -1
        alone = [of.members[name] for of in references[name]]
        loss = np.mean([of.losses["select"].mean() for of in alone]) - run.members[name].losses["select"].mean()
        score = run.members[name].metric["select"] - np.mean([of.metric["select"] for of in alone])
        gains.append(float(loss) / split.prior_loss)
        deltas.append(100.0 * sign * float(score))
    return np.array(gains), np.array(deltas)


def _within(pairs: Pairs) -> float | None:
    x, y = pairs.early.copy(), pairs.final.copy()
    for task in np.unique(pairs.task):
        rows = pairs.task == task
        x[rows] -= x[rows].mean()
        y[rows] -= y[rows].mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if len(x) > len(np.unique(pairs.task)) + 1 and norm > TINY**2 else None
