"""The fast estimator: one gradient pass, then every group is trained on paper."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affinity.estimators.base import Estimate, left_of
from affinity.gradient_pass import GradientPass, TaskPass
from affinity.matrix import AffinityMatrix
from tasks.errors import InputError
from trainers.cost import Cost

if TYPE_CHECKING:
    from affinity.simulated_gains import SimulatedGains
    from trainers.result import GroupResult
    from trainers.trainer import Trainer

ANCHOR_PASSES = 2
"""Passes of all tasks together before the gradients are taken."""
RESAMPLES = 8
"""Bootstrap resamples behind the standard errors."""
NOT_FINITE = "its readouts or gradients are not finite; look for extreme values in its data"
"""Why a task is dropped."""


@dataclass(frozen=True, kw_only=True)
class Linearized:
    r"""Affinity as the gain of a pair in simulated training, and so for any group.

    One short run of all tasks gives an anchor; there, one forward and backward pass gives every example's readout and
    its gradient with respect to the adapter. From the gradients' inner products training is simulated for all groups at
    once (:mod:`affinity.simulation`), with the trainer's own learning rates, averages and stopping, and gains are read
    as they are measured: on the select half, against the simulated reference.

    .. math:: A_{i \to j} = (L_j^{ref} - L_j(\{i, j\})) / L_j^{prior}

    Errors are those of a bootstrap over training and held-out examples; what linearisation misses is not in them. A
    task whose readouts or gradients are not finite is dropped.

    Source: simulated training in the space of gradients follows the neural tangent kernel, Jacot et al., NeurIPS 2018,
    https://arxiv.org/abs/1806.07572; gradients of adapted models as features of groups follow Li et al., KDD 2024
    (GRAD-TAG), https://arxiv.org/abs/2409.06091, who fit one regression per group at one point. Anchor, absolute step
    sizes, exposure and stopping are ours.
    """

    anchor_passes: int = ANCHOR_PASSES
    """Passes of all tasks together before the gradients are taken."""
    resamples: int = RESAMPLES
    """Bootstrap resamples behind the standard errors."""

    def estimate(self, trainer: "Trainer") -> Estimate:
        """One short run of all tasks together, one gradient pass, no other training."""
        from trainers.train_job import train_job

        together = tuple(sorted(trainer.tasks))
        job = train_job(trainer.spec, together, seed=trainer.seed, passes=self.anchor_passes, keep_weights=True)
        (anchor,) = trainer.jobs([job], phase="anchor")
        found = simulated(trainer, anchor, resamples=self.resamples)
        return replace(found, matrix=replace(found.matrix, cost=anchor.cost + found.matrix.cost))


def simulated(trainer: "Trainer", anchor: "GroupResult", *, resamples: int) -> Estimate:
    """Affinities from simulated training around a run of all tasks that has kept its weights, at no cost of its own.

    Raises:
        InputError: If the run failed, or fewer than two tasks can be looked at.
    """
    if anchor.failed is not None:
        raise InputError(f"all tasks together cannot be trained, so there is no anchor: {anchor.failed}", place="tasks")
    names = tuple(trainer.tasks)
    jobs = [GradientPass.of(trainer.spec, name, anchor) for name in names]
    passes: dict[str, TaskPass] = dict(zip(names, trainer.jobs(jobs, phase="gradients"), strict=True))
    dropped = {name: NOT_FINITE for name, of in passes.items() if not of.finite}
    for name, why in dropped.items():
        trainer.tell(f"task {name} is left out: {why}")
    tasks = left_of(names, dropped)
    start = time.perf_counter()
    gains = simulated_gains(
        trainer, {name: passes[name] for name in sorted(tasks)}
    )  # sums in one order, whatever theirs
    scores, errors = _pairs(gains, trainer, resamples=resamples)
    paper = Cost(seconds=time.perf_counter() - start, flops=gains.flops)
    cost = sum((of.cost for of in passes.values()), paper)
    matrix = AffinityMatrix(gains.tasks, scores, errors, estimator="linearized", cost=cost).reorder(tasks)
    return Estimate(matrix, None, groups=gains, dropped=dropped)


def simulated_gains(trainer: "Trainer", passes: Mapping[str, TaskPass]) -> "SimulatedGains":
    """Simulated training with the trainer's settings and budget."""
    import torch

    from affinity.kernel import kernel
    from affinity.readouts import ReadoutLoss
    from affinity.simulated_gains import SimulatedGains
    from affinity.simulation import HELD_OUT, Simulation
    from trainers.train_job import reference_limit

    spec, budget = trainer.spec, trainer.budget
    tasks = {name: spec.tasks[name] for name in passes}
    losses = {name: ReadoutLoss.of(task.kind) for name, task in tasks.items()}
    size = spec.training.batch_size
    made = kernel(passes, losses, batch_size=size, device=torch.device(spec.device))
    prior = {name: {split: task.splits[split].prior_loss for split in HELD_OUT} for name, task in tasks.items()}
    limits = {name: reference_limit(tasks, name, passes=budget.passes, batch_size=size) for name in tasks}
    return SimulatedGains(Simulation(made, prior, spec.training), passes=budget.passes, limits=limits)


def _pairs(
    gains: "SimulatedGains", trainer: "Trainer", *, resamples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gains of all pairs, sources by targets, and their bootstrap errors, both ``(T, T)``."""
    from affinity.resample import resample

    def matrix(of: "SimulatedGains") -> NDArray[np.float64]:
        found = np.zeros((len(of.tasks), len(of.tasks)))
        places = list(combinations(range(len(of.tasks)), 2))
        members = np.zeros((len(places), len(of.tasks)), dtype=np.bool_)
        for row, pair in enumerate(places):
            members[row, pair] = True
        for (i, j), values in zip(places, of.gains(members), strict=True):
            found[j, i], found[i, j] = values[i], values[j]
        return found

    again = []
    for number in range(resamples):
        counts = resample(gains.simulation.kernel, trainer.tasks, seed=trainer.seed, number=number)
        again.append(matrix(gains.among(counts)))
    return matrix(gains), np.std(again, axis=0, ddof=1)
