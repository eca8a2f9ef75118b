"""A shared run of all tasks that looks ahead, as a job: what a step on one task would do to the others."""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from trainers.mixing import seeded
from trainers.packing import pack, unpack
from trainers.result import GroupResult
from trainers.train_job import TrainJob, group_steps, train_job

if TYPE_CHECKING:
    from torch import Tensor

    from tasks.encoding import EncodedTask
    from trainers.bench import Bench, BenchSpec
    from trainers.observer import Running

EVERY = 10
"""Optimiser steps from one look-ahead to the next."""
LEAST = 8
"""Look-aheads that a short run makes, by looking ahead more often."""
FLOOR = 1e-6
"""Losses below this share of the constant predictor's count as it: a ratio to nothing says nothing."""


@dataclass(frozen=True, eq=False)
class LookaheadRun:
    """A shared run and what it saw ahead.

    Args:
        changes: ``1 - L_target(after a step on the source) / L_target``, shape ``(S, T, T)``: look-aheads, sources,
            targets, tasks in the order of ``run.group``; the diagonal is 0.
        run: The run itself; its cost holds that of the look-aheads.
    """

    changes: NDArray[np.float64]
    run: GroupResult


@dataclass(frozen=True, kw_only=True)
class LookaheadJob:
    """A run of :func:`trainers.loop.train_group` that is looked on by :class:`LookAhead`."""

    train: TrainJob
    """The run without its look-aheads."""
    every: int
    """Optimiser steps from one look-ahead to the next."""

    @classmethod
    def of(cls, spec: "BenchSpec", tasks: Sequence[str], *, seed: int, passes: int) -> "LookaheadJob":
        """The job of a bench's tasks."""
        steps = passes * group_steps(spec.tasks, tasks, spec.training)
        train = train_job(spec, tasks, seed=seed, passes=passes)
        return cls(train=train, every=max(1, min(EVERY, steps // LEAST)))

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(["look-ahead", FLOOR, self.every, self.train.key]).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"look-ahead in {self.train.label}"

    @property
    def size(self) -> float:
        """Training tokens; a look-ahead trains on T batches and reads T (T - 1), at half the cost."""
        members = len(self.train.group)
        return self.train.size * (1 + (members + 1) / (2 * self.every) * members)

    def run(self, context: "Bench") -> LookaheadRun:
        from trainers.loop import train_group

        job = self.train
        ahead = LookAhead(context, job.group, seed=job.seed, every=self.every)
        run = train_group(context, job.group, seed=job.seed, passes=job.passes, splits=job.splits, observe=ahead)
        return LookaheadRun(np.stack(ahead.changes), run)

    def encode(self, result: LookaheadRun) -> bytes:
        return save({"changes": result.changes, "run": np.frombuffer(pack(result.run), dtype=np.uint8)})

    def decode(self, data: bytes) -> LookaheadRun:
        arrays = load(data)
        return LookaheadRun(arrays["changes"], unpack(arrays["run"].tobytes()))


class LookAhead:
    """Before every ``every``-th step of a run, tries a step of the adapter on each member and reads all others.

    Batches are its own: each member makes its own passes over its training examples, in an order that the run does not
    have, so that the run goes on as if nobody looked.

    Args:
        bench: Where the run trains.
        group: Its members, sorted.
        seed: Seed of the batches.
        every: Steps from one look-ahead to the next; there is none before the first step.
    """

    def __init__(self, bench: "Bench", group: Sequence[str], *, seed: int, every: int) -> None:
        size = bench.spec.training.batch_size
        self.every = every
        self.batches = {name: _batches(bench.tasks[name], size, seed=seed) for name in group}
        self.changes: list[NDArray[np.float64]] = []

    def __call__(self, run: "Running") -> None:
        """Takes the run's present point in, if it is time."""
        import torch

        if run.steps == 0 or run.steps % self.every:
            return
        if not run.bench.adapter_parameters:  # nothing is shared
            self.changes.append(np.zeros((len(run.group), len(run.group))))
            return
        tasks, weights = run.bench.tasks, [weight.data for weight in run.bench.adapter_parameters]
        before = [weight.clone() for weight in weights]
        rows = {name: next(self.batches[name]) for name in run.group}
        losses: dict[str, float] = {}
        steps: dict[str, list[Tensor]] = {}
        for name in run.group:
            loss = run.loss(name, rows[name], dropout=False)
            losses[name] = max(float(loss.detach()), FLOOR * tasks[name].splits["train"].prior_loss)
            steps[name] = _step(run, name, loss)
        changes = np.zeros((len(run.group), len(run.group)))
        with torch.no_grad():
            for i, source in enumerate(run.group):
                torch._foreach_sub_(weights, steps[source])
                for j, target in enumerate(run.group):
                    if i != j:
                        changes[i, j] = 1 - float(run.loss(target, rows[target], dropout=False)) / losses[target]
                torch._foreach_copy_(weights, before)
        self.changes.append(changes)


def _step(run: "Running", source: str, loss: "Tensor") -> "list[Tensor]":
    """What one gradient moves in the adapter: clipped as in training, scaled by AdamW's second moments."""
    import torch

    shared = run.bench.adapter_parameters
    gradients = list(torch.autograd.grad(loss, [*shared, *run.own[source]]))
    torch._foreach_mul_(gradients, _clip(gradients, run.bench.spec.training.clip))
    settings = run.optimizer.param_groups[0]
    decay = settings["betas"][1]
    moved = []
    for weight, gradient in zip(shared, gradients, strict=False):  # the heads' gradients only count for the norm
        state = run.optimizer.state[weight]
        second = decay * state["exp_avg_sq"] + (1 - decay) * gradient.square()
        scale = (second / (1 - decay ** (float(state["step"]) + 1))).sqrt() + settings["eps"]
        moved.append(settings["lr"] * gradient / scale)
    return moved


def _clip(gradients: "Sequence[Tensor]", most: float) -> float:
    """The factor that brings the gradients' joint norm down to ``most``."""
    norm = math.sqrt(sum(float(gradient.square().sum()) for gradient in gradients))
    return min(1.0, most / (norm + 1e-6))  # as `clip_grad_norm_` does


def _batches(task: "EncodedTask", size: int, *, seed: int) -> Iterator[NDArray[np.int64]]:
    """Batches of one pass after the other, without end."""
    from tasks.batches import batches

    for number in count():
        generator = seeded("look-ahead", seed, task.name, number)
        yield from batches(task.splits["train"], batch_size=size, generator=generator)
