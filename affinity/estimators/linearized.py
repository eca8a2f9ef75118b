"""The fast estimator: one gradient pass, then every group is trained on paper."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affinity.anchor import HALVES, Anchor
from affinity.estimators.base import Estimate, left_of
from affinity.estimators.pair_table import as_matrix, pairs_of
from affinity.gradient_pass import GradientPass, TaskPass
from affinity.looked_at import most_examples
from affinity.matrix import AffinityMatrix
from affinity.prior import GainPrior
from affinity.regressed_prior import FEW, RegressedPrior
from affinity.splits import SPLITS
from tasks.errors import InputError
from trainers.cost import Cost
from trainers.lower_layers import Cached, LowerLayers

if TYPE_CHECKING:
    from torch import Tensor

    from affinity.kernel import Kernel
    from affinity.mean_gains import MeanGains
    from affinity.simulated_gains import SimulatedGains
    from tasks.encoding import EncodedTask
    from trainers.result import GroupResult
    from trainers.trainer import Trainer

ANCHORS = 1
"""Short runs of all tasks together, each on a half of its own, from which gradients are taken."""
ANCHOR_PASSES = 1
"""Passes of such a run over its half."""
PROBED = 1 / 3
"""Share of the layers that are looked at where all of them are adapted, the uppermost."""
RESAMPLES = 8
"""Bootstrap resamples behind the standard errors."""
NOT_FINITE = "its readouts or gradients are not finite; look for extreme values in its data"
"""Why a task is dropped."""


class NoAnchor(InputError):
    """All tasks together cannot be trained."""


@dataclass(frozen=True, eq=False)
class Guess:
    """What simulated training says of groups.

    Args:
        gains: Simulates any group that it is asked about.
        prior: The same; of many tasks by a regression on some groups.
        cost: Of everything so far.
        flops: Operations among it that were simulated training.
        dropped: Tasks that it knows nothing of, each with the reason.
    """

    gains: "MeanGains"
    prior: GainPrior
    cost: Cost
    flops: float
    dropped: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Linearized:
    r"""Affinity as the gain of a pair in simulated training, and so for any group.

    A short run of all tasks on half of their training examples gives an anchor, where one forward and backward pass
    over all examples gives every one's readout and its gradient with respect to the adapter. From the gradients' inner
    products training is simulated for all groups at once (:mod:`affinity.simulation`), with the trainer's own learning
    rates, averages and stopping, and gains are read as they are measured: on the select half, against the simulated
    reference. With two anchors, one from each half, everything is done twice, and gains are means.

    .. math:: A_{i \to j} = (L_j^{ref} - L_j(\{i, j\})) / L_j^{prior}

    Where the method adapts all layers, anchors and gradients adapt the uppermost third alone; what enters those layers
    is computed once per text. Where the gradients of all examples would not fit (:mod:`affinity.looked_at`), a sample
    stands for them.

    Members of a group have the shares and the loss weights that the trainer's mixing and weights give them; an
    aggregator's weights are not simulated, which a remark says.

    Errors are those of a bootstrap over training and held-out examples; what linearisation misses is not in them. A
    task whose readouts or gradients are not finite is dropped.

    Source: simulated training in the space of gradients follows the neural tangent kernel, Jacot et al., NeurIPS 2018,
    https://arxiv.org/abs/1806.07572; gradients of adapted models as features of groups follow Li et al., KDD 2024
    (GRAD-TAG), https://arxiv.org/abs/2409.06091, who fit one regression per group at one point. Anchors along the way,
    absolute step sizes, exposure and stopping are ours.
    """

    anchors: int = ANCHORS
    """Short runs of all tasks together from which gradients are taken, 1 or 2."""
    anchor_passes: int = ANCHOR_PASSES
    """Passes of such a run over its half of the examples."""
    probed: float = PROBED
    """Share of the layers that are looked at where all of them are adapted, the uppermost."""
    resamples: int = RESAMPLES
    """Bootstrap resamples behind the standard errors."""

    def estimate(self, trainer: "Trainer") -> Estimate:
        """A short run of all tasks together and a gradient pass for every anchor, no other training.

        Raises:
            NoAnchor: If all tasks together diverge.
            ValueError: If there are not 1 or 2 anchors.
        """
        guess = self.guess(trainer)
        gains, start = guess.gains, time.perf_counter()
        with trainer.watch("simulated pairs", 2) as shown:
            pairs = pairs_of(len(gains.tasks))
            scores = as_matrix(pairs, gains.gains(pairs))
            shown.advance()
            errors = as_matrix(pairs, self._resampled(gains, pairs, trainer).std(axis=0, ddof=1))
            shown.advance()
        cost = guess.cost + Cost(seconds=time.perf_counter() - start, flops=gains.flops - guess.flops)
        matrix = AffinityMatrix(gains.tasks, scores, errors, estimator="linearized", cost=cost)
        left = left_of(tuple(trainer.tasks), guess.dropped)
        return Estimate(matrix.reorder(left), None, groups=guess.prior, dropped=guess.dropped)

    def guess(self, trainer: "Trainer") -> "Guess":
        """The same without scores of pairs and their errors: what any group would gain.

        Raises:
            NoAnchor: If all tasks together diverge.
            ValueError: If there are not 1 or 2 anchors.
        """
        from affinity.mean_gains import MeanGains
        from trainers.upper import through_lora

        if not 1 <= self.anchors <= len(HALVES):
            raise ValueError(f"Expected 1 or {len(HALVES)} anchors, one for each half, but got {self.anchors}.")
        trainer = replace(trainer, spec=through_lora(trainer.spec))
        spec, names = trainer.spec, tuple(trainer.tasks)
        if spec.training.jointly:
            trainer.tell(
                f"the weights of `{spec.training.aggregator}` are not simulated: gradients count equally there"
            )
        share, lower = self._cached(trainer)
        seed, passes, halves = trainer.seed, self.anchor_passes, HALVES[: self.anchors]
        wanted = [Anchor.of(spec, half=half, seed=seed, passes=passes, share=share) for half in halves]
        anchors: list[GroupResult] = trainer.jobs(wanted, phase="anchors")
        for run in anchors:
            if run.failed is not None:
                raise NoAnchor(f"all tasks together cannot be trained: {run.failed}", place="tasks")
        most = self._most(trainer, anchors[0])
        jobs = [GradientPass.of(spec, name, anchor, share=share, most=most) for anchor in anchors for name in names]
        found: list[TaskPass] = trainer.jobs(jobs, phase="gradients")
        count = len(names)
        looks = [dict(zip(names, found[at : at + count], strict=True)) for at in range(0, len(found), count)]
        dropped = {name: NOT_FINITE for name in names if not all(of[name].finite for of in looks)}
        for name, why in dropped.items():
            trainer.tell(f"task {name} is left out: {why}")
        ordered = sorted(left_of(names, dropped))  # sums in one order, whatever theirs
        start = time.perf_counter()
        with trainer.watch("simulated training", len(looks) + 1) as shown:
            parts = []
            for of in looks:
                parts.append(_simulated(trainer, {name: of[name] for name in ordered}))
                shown.advance()
            gains = MeanGains(parts)
            prior = gains if len(ordered) <= FEW else RegressedPrior.of(gains)
            shown.advance()
        cost = Cost(seconds=time.perf_counter() - start, flops=gains.flops)
        cost = sum([*(run.cost for run in anchors), *(of.cost for of in found), lower], cost)
        return Guess(gains, prior, cost, gains.flops, dropped)

    def _cached(self, trainer: "Trainer") -> tuple[float, Cost]:
        """The share of the layers that is looked at, once what enters it is cached, and what that cost."""
        if trainer.spec.method.layers != "all" or self.probed >= 1:
            return 1.0, Cost()
        jobs = [LowerLayers.of(trainer.spec, name, SPLITS, share=self.probed) for name in trainer.tasks]
        found: list[Cached] = trainer.jobs(jobs, phase="layers below the probed ones")
        cost = sum((of.cost for of in found), Cost())
        if all(of.room for of in found):
            return self.probed, cost
        trainer.tell(
            f"all layers are probed, which takes longer: no room in {trainer.spec.cache} to cache the lower ones"
        )
        return 1.0, cost

    def _most(self, trainer: "Trainer", anchor: "GroupResult") -> int | None:
        """Examples of each split that are looked at, at most; told where there is no room for all."""
        weights = sum(of.size for name, of in anchor.weights.items() if not name.startswith("heads."))
        most = most_examples(list(trainer.tasks.values()), weights=weights)
        if most is not None:
            trainer.tell(f"gradients are taken of {most} examples of each split at most, which stand for all")
        return most

    def _resampled(self, gains: "MeanGains", pairs: NDArray[np.bool_], trainer: "Trainer") -> NDArray[np.float64]:
        from affinity.resample import resample

        kernel, seed = gains.parts[0].simulation.kernel, trainer.seed
        draws = [resample(kernel, trainer.tasks, seed=seed, number=number) for number in range(self.resamples)]
        return gains.resampled(pairs, draws)


def _simulated(trainer: "Trainer", looks: Mapping[str, TaskPass]) -> "SimulatedGains":
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
    made = kernel(looks, losses, batch_size=size, device=torch.device(spec.device), folder=spec.cache)
    prior = {name: {split: task.splits[split].prior_loss for split in HELD_OUT} for name, task in tasks.items()}
    limits = {name: reference_limit(tasks, name, passes=budget.passes, batch_size=size) for name in tasks}
    simulation = Simulation(
        made,
        prior,
        spec.training,
        weights={name: task.weight for name, task in tasks.items()},
        balance=_balance(tasks, made) if spec.training.weights == "class_balance" else {},
    )
    return SimulatedGains(simulation, passes=budget.passes, limits=limits)


def _balance(tasks: "Mapping[str, EncodedTask]", made: "Kernel") -> "dict[str, Tensor]":
    """Weights of training readouts where classes are balanced, shape ``(n,)`` each, of tasks that have classes."""
    import torch

    from affinity.looked_spans import looked_spans
    from trainers.class_weights import class_weights, example_weights

    found = {}
    for name, task in tasks.items():
        block, weights = made.blocks[name], class_weights(task)
        if weights is not None:
            every = looked_spans(task, "train") if task.kind.placed else task.splits["train"]
            targets = torch.from_numpy(every.targets[block.rows["train"]])
            found[name] = example_weights(weights, targets).flatten().to(block.gram.device)
    return found
