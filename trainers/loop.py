"""The training loop: one adapter, the heads of a group, one seed."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.aggregators import open_aggregator
from trainers.averaging import averaged
from trainers.bench import Bench
from trainers.evaluate import Evaluation, evaluate
from trainers.grown import grown
from trainers.interruption import Terminated, asked, check, end, ending_at_checks, together
from trainers.joint_step import NotFinite, combine, taken
from trainers.kept_run import KeptRun
from trainers.memory import free_memory, out_of_memory
from trainers.mixing import Step, seeded
from trainers.observer import Observer
from trainers.out_of_budget import OutOfTime
from trainers.result import GroupResult
from trainers.run import Run
from trainers.run_state import Diverged, RunState

LOG = logging.getLogger("cotrain.jobs")


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


def train_run(
    bench: Bench, run: Run, *, observe: Observer | None = None, keep: Path | None = None, until: int | None = None
) -> GroupResult:
    """Trains one run by itself.

    Args:
        observe: Called before every optimiser step; what it computes counts as the run's cost.
        keep: File that holds the run while it is in progress: it is written at intervals and where the process is asked
            to end, taken up where it is there, and removed at the end. What is taken up ends, on a CPU, with the same
            weights, bit by bit, as what never stopped.
        until: Points of the curve after which it pauses and is kept: the result then has the curve so far, and nothing
            is read. None trains to the end.

    Raises:
        Terminated: If the process is asked to end; the run is kept.
        OutOfTime: If the deadline comes; alike.
        ValueError: If the run has another method than the bench, or an observed run is to be kept.
    """
    if observe is not None and keep is not None:
        raise ValueError("Expected an observed run not to be kept: its observer would not be.")
    if (run.method or bench.spec.method) != bench.spec.method:
        raise ValueError(f"Expected a run with the bench's own {bench.spec.method}, but got {run.method}.")
    with torch.random.fork_rng(devices=[bench.device] if bench.device.type == "cuda" else []):
        bench = grown(bench, len(run.group))  # draws weights when it is made
    return train_on(bench, run, observe=observe, keep=keep, until=until)


def train_on(
    bench: Bench, run: Run, *, observe: Observer | None = None, keep: Path | None = None, until: int | None = None
) -> GroupResult:
    """The same on a bench whose adapter has the rank of the group already."""
    random = torch.random.fork_rng(devices=[bench.device] if bench.device.type == "cuda" else [])
    with random, together(several=bench.team.count > 1):
        torch.manual_seed(int(seeded("dropout", run.seed).integers(2**62)))
        state = SingleRun(bench, run, observe=observe)
        with ending_at_checks():
            state.train(KeptRun(keep, writes=bench.team.writes), until=until)
    seconds = state.before + time.perf_counter() - state.start
    state.forward = round(bench.team.total(state.forward, bench.device))
    state.backward = round(bench.team.total(state.backward, bench.device))
    return state.result(seconds=bench.team.count * seconds, adapter=state.adapter)


class SingleRun(RunState):
    """A run with the bench's adapter.

    Args:
        bench: Base model and data, with the adapter of a group of this size.
        run: What is asked for.
        observe: As of :func:`train_run`.
    """

    def __init__(self, bench: Bench, run: Run, *, observe: Observer | None = None) -> None:
        self.start, self.before = time.perf_counter(), 0.0  # when it was taken up, and seconds until then
        super().__init__(bench, run)
        self.observe = observe
        self.pieces = self.training.pieces
        self.done = self.into = 0  # parts that are done, and steps of the next one
        self.weighting = bench.team.same(open_aggregator(self.training.aggregator)) if self.jointly else None
        bench.reset(seed=run.seed)
        shared, heads = bench.adapter_parameters, {name: list(head.parameters()) for name, head in self.heads.items()}
        private = {name: bench.private_parameters(name) for name in heads}
        self.own = {name: [*of, *private[name]] for name, of in heads.items()}
        groups = [
            {"params": shared, "head": False},
            *({"params": of, "head": True} for of in heads.values()),
            *({"params": of, "head": False} for of in private.values() if of),
        ]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=self.training.weight_decay)
        self.retune()
        self.optimizer.zero_grad(set_to_none=True)  # of a run that ended in an error
        self.average(shared, self.own)

    def train(self, kept: KeptRun, *, until: int | None = None) -> None:
        """Trains to the end, and reads the held-out splits at the best point unless the run has failed.

        Args:
            until: As of :func:`train_run`.

        Raises:
            Terminated: If the process is asked to end; the run is kept.
            OutOfTime: If the deadline comes; alike.
        """
        kept.restore(self)
        self.bench.team.align([of.data for of in self._trained(*self.own)])
        try:
            with self.ending():
                self._descend_all(kept, until)
            if self.paused:
                kept.save(self)
                return
            if self.failed is None:
                self.restore()
                with self.ending():
                    self._read_all()
        except (Terminated, OutOfTime):
            kept.save(self)
            raise
        kept.drop()

    def _descend_all(self, kept: KeptRun, until: int | None) -> None:
        for number, steps in enumerate(self.parts()):
            if self.curve.finished:
                return
            if until is not None and number >= until:
                self.paused = True
                return
            if number < self.done:
                continue
            each = len(self.group) if self.jointly else 1
            for at in range(self.into * each, len(steps), each):
                self._check()
                if kept.due:
                    kept.save(self)
                if self.jointly:
                    self.descend_jointly(steps[at : at + each])
                else:
                    self.descend(*steps[at])
                self.into += 1
            with averaged(self.averages):
                stop = {name: self.evaluate(name, "stop") for name in self.served}
            self.point(stop)
            self.done, self.into = number + 1, 0

    def _check(self) -> None:
        """Where the run can end: if one process of several that train it is asked to, all of them end at this step."""
        team = self.bench.team
        if team.count == 1:
            check()
        elif team.total(float(asked()), self.bench.device) > 0:
            raise end()

    def _read_all(self) -> None:
        before = self.forward
        try:
            for name in self.served:
                for split in self.run.splits:
                    self.take(name, split, self.evaluate(name, split))
        except (Terminated, OutOfTime):
            self.forward = before  # it will be read again
            raise

    def descend(self, name: str, rows: NDArray[np.int64]) -> None:
        """Takes one optimiser step.

        Raises:
            Diverged: If the loss is not finite.
        """
        if self.observe is not None:
            self.observe(self)
        self.note(name, self.backpropagate(name, rows))
        norm = torch.nn.utils.clip_grad_norm_([*self.bench.adapter_parameters, *self.own[name]], self.training.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.stepped(name, norm=norm)
        self.retune()

    def descend_jointly(self, steps: Sequence[Step]) -> None:
        """Takes one optimiser step on a batch of every member, whose gradients of the adapter are combined.

        Raises:
            Diverged: If a loss or a gradient is not finite.
        """
        if self.observe is not None:
            self.observe(self)
        shared, gradients, heads = self.bench.adapter_parameters, {}, {}
        for name, rows in steps:
            self.note(name, self.backpropagate(name, rows))
            gradients[name], heads[name] = taken(shared), taken(self.own[name])
        try:
            shares = combine(shared, gradients, self.weighting)
        except NotFinite as error:
            raise Diverged(f"the gradient of task {error.task} was not finite at step {self.steps + 1}") from None
        for name, share in shares.items():
            self.unread_shares[name].append(share)
        for name, grads in heads.items():
            for parameter, grad in zip(self.own[name], grads, strict=True):
                parameter.grad = grad
        every = [*shared, *(parameter for own in self.own.values() for parameter in own)]
        norm = torch.nn.utils.clip_grad_norm_(every, self.training.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.stepped(*heads, norm=norm)
        self.retune()

    def retune(self) -> None:
        """Sets the optimiser's step sizes for the next step."""
        rate, head_rate = self.rates
        for group in self.optimizer.param_groups:
            group["lr"] = head_rate if group["head"] else rate

    def backpropagate(self, name: str, rows: NDArray[np.int64]) -> float:
        """Adds a batch's gradients, in as many pieces as memory needs, and returns its mean loss."""
        before = self.forward, self.backward
        while True:
            try:
                return self._in_pieces(name, rows)
            except (RuntimeError, MemoryError) as error:
                whole = self.bench.tasks[name].kind.pooled or self.pieces >= len(rows)
                if whole or not out_of_memory(error):
                    raise
            self.optimizer.zero_grad(set_to_none=True)
            self.forward, self.backward = before
            self.pieces *= 2
            LOG.info("out of memory in a step of %s: its batches are in %d pieces now", name, self.pieces)
            free_memory(self.bench.device)

    def _in_pieces(self, name: str, rows: NDArray[np.int64]) -> float:
        team, pooled = self.bench.team, self.bench.tasks[name].kind.pooled
        own = team.part(rows, whole=pooled)
        pieces = 1 if pooled else min(self.pieces, len(own))
        total = 0.0
        for piece in np.array_split(own, pieces) if len(own) else []:
            loss = self.loss(name, piece) * (len(piece) / len(rows))
            total += float(loss.detach())
            if not np.isfinite(total):  # the run ends, and leaves no gradients to the next one
                self.optimizer.zero_grad(set_to_none=True)
                break
            loss.backward()
        team.add(self._trained(name))
        return team.total(total, self.bench.device)

    def _trained(self, *names: str) -> list[torch.nn.Parameter]:
        """Weights of the adapter and of these tasks' heads."""
        return [*self.bench.adapter_parameters, *(of for name in names for of in self.own[name])]

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
        team, device = self.bench.team, self.bench.device
        self.bench.adapter.set_dropout(on=False)
        found = evaluate(self.bench, name, split, self.heads[name])
        return Evaluation(team.agreed(found.losses, device), team.agreed(found.scores, device), found.tokens)

    @property
    def adapter(self) -> dict[str, Tensor]:
        """The adapter's present weights by the names that files have."""
        return self.bench.adapter_weights()
