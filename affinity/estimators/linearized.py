"""The fast estimator: one gradient pass, then every group is trained on paper."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affinity.anchor import HALVES, Anchor
from affinity.estimators.base import Estimate, left_of
from affinity.estimators.pair_table import as_matrix, pairs_of
from affinity.gradient_pass import GradientPass, TaskPass
from affinity.matrix import AffinityMatrix
from affinity.prior import GainPrior
from tasks.errors import InputError
from trainers.cost import Cost

if TYPE_CHECKING:
    from affinity.simulated_gains import SimulatedGains
    from trainers.result import GroupResult
    from trainers.trainer import Trainer

ANCHOR_PASSES = 1
"""Passes of all tasks together over half of their examples before the gradients are taken."""
RESAMPLES = 8
"""Bootstrap resamples behind the standard errors."""
NOT_FINITE = "its readouts or gradients are not finite; look for extreme values in its data"
"""Why a task is dropped."""


class NoAnchor(InputError):
    """All tasks together cannot be trained."""


@dataclass(frozen=True, kw_only=True)
class Linearized:
    r"""Affinity as the gain of a pair in simulated training, and so for any group.

    Two short runs of all tasks, each on one half of the training examples, give two anchors; from each, one forward and
    backward pass over the other half gives every example's readout and its gradient with respect to the adapter. From
    the gradients' inner products training on all examples is simulated for all groups at once
    (:mod:`affinity.simulation`), with the trainer's own learning rates, averages and stopping, and gains are read as
    they are measured: on the select half, against the simulated reference.

    .. math:: A_{i \to j} = (L_j^{ref} - L_j(\{i, j\})) / L_j^{prior}

    Errors are those of a bootstrap over training and held-out examples; what linearisation misses is not in them. A
    task whose readouts or gradients are not finite is dropped.

    Source: simulated training in the space of gradients follows the neural tangent kernel, Jacot et al., NeurIPS 2018,
    https://arxiv.org/abs/1806.07572; gradients of adapted models as features of groups follow Li et al., KDD 2024
    (GRAD-TAG), https://arxiv.org/abs/2409.06091, who fit one regression per group at one point. Anchors that did not
    see the examples, absolute step sizes, exposure and stopping are ours.
    """

    anchor_passes: int = ANCHOR_PASSES
    """Passes of all tasks together over half of their examples before the gradients are taken."""
    resamples: int = RESAMPLES
    """Bootstrap resamples behind the standard errors."""

    def estimate(self, trainer: "Trainer") -> Estimate:
        """Two short runs of all tasks together, one gradient pass, no other training.

        Raises:
            NoAnchor: If all tasks together diverge.
        """
        spec, names = trainer.spec, tuple(trainer.tasks)
        wanted = [Anchor.of(spec, half=1 - half, seed=trainer.seed, passes=self.anchor_passes) for half in HALVES]
        anchors: list[GroupResult] = trainer.jobs(wanted, phase="anchors")
        for run in anchors:
            if run.failed is not None:
                raise NoAnchor(f"all tasks together cannot be trained: {run.failed}", place="tasks")
        jobs = [GradientPass.of(spec, name, anchors[half], half=half) for half in HALVES for name in names]
        found: list[TaskPass] = trainer.jobs(jobs, phase="gradients")
        looks = {(job.half, job.task): of for job, of in zip(jobs, found, strict=True)}
        dropped = {name: NOT_FINITE for name in names if not all(looks[half, name].finite for half in HALVES)}
        for name, why in dropped.items():
            trainer.tell(f"task {name} is left out: {why}")
        tasks = left_of(names, dropped)
        start = time.perf_counter()
        ordered = sorted(tasks)  # sums in one order, whatever theirs
        gains = _simulated(trainer, {name: [looks[half, name] for half in HALVES] for name in ordered})
        errors = np.std([_pairs(again) for again in self._resamples(gains, trainer)], axis=0, ddof=1)
        scores = _pairs(gains)
        cost = Cost(seconds=time.perf_counter() - start, flops=gains.flops)
        cost = sum([*(run.cost for run in anchors), *(of.cost for of in found)], cost)
        matrix = AffinityMatrix(gains.tasks, scores, errors, estimator="linearized", cost=cost).reorder(tasks)
        return Estimate(matrix, None, groups=gains, dropped=dropped)

    def _resamples(self, gains: "SimulatedGains", trainer: "Trainer") -> "Iterator[SimulatedGains]":
        from affinity.resample import resample

        for number in range(self.resamples):
            kernel = gains.simulation.kernel
            yield gains.among(resample(kernel, trainer.tasks, seed=trainer.seed, number=number))


def _simulated(trainer: "Trainer", looks: Mapping[str, Sequence[TaskPass]]) -> "SimulatedGains":
    """Simulated training with the trainer's settings and budget."""
    import torch

    from affinity.kernel import kernel
    from affinity.readouts import ReadoutLoss
    from affinity.simulated_gains import SimulatedGains
    from affinity.simulation import HELD_OUT, Simulation
    from trainers.train_job import reference_limit

    spec, budget = trainer.spec, trainer.budget
    tasks = {name: spec.tasks[name] for name in looks}
    losses = {name: ReadoutLoss.of(task.kind) for name, task in tasks.items()}
    size = spec.training.batch_size
    made = kernel(looks, losses, batch_size=size, device=torch.device(spec.device))
    prior = {name: {split: task.splits[split].prior_loss for split in HELD_OUT} for name, task in tasks.items()}
    limits = {name: reference_limit(tasks, name, passes=budget.passes, batch_size=size) for name in tasks}
    simulation = Simulation(made, prior, spec.training)
    return SimulatedGains(simulation, passes=budget.passes, limits=limits)


def _pairs(gains: "GainPrior") -> NDArray[np.float64]:
    """Gains of all pairs, sources by targets, shape ``(T, T)``."""
    members = pairs_of(len(gains.tasks))
    return as_matrix(members, gains.gains(members))
