"""The training loop: one adapter, the heads of a group, one seed."""

import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.averaging import averaged
from trainers.bench import Bench
from trainers.evaluate import Evaluation, evaluate
from trainers.mixing import seeded
from trainers.observer import Observer
from trainers.result import GroupResult
from trainers.run import Run
from trainers.run_state import RunState


def train_group(
    bench: Bench,
    group: Sequence[str],
    *,
    seed: int,
    passes: int,
    limit: int | None = None,
    splits: Sequence[str] = ("select",),
    keep_weights: bool = False,
    observe: Observer | None = None,
) -> GroupResult:
    """Trains one adapter for all tasks of ``group`` and reads it at the best point of its curve.

    Args:
        group: Names of the members; their order does not matter.
        seed: As the other arguments, a field of :class:`trainers.run.Run`, which says when a run has failed.
        observe: As of :func:`train_run`.
    """
    members, read = tuple(sorted(group)), tuple(splits)
    run = Run(group=members, seed=seed, passes=passes, limit=limit, splits=read, keep_weights=keep_weights)
    return train_run(bench, run, observe=observe)


def train_run(bench: Bench, run: Run, *, observe: Observer | None = None) -> GroupResult:
    """Trains one run by itself.

    Args:
        observe: Called before every optimiser step; what it computes counts as the run's cost.

    Raises:
        ValueError: If the run has another method than the bench.
    """
    if (run.method or bench.spec.method) != bench.spec.method:
        raise ValueError(f"Expected a run with the bench's own {bench.spec.method}, but got {run.method}.")
    start = time.perf_counter()
    with torch.random.fork_rng(devices=[bench.device] if bench.device.type == "cuda" else []):
        torch.manual_seed(int(seeded("dropout", run.seed).integers(2**62)))
        state = _Run(bench, run, observe=observe)
        state.train()
    return state.result(seconds=time.perf_counter() - start, adapter=state.adapter)


class _Run(RunState):
    """A run with the bench's adapter."""

    def __init__(self, bench: Bench, run: Run, *, observe: Observer | None) -> None:
        super().__init__(bench, run)
        self.observe = observe
        bench.adapter.reset(seed=run.seed)
        shared, (rate, head_rate) = bench.adapter_parameters, self.rates
        self.own = {name: list(head.parameters()) for name, head in self.heads.items()}
        self.optimizer = torch.optim.AdamW(
            [{"params": shared, "lr": rate}, *({"params": own, "lr": head_rate} for own in self.own.values())],
            weight_decay=self.training.weight_decay,
        )
        self.average(shared, self.own)

    def train(self) -> None:
        """Trains to the end, and reads the held-out splits at the best point unless the run has failed."""
        with self.ending():
            for steps in self.parts():
                for name, rows in steps:
                    self.descend(name, rows)
                with averaged(self.averages):
                    stop = {name: self.evaluate(name, "stop") for name in self.group}
                self.point(stop)
                if self.curve.finished:
                    break
        if self.failed is not None:
            return
        self.restore()
        with self.ending():
            for name in self.group:
                for split in self.run.splits:
                    self.take(name, split, self.evaluate(name, split))

    def descend(self, name: str, rows: NDArray[np.int64]) -> None:
        """Takes one optimiser step.

        Raises:
            Diverged: If the loss is not finite.
        """
        if self.observe is not None:
            self.observe(self)
        loss = self.loss(name, rows)
        self.note(name, float(loss.detach()))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([*self.bench.adapter_parameters, *self.own[name]], self.training.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.stepped(name, norm)
        rate, head_rate = self.rates
        shared, *heads = self.optimizer.param_groups
        shared["lr"] = rate
        for head in heads:
            head["lr"] = head_rate

    def loss(self, name: str, rows: NDArray[np.int64], *, dropout: bool = True) -> Tensor:
        """Mean training loss of a batch at the present weights; counts its cost, a backward where gradients are on."""
        places, targets = self.places(name, rows)
        self.bench.adapter.set_dropout(on=dropout)
        batches = [
            self.bench.inputs(name, "train", side).batch(place, self.bench.device) for side, place in enumerate(places)
        ]
        tokens = sum(self.bench.positions(batch) for batch in batches)
        if torch.is_grad_enabled():
            self.backward += tokens
        else:
            self.forward += tokens
        return self.batch_loss(name, [self.bench.features(batch, name) for batch in batches], targets)

    def evaluate(self, name: str, split: str) -> Evaluation:
        """The present weights on a split."""
        self.bench.adapter.set_dropout(on=False)
        return evaluate(self.bench, name, split, self.heads[name])

    @property
    def adapter(self) -> dict[str, Tensor]:
        """The adapter's present weights by the names that files have."""
        return self.bench.adapter.weights()
