"""Several runs trained at once over one frozen base model, each as :func:`trainers.loop.train_run` trains it alone.

In a *round* every run that is not finished takes one optimiser step of its own. What the runs share is the frozen base:
their batches are rows of one batch. Everything else is each run's own: adapter, heads, gradient norm, AdamW state and
step counts, averages, curve and end. A run that is finished or has
diverged takes part in nothing, and the others go on.

Batches of a round have different lengths. Runs are sorted by length and cut into *folds* whose graphs are held together
(:func:`trainers.folding.folds`): a bound on positions keeps the memory of a stack near that of one run, whatever its
size. Within a fold, texts share a forward pass only where padding them to one length adds a few percent
(:func:`trainers.folding.passes`); a batch that is much shorter passes alone, without padding. Runs that reach a point
of their curves in the same round, or end in it, and have a task in common, are evaluated together: every batch of texts
is repeated for as many of them as the bound allows.

Results are those of runs alone up to rounding: products of other shapes sum in another order. A run's cost counts the
positions that it would have computed alone, so that it does not depend on who trained beside it; seconds are shared out
in proportion to the counted work.

Dropout draws from one stream per process, whose order a stack would change: with dropout in the adapter, the runs of a
stack are trained one after the other. So are those of methods other than LoRA and rsLoRA, and those whose layers are
computed again, which would meet the adapters of another pass, and those whose members step jointly.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from trainers.averaging import averaged
from trainers.bench import Bench
from trainers.evaluate import ROWS, Evaluation, evaluate_each
from trainers.flat import adamw, clip_each
from trainers.folding import FOLDINGS, Folding, folds, passes
from trainers.inputs import joined
from trainers.interruption import check
from trainers.loop import train_run
from trainers.memory import free_memory, out_of_memory
from trainers.methods import LoRA
from trainers.result import GroupResult
from trainers.run import Run
from trainers.stack_job import stackable
from trainers.stack_layers import Routing, stacked_layers
from trainers.stack_member import Batch, Member, Side

LOG = logging.getLogger("cotrain.jobs")


def train_stack(bench: Bench, runs: Sequence[Run], *, folding: Folding | None = None) -> list[GroupResult]:
    """Results of all runs, in their order.

    If memory does not suffice, both halves of the stack are trained one after the other, each from its beginning.

    Args:
        folding: What is computed together; by default as the bench's type of device has it.

    Raises:
        torch.OutOfMemoryError: If memory does not suffice for one run; on a CPU, the allocator's RuntimeError.
        ValueError: If a run's own method adapts other layers than the bench's, or uses dropout.
    """
    for run in runs:
        _check(bench, run)
    if not stackable(bench.spec) or any((run.training or bench.spec.training).jointly for run in runs):
        return [train_run(bench, run) for run in runs]
    results = _attempt(bench, runs, folding or FOLDINGS.get(bench.device.type, FOLDINGS["cpu"]))
    if results is not None:
        return results
    free_memory(bench.device)
    half = len(runs) // 2
    LOG.info("out of memory with %d runs at once: they are trained in two halves", len(runs))
    return [result for part in (runs[:half], runs[half:]) for result in train_stack(bench, part, folding=folding)]


def _check(bench: Bench, run: Run) -> None:
    own, method = run.method, bench.spec.method
    if own is None or own == method:
        return
    if not isinstance(method, LoRA) or _bare(own) != _bare(method):
        raise ValueError(
            f"Expected a run that adapts what {method} adapts, with a rank and scale of its own at most, but got {own}."
        )


def _bare(method: LoRA) -> LoRA:
    """What a run's own method may not differ in."""
    return replace(method, r=1, alpha=1, rank_per_task=False)


def _attempt(bench: Bench, runs: Sequence[Run], folding: Folding) -> list[GroupResult] | None:
    """Results, or None if memory does not suffice for several runs; what they held is free again on return."""
    try:
        return _Stack(bench, runs, folding).train()
    except (RuntimeError, MemoryError) as error:
        if len(runs) == 1 or not out_of_memory(error):
            raise
    return None


class _Stack:
    """Runs in lockstep."""

    def __init__(self, bench: Bench, runs: Sequence[Run], folding: Folding) -> None:
        self.start = time.perf_counter()
        self.bench, self.folding, self.routing = bench, folding, Routing()
        self.names = list(bench.adapter.weights())
        self.members = [Member(bench, run) for run in runs]

    def train(self) -> list[GroupResult]:
        """Rounds until every run has ended."""
        with stacked_layers(self.bench.adapter, self.routing):
            active = self.members
            while active:
                check()
                self.round([member for member in active if member.waiting])
                self.points([member for member in active if member.going and not member.waiting])
                self.read([member for member in active if member.failed is None and member.curve.finished])
                active = [member for member in active if member.going]
                for member in active:
                    if not member.waiting:
                        member.next_part()
        seconds = time.perf_counter() - self.start
        whole = sum(member.flops for member in self.members)
        return [
            member.result(
                seconds=seconds * member.flops / whole,
                adapter=dict(zip(self.names, member.shared.parameters, strict=True)),
            )
            for member in self.members
        ]

    def round(self, members: Sequence[Member]) -> None:
        """One optimiser step of every run."""
        steps = [(member, member.next_batch()) for member in members]
        for fold in folds([[side.shape for side in batch.sides] for _, batch in steps], self.folding):
            self.descend([steps[index] for index in fold])
        steps = [(member, batch) for member, batch in steps if member.going]
        if not steps:
            return
        moved = [(member.shared, member.own[batch.task]) for member, batch in steps]
        norms = clip_each(moved, [member.training.clip for member, _ in steps])
        adamw(
            [flat for pair in moved for flat in pair],
            [rate for member, _ in steps for rate in member.rates],
            [member.training.weight_decay for member, _ in steps for _ in range(2)],
        )
        for (member, batch), norm in zip(steps, norms, strict=True):
            member.stepped(batch.task, norm=norm)

    def descend(self, fold: Sequence[tuple[Member, Batch]]) -> None:
        """Forward and backward of some runs' batches; every run's gradient is added to its own."""
        sides = [(member, side, batch.task) for member, batch in fold for side in batch.sides]
        features: dict[Side, Tensor] = {}
        for together in passes([side.shape for _, side, _ in sides], self.folding):
            some = [sides[index] for index in together]
            counts = [side.shape[0] for _, side, _ in some]
            length = max(side.shape[1] for _, side, _ in some)
            texts = [side.inputs.batch(side.rows, self.bench.device, length=length) for _, side, _ in some]
            self.routing.send([member.adapter for member, _, _ in some], rows=counts)
            parts = self.bench.states(joined(texts)).split(counts)
            features |= {
                side: self.bench.pooled(states, own, task)
                for (_, side, task), own, states in zip(some, texts, parts, strict=True)
            }
        losses = torch.stack(
            [
                member.batch_loss(batch.task, [features[side] for side in batch.sides], batch.targets)
                for member, batch in fold
            ]
        )
        for (member, batch), loss in zip(fold, losses.tolist(), strict=True):
            with member.ending():
                member.note(batch.task, loss)
        sound = [index for index, (member, _) in enumerate(fold) if member.going]
        if sound:
            losses[sound].sum().backward()

    def points(self, members: Sequence[Member]) -> None:
        """Evaluates the averaged weights on every member's stop half."""
        with averaged([average for member in members for average in member.averages]):
            read = self.evaluate([(member, name, "stop") for member in members for name in member.group])
        for member in members:
            with member.ending():
                member.point({name: read[member, name, "stop"] for name in member.group})

    def read(self, members: Sequence[Member]) -> None:
        """Reads held-out splits at the best points of runs that have ended."""
        for member in members:
            member.restore()
        wanted = [(member, name, split) for member in members for name in member.group for split in member.run.splits]
        read = self.evaluate(wanted)
        for member in members:
            with member.ending():
                for name in member.group:
                    for split in member.run.splits:
                        member.take(name, split, read[member, name, split])

    def evaluate(self, wanted: Sequence[tuple[Member, str, str]]) -> dict[tuple[Member, str, str], Evaluation]:
        """Evaluates runs, tasks and splits; runs that read the same texts share passes."""
        readers: dict[tuple[str, str], list[Member]] = {}
        for member, name, split in wanted:
            readers.setdefault((name, split), []).append(member)
        found: dict[tuple[Member, str, str], Evaluation] = {}
        for (name, split), members in readers.items():
            sides = range(len(self.bench.tasks[name].splits[split].sides))
            longest = max(int(self.bench.inputs(name, split, side).lengths.max()) for side in sides)
            at_once = max(1, self.folding.positions // (ROWS * longest))
            for start in range(0, len(members), at_once):
                some = members[start : start + at_once]
                self.routing.send([member.adapter for member in some])
                read = evaluate_each(self.bench, name, split, [member.heads[name] for member in some])
                for member, evaluation in zip(some, read, strict=True):
                    found[member, name, split] = evaluation
        return found
