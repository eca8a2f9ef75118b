r"""Where the error of a measured difference comes from: the runs, the reference, the held-out sample.

A run of task ``t`` in group ``S`` with seed ``r`` reads, on the same held-out units ``u`` as every other run,

.. math:: x_{r} = \theta + b_r + \sum_u (h_u + e_{ru}),

a run effect ``b_r``, a unit's own part ``h_u``, and what this run makes of this unit. The variance of ``x_r`` between
seeds therefore holds ``b`` and ``e`` and nothing of ``h``: it is run noise on a fixed sample. The variance over units
of the seed-averaged influence holds ``h`` and ``e / R``. Adding the two would count ``e`` twice, so its part
(:func:`interaction`) is taken off the second: the crossed analysis of variance, runs by units.

With ``R`` group runs, ``R'`` reference runs and ``n`` seeds in common, a difference has the variance

.. math::
    V_b \textstyle\sum w_b^2 + V_c \sum w_c^2 - 2 \rho \sqrt{V_b V_c} \sum w_b w_c + (V_{sample} - V_{interaction}).

``V_b`` (the task's group runs, pooled over groups) and ``V_c`` (its reference runs) are moderated together over tasks
(:mod:`affinity.moderation`); ``rho`` says what equal seeds share and is pooled over tasks. Degrees of freedom are
Satterthwaite's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.moderation import moderate

Array = NDArray[np.float64]
Group = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Readings:
    """One quantity of one task (a loss, a metric) in ``R`` runs of one group, on one held-out sample.

    Args:
        seeds: Seeds of the runs, all different, shape ``(R,)``.
        values: The quantity in each run, shape ``(R,)``.
        influence: How far each of ``U`` units, or blocks of units, pulls the run's value, shape ``(R, U)``. Rows sum to
            0, and ``U / (U - 1) * sum(influence ** 2)`` estimates the variance from having sampled these units.
    """

    seeds: NDArray[np.int64]
    values: Array
    influence: Array


@dataclass(frozen=True, eq=False)
class Difference:
    """Reference minus group for one task and one group, with the parts of its error.

    Args:
        value: Mean difference, in the unit of the readings.
        run: Standard error from the group's own runs.
        reference: Standard error from the reference's runs, which all differences of the task share.
        sample: Standard error from the held-out sample.
        freedom: Degrees of freedom of :attr:`error` (Satterthwaite).
    """

    value: float
    run: float
    reference: float
    sample: float
    freedom: float

    @property
    def error(self) -> float:
        """Standard error of :attr:`value`: the three parts, squared and added."""
        return float(np.sqrt(self.run**2 + self.reference**2 + self.sample**2))


@dataclass(frozen=True, eq=False)
class RunNoise:
    """What a seed changes, for one task.

    Args:
        run: Variance between seeds of a group's run, moderated; 0 or more.
        reference: The same for a reference run.
        run_freedom: Degrees of freedom of :attr:`run`; 0 where no group has two seeds and the reference's value serves.
        reference_freedom: Degrees of freedom of :attr:`reference`; 0 where it has one seed and that of groups serves.
        run_interaction: The part of :attr:`run` that comes from single units.
        reference_interaction: The part of :attr:`reference` that comes from single units.
        shared_interaction: Covariance of the two parts at equal seeds.
        correlation: Correlation of a group's run and a reference run of equal seed, at least 0.
    """

    run: float
    reference: float
    run_freedom: float
    reference_freedom: float
    run_interaction: float
    reference_interaction: float
    shared_interaction: float
    correlation: float


def spread(values: Array) -> float:
    """Sum of squared deviations of ``(R,)`` values from their mean; 0 for one value."""
    return float(np.sum((values - values.mean()) ** 2))


def sampling_variance(influence: Array) -> float:
    """Variance from having sampled these ``U`` units, for an influence of shape ``(U,)``."""
    units = len(influence)
    return float(np.sum(influence**2) * units / (units - 1))


def interaction(left: Array, right: Array) -> float:
    """Sum over seeds of the covariance, through single units, of two quantities with influences of shape ``(R, U)``.

    Divided by ``R - 1`` it is the part of the covariance between seeds that would vanish on an endless sample.
    """
    units = left.shape[1]
    return float(np.sum((left - left.mean(axis=0)) * (right - right.mean(axis=0))) * units / (units - 1))


def run_noise(references: Mapping[str, Readings], groups: Mapping[str, Sequence[Readings]]) -> dict[str, RunNoise]:
    """Noise between seeds for every task, from the replicates of its reference and of its groups.

    Where no group of a task has two seeds, its group runs are taken to be as noisy as its reference, and the other way
    round; one side needs two. The correlation of equal seeds is one number for all tasks, as they are trained in one
    way; it is clipped at 0, because sharing a seed can only make runs alike, and its standard error is taken off,
    so that pairing is credited only with what the replicates show.
    """
    names = list(references)
    squares = np.zeros((2, len(names)))  # reference, groups
    freedoms = np.zeros((2, len(names)))
    units = np.zeros((2, len(names)))
    for t, name in enumerate(names):
        replicated = [group for group in groups.get(name, ()) if len(group.seeds) > 1]
        for row, readings in enumerate(([references[name]], replicated)):
            squares[row, t] = sum(spread(of.values) for of in readings)
            freedoms[row, t] = sum(len(of.seeds) - 1 for of in readings)
            units[row, t] = sum(interaction(of.influence, of.influence) for of in readings)
    safe = np.maximum(freedoms, 1)
    moderated, freedom = (a.reshape(2, -1) for a in moderate((squares / safe).ravel(), freedoms.ravel()))
    units /= safe
    scales = np.average(moderated, axis=0, weights=freedoms > 0)
    correlation, crossed = _pairing(references, groups, dict(zip(names, scales.tolist(), strict=True)))

    found = {}
    for t, name in enumerate(names):
        own, alone = int(freedoms[1, t] > 0), int(freedoms[0, t] == 0)  # rows that speak for groups, for the reference
        found[name] = RunNoise(
            run=float(moderated[own, t]),
            reference=float(moderated[alone, t]),
            run_freedom=float(freedom[1, t]),
            reference_freedom=float(freedom[0, t]),
            run_interaction=float(units[own, t]),
            reference_interaction=float(units[alone, t]),
            shared_interaction=crossed[name],
            correlation=correlation,
        )
    return found


def _pairing(
    references: Mapping[str, Readings], groups: Mapping[str, Sequence[Readings]], scales: Mapping[str, float]
) -> tuple[float, dict[str, float]]:
    """Correlation of runs of equal seed, and by task the covariance that goes through single units.

    ``scales`` are the tasks' run variances, so that a loud task does not decide for all.
    """
    product, norm, pieces = 0.0, np.zeros(2), 0
    crossed = {}
    for name, reference in references.items():
        through_units, freedom = 0.0, 0
        for group in groups.get(name, ()):
            _, left, right = np.intersect1d(reference.seeds, group.seeds, return_indices=True)
            if len(left) < 2 or scales[name] == 0:
                continue
            c, b = reference.values[left], group.values[right]
            product += float(np.sum((c - c.mean()) * (b - b.mean()))) / scales[name]
            norm += np.array([spread(c), spread(b)]) / scales[name]
            through_units += interaction(reference.influence[left], group.influence[right])
            freedom += len(left) - 1
        crossed[name] = max(through_units, 0.0) / freedom if freedom else 0.0
        pieces += len(reference.seeds) - 1 if freedom else 0  # all groups of a task meet the same reference runs
    raw = product / float(np.sqrt(norm.prod())) if norm.prod() > 0 else 0.0
    return float(np.clip(raw - (1 - raw**2) / np.sqrt(pieces + 1), 0.0, 0.99)), crossed


def difference(reference: Readings, group: Readings, noise: RunNoise, *, discordance: float = 0.0) -> Difference:
    r"""Reference minus group, with its error.

    All runs of the reference count, and those of equal seed count as a control variate: the group's mean is corrected
    by :math:`\beta` times what its seeds did to the reference, :math:`\beta = \rho \sqrt{V_b / V_c}` at most 1. With
    the same seeds on both sides this is the plain mean of paired differences.

    Args:
        discordance: Variance of one more unit that the two answer differently (:mod:`affinity.discordance`).
    """
    shared = np.isin(reference.seeds, group.seeds)
    runs = len(group.seeds)
    beta = min(noise.correlation * np.sqrt(noise.run / noise.reference), 1.0) if noise.reference > 0 else 0.0
    w_c = np.full(len(shared), (1 - beta * shared.sum() / runs) / len(shared)) + beta * shared / runs  # sums to 1
    value = float(w_c @ reference.values - group.values.mean())

    a_c, a_b, a_x = float(w_c @ w_c), 1 / runs, float(w_c[shared].sum()) / runs
    covariance = a_x * noise.correlation * float(np.sqrt(noise.run * noise.reference))
    from_run, from_reference = a_b * noise.run - covariance, a_c * noise.reference - covariance
    runs_variance = max(from_run + from_reference, 0.0)

    pulled = sampling_variance(w_c @ reference.influence - group.influence.mean(axis=0))
    twice = a_b * noise.run_interaction + a_c * noise.reference_interaction - 2 * a_x * noise.shared_interaction
    sample_variance = max(pulled - max(twice, 0.0), 0.0) + discordance

    units = reference.influence.shape[1]
    if noise.run_freedom > 0 and noise.reference_freedom > 0:
        uncertain = from_run**2 / noise.run_freedom + from_reference**2 / noise.reference_freedom
    else:
        uncertain = (from_run + from_reference) ** 2 / max(noise.run_freedom, noise.reference_freedom)
    uncertain += sample_variance**2 / (units - 1)
    total = runs_variance + sample_variance
    plain = a_b * noise.run + a_c * noise.reference  # the pairing's saving is divided in proportion
    left = runs_variance / plain if plain > 0 else 0.0
    return Difference(
        value=value,
        run=float(np.sqrt(left * a_b * noise.run)),
        reference=float(np.sqrt(left * a_c * noise.reference)),
        sample=float(np.sqrt(sample_variance)),
        freedom=max(total**2 / uncertain, 1.0) if uncertain > 0 else np.inf,
    )
