r"""Training every group at once, on paper: readouts move, weights do not appear.

A step on a batch moves the readouts :math:`F` of all examples by their kernel with the batch's,

.. math:: F \leftarrow F - \eta_S\, K\, (w \odot \ell'(F)),

with :math:`w` 1 over the batch size for examples of the group's members and 0 for others, summed over the steps of a
short round: a partner adds steps and turns, as in training. :math:`\eta_S` is the learning rate over the root mean
square of the gradients that the group has met so far, which is what Adam divides by: a member with small gradients
moves less beside one with large ones. Heads move likewise, by their own kernel. Losses are read from an exponential
moving average after every pass, and a group, or a reference, is stopped as the trainer would stop it.

Members take as many steps as the trainer's mixing gives them (:mod:`affinity.exposure`), and their losses weigh what
they weigh there. An aggregator's weights are not simulated: gradients count equally.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affinity.batch_square import batch_square
from affinity.exposure import exposures
from affinity.kernel import Kernel
from affinity.mapped import FP32, IN_MEMORY
from trainers.interruption import check
from trainers.settings import Training

ROUNDS = 8
"""Rounds per pass. With one or two, stiff kernels overshoot."""
AT_ONCE = 512
"""Groups simulated together; bounds memory, not results."""
WORST = 10.0
"""Highest loss that is read, in units of the constant predictor's: a simulation that diverges is bad, not infinite."""
HELD_OUT = ("stop", "select")
"""Splits that are read."""
Counts = Mapping[tuple[str, str], Tensor]
"""How often a resample has each readout, by task and split, shape ``(m,)`` each, 1 on average."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """On which resample of the examples each of ``G`` groups is trained and read.

    Args:
        draws: The resamples.
        of: Index of every group's, shape ``(G,)``.
    """

    draws: Sequence[Counts]
    of: NDArray[np.int64]

    def counts(self, task: str, split: str, groups: NDArray[np.int64]) -> Tensor:
        """How often each readout is there for some of the groups, shape ``(m, groups)``."""
        every = torch.stack([draw[task, split] for draw in self.draws], dim=1)
        return every[:, torch.from_numpy(self.of[groups]).to(every.device)]


@dataclass(frozen=True, eq=False)
class Simulated:
    """Losses of ``G`` simulated runs on the scale of the constant predictor's.

    Args:
        select: At the chosen point, shape ``(G, T)``; NaN where the task is not a member.
        stop: Stop-half losses after every pass, shape ``(P, G, T)``; NaN alike.
        chosen: Pass after which a run is read, from 0, shape ``(G,)``.
        flops: Operations of the kernel's products.
    """

    select: NDArray[np.float64]
    stop: NDArray[np.float64]
    chosen: NDArray[np.int64]
    flops: float


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulates runs of groups of ``T`` tasks.

    Args:
        kernel: Of the tasks.
        prior: Losses of the constant predictor by task and held-out split.
        training: The trainer's settings.
        weights: Factors of tasks' losses in groups; 1 where none is named.
        balance: Weights of the training readouts' losses, shape ``(n,)``, of tasks that have any.
    """

    kernel: Kernel
    prior: Mapping[str, Mapping[str, float]]
    training: Training
    weights: Mapping[str, float] = field(default_factory=dict)
    balance: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order of the columns."""
        return tuple(self.kernel.blocks)

    def run(self, members: NDArray[np.bool_], *, passes: int, draws: Sequence[Counts] | None = None) -> Simulated:
        """Groups, each read where the mean of its members' stop-half losses is lowest.

        Args:
            members: Groups as rows of membership, shape ``(G, T)``.
            passes: Passes of every member over its examples.
            draws: Resamples of the examples, on each of which every group is trained: all on the first, then all on
                the second; every example once if None.
        """
        curves = self._curves(members, passes=passes, draws=draws)
        return curves.read(np.argmin(np.nanmean(curves.stop, axis=2), axis=0))

    def references(self, *, passes: int, limits: Mapping[str, int], draws: Sequence[Counts] | None = None) -> Simulated:
        """Every task alone, shape ``(T, T)``, once for each resample: read at its best point, ended as a reference is.

        Args:
            passes: Passes without a better point after which a reference ends.
            limits: Passes after which it ends anyway, by task.
            draws: As for :meth:`run`.
        """
        longest = max(limits[name] for name in self.tasks)
        alone = np.eye(len(self.tasks), dtype=bool)
        curves = self._curves(alone, passes=longest, draws=draws, patience=passes)
        chosen = np.zeros(curves.stop.shape[1], dtype=np.int64)
        for row in range(len(chosen)):
            t = row % len(self.tasks)
            curve = curves.stop[: limits[self.tasks[t]], row, t]
            for point in range(len(curve)):
                chosen[row] = point if curve[point] < curve[chosen[row]] else chosen[row]
                if point - chosen[row] >= passes:
                    break
        return curves.read(chosen)

    def _curves(
        self,
        members: NDArray[np.bool_],
        *,
        passes: int,
        draws: Sequence[Counts] | None,
        patience: int | None = None,
    ) -> "_Curves":
        times = 1 if draws is None else len(draws)
        every, drawn = np.tile(members, (times, 1)), np.repeat(np.arange(times), len(members))
        found = []
        for first in range(0, len(every), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            resampled = None if draws is None else Resampled(draws, drawn[some])
            found.append(_Batch(self, every[some], resampled).curves(passes, patience))
        return _Curves(
            np.concatenate([of.stop for of in found], axis=1),
            np.concatenate([of.select for of in found], axis=1),
            sum(of.flops for of in found),
        )


@dataclass(frozen=True, eq=False)
class _Curves:
    """Losses after every pass, ``(P, G, T)`` each."""

    stop: NDArray[np.float64]
    select: NDArray[np.float64]
    flops: float

    def read(self, chosen: NDArray[np.int64]) -> Simulated:
        """Read after these passes, shape ``(G,)``."""
        return Simulated(self.select[chosen, np.arange(len(chosen))], self.stop, chosen, self.flops)


class _Batch:
    """Runs of some groups in lockstep; a task's arrays hold the groups that it is in."""

    def __init__(self, of: Simulation, members: NDArray[np.bool_], resampled: Resampled | None) -> None:
        self.of, self.kernel, self.members = of, of.kernel, members
        self.device = next(iter(self.kernel.blocks.values())).gram.device
        self.groups = {
            name: torch.from_numpy(np.flatnonzero(members[:, t])).to(self.device)
            for t, name in enumerate(self.kernel.blocks)
        }
        self.blocks = {name: block for name, block in self.kernel.blocks.items() if len(self.groups[name])}
        self.values = {
            (name, split): block.start[split][:, None].repeat(1, len(self.groups[name]))
            for name, block in self.blocks.items()
            for split in block.start
        }
        self.counts = {
            (name, split): resampled.counts(name, split, np.flatnonzero(members[:, t]))
            for t, (name, block) in enumerate(self.kernel.blocks.items())
            for split in block.start
            if resampled is not None
        }
        self.averages = {key: values.clone() for key, values in self.values.items() if key[1] != "train"}
        sizes = {
            name: block.examples * block.stands / of.training.batch_size for name, block in self.kernel.blocks.items()
        }
        self.exposures = exposures(sizes, members, of.training, device=self.device)
        self.per_pass = torch.zeros(len(members), device=self.device)
        for name in self.blocks:
            self.per_pass[self.groups[name]] += self.exposures[name].steps
        shared = torch.from_numpy(members.sum(axis=1) > 1).to(self.device)
        self.weighs = {
            name: torch.where(shared[self.groups[name]], weight, 1.0)
            for name, weight in of.weights.items()
            if name in self.blocks and weight != 1
        }
        self.partners = {name: self._partners(t) for t, name in enumerate(self.kernel.blocks) if name in self.blocks}
        if self._copied() > IN_MEMORY:
            self.partners = dict.fromkeys(self.blocks, slice(None))
        self.shared = {
            (name, split): block.shared[split][:, self.partners[name]]
            for name, block in self.blocks.items()
            for split in block.start
        }
        self.met = torch.zeros(len(members), device=self.device)
        self.own_met = {name: torch.zeros(len(self.groups[name]), device=self.device) for name in self.blocks}

    def _partners(self, task: int) -> Tensor | slice:
        """Columns of the tasks that a task shares a group with; a reference has its own alone."""
        beside = np.flatnonzero(self.members[self.members[:, task]].any(axis=0))
        if len(beside) == len(self.kernel.blocks):
            return slice(None)
        blocks = list(self.kernel.blocks.values())
        kept = [blocks[other].columns for other in beside]
        return torch.cat([torch.arange(of.start, of.stop) for of in kept]).to(self.device)

    def _copied(self) -> int:
        """Bytes of the partners' columns; all columns are read where they lie."""
        return FP32 * sum(
            len(columns) * sum(len(values) for values in self.blocks[name].start.values())
            for name, columns in self.partners.items()
            if not isinstance(columns, slice)
        )

    def curves(self, passes: int, patience: int | None) -> _Curves:
        """Losses after every pass; ended early once ``patience`` passes brought no group a better stop-half loss."""
        found: dict[str, list[NDArray[np.float64]]] = {split: [] for split in HELD_OUT}
        for number in range(passes * ROUNDS):
            check()
            self._round(number)
            if (number + 1) % ROUNDS:
                continue
            for split in HELD_OUT:
                found[split].append(self._losses(split))
            if patience is not None:
                means = np.nanmean(np.stack(found["stop"]), axis=2)  # shape: (points, G)
                if (len(means) - 1 - means.argmin(axis=0) >= patience).all():
                    break
        missing = passes - len(found["stop"])
        fill = [np.full(self.members.shape, np.inf)] * missing  # never chosen
        rows = {name: sum(len(values) for values in block.start.values()) for name, block in self.blocks.items()}
        columns = {name: self.shared[name, "train"].shape[1] for name in self.blocks}
        each = sum(rows[name] * columns[name] * len(self.groups[name]) for name in self.blocks)
        flops = 2.0 * each * ROUNDS * (passes - missing)
        return _Curves(np.stack(found["stop"] + fill), np.stack(found["select"] + fill), flops)

    def _losses(self, split: str) -> NDArray[np.float64]:
        """Mean losses on the scale of the constant predictor's, shape ``(G, T)``."""
        found = np.full(self.members.shape, np.nan)
        for t, (name, block) in enumerate(self.kernel.blocks.items()):
            if name in self.blocks:
                losses = block.loss.value(self.averages[name, split])
                if self.counts:
                    losses = losses * self.counts[name, split]
                means = losses.mean(0).double().cpu().numpy() / self.of.prior[name][split]
                found[self.members[:, t], t] = np.minimum(np.nan_to_num(means, nan=WORST), WORST)
        return found

    def _round(self, number: int) -> None:
        training, size = self.of.training, self.of.training.batch_size
        weights = torch.zeros(self.kernel.columns, len(self.members), device=self.device)
        squares = torch.zeros(len(self.members), device=self.device)
        pull = {}
        for name, block in self.blocks.items():
            slopes = block.loss.slope(self.values[name, "train"]) / block.repeats
            if self.counts:
                slopes = slopes * self.counts[name, "train"]
            if name in self.of.balance:
                slopes = slopes * self.of.balance[name][:, None]
            pull[name] = slopes * (block.stands / (size * ROUNDS))
            made, square = self.exposures[name], batch_square(block.gram, slopes, block, size)
            weighs = self.weighs.get(name)
            moving = pull[name] * made.shared
            weights[block.columns, self.groups[name]] = moving if weighs is None else moving * weighs
            squares[self.groups[name]] += made.steps * (square if weighs is None else square * weighs.square())
            if block.own_gram is not None:
                own = batch_square(block.own_gram, slopes, block, size)
                self.own_met[name] = (self.own_met[name] * number + own) / (number + 1)
        self.met = (self.met * number + squares / self.per_pass) / (number + 1)
        warm = ((1 + number / ROUNDS * self.per_pass) / (training.warmup + 1)).clamp(max=1.0)
        rate = training.learning_rate * warm * (self.kernel.size / self.met.clamp(min=TINY)).sqrt()
        for name, block in self.blocks.items():
            groups = self.groups[name]
            moved = weights[self.partners[name]][:, groups] * rate[groups]
            own_rate = training.head_learning_rate * warm[groups]
            own_rate = own_rate * (block.own_size / self.own_met[name].clamp(min=TINY)).sqrt()
            made = self.exposures[name]
            remembered = 1 - training.ema ** (made.averaged / ROUNDS)
            for split in block.start:
                values = self.values[name, split]
                values -= self.shared[name, split] @ moved
                if split in block.own:
                    values -= block.own[split] @ (pull[name] * made.own * own_rate)
                if split != "train":
                    self.averages[name, split].lerp_(values, remembered)


TINY = 1e-12
"""Keeps a group whose gradients are all 0 where it is."""
