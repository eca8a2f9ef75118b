"""The only training loop: one adapter, the heads of a group, one seed."""

import time
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from trainers.averaging import MovingAverage, averaged, load
from trainers.bench import Bench
from trainers.cost import Cost
from trainers.evaluate import Evaluation, evaluate
from trainers.fitted_heads import initial_head
from trainers.losses import LOSSES, in_batch
from trainers.memory import peak_memory
from trainers.mixing import Step, one_pass, seeded
from trainers.result import GroupResult, MemberResult

REMEDY = "lower `training.learning_rate`, or look for extreme values in the task's data"
"""What a failed run is told with."""


class Diverged(Exception):
    """A loss, a gradient or a score is not finite; the message names the task."""


def train_group(
    bench: Bench,
    group: Sequence[str],
    *,
    seed: int,
    passes: int,
    limit: int | None = None,
    splits: Sequence[str] = ("select",),
    keep_weights: bool = False,
) -> GroupResult:
    """Trains one adapter for all tasks of ``group`` and reads it at the best point of its curve.

    A run whose losses stop being finite before it made ``passes`` passes has failed, and so has one that is not finite
    where it is read: the result says why and holds nothing. An earlier point of its curve is not read in their place,
    as it had fewer passes than the runs it would be compared with, and other seeds would not reach it surely. A
    reference has no set length: one that diverges after ``passes`` passes ends there, and its best point counts.

    Args:
        group: Names of the members; their order does not matter.
        seed: Runs of equal seed share adapter initialisation, heads and the order of each task's own batches.
        passes: Passes of every member over its own examples.
        limit: For a task's reference: passes up to which it may go on. It ends once ``passes`` passes in a row bring no
            better stop-half loss. None for a group, which makes exactly ``passes``.
        splits: Held-out splits that are read at the chosen point.
        keep_weights: Whether the result carries adapter and heads.
    """
    with torch.random.fork_rng(devices=[bench.device] if bench.device.type == "cuda" else []):
        torch.manual_seed(int(seeded("dropout", seed).integers(2**62)))
        return _train(
            bench, sorted(group), seed=seed, passes=passes, limit=limit, splits=splits, keep_weights=keep_weights
        )


def _train(
    bench: Bench,
    group: list[str],
    *,
    seed: int,
    passes: int,
    limit: int | None,
    splits: Sequence[str],
    keep_weights: bool,
) -> GroupResult:
    start = time.perf_counter()
    run = _Run(bench, group, seed=seed)
    grid = bench.spec.training.grid
    points, chosen, failed = list[_Point](), 0, None
    read: dict[str, dict[str, Evaluation]] = {}
    try:
        points = run.curve(passes=passes, limit=limit)
        chosen = int(np.argmin([point.value for point in points]))
        run.restore(points[chosen])
        read = {name: {split: run.evaluate(name, split) for split in splits} for name in run.group}
    except Diverged as error:
        failed = f"{error} ({'+'.join(run.group)}, seed {seed}); {REMEDY}"
    return GroupResult(
        group=tuple(run.group),
        seed=seed,
        reference=limit is not None,
        grid=np.arange(1, len(points) + 1) / grid,
        chosen=chosen,
        members={
            name: MemberResult(
                curve=np.array([point.stop[name] for point in points]),
                train_curve=np.array([point.train[name] for point in points]),
                losses={split: part.losses for split, part in read[name].items()},
                scores={split: part.scores for split, part in read[name].items()},
                metric={
                    split: float(bench.tasks[name].metric(part.scores, bench.tasks[name].splits[split].targets))
                    for split, part in read[name].items()
                },
            )
            for name in (run.group if failed is None else ())
        },
        steps=run.steps,
        cost=Cost(
            seconds=time.perf_counter() - start,
            flops=run.forward * bench.forward_flops + run.backward * bench.training_flops,
            tokens_forward=run.forward,
            tokens_backward=run.backward,
            jobs=1,
        ),
        peak_memory=peak_memory(bench.device),
        weights=run.weights() if keep_weights and failed is None else {},
        failed=failed,
    )


class _Point:
    """One point of the curves, with the averaged weights if it was the best so far."""

    def __init__(
        self, value: float, stop: Mapping[str, float], train: Mapping[str, float], weights: list[list[Tensor]] | None
    ) -> None:
        self.value, self.stop, self.train, self.weights = value, stop, train, weights


class _Run:
    """The state of one run: weights, optimiser, averages and counts."""

    def __init__(self, bench: Bench, group: list[str], *, seed: int) -> None:
        self.bench, self.group, self.seed = bench, group, seed
        training = bench.spec.training
        reset_adapter(bench.adapter, seed=seed)
        self.heads = {name: initial_head(bench, name, seed=seed) for name in group}
        shared = bench.adapter_parameters
        self.own = {name: list(head.parameters()) for name, head in self.heads.items()}
        self.optimizer = torch.optim.AdamW(
            [
                {"params": shared, "lr": training.learning_rate},
                *({"params": own, "lr": training.head_learning_rate} for own in self.own.values()),
            ],
            weight_decay=training.weight_decay,
        )
        self.warmup = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: min(1.0, (step + 1) / (training.warmup + 1))
        )
        self.shared_average = MovingAverage(shared, decay=training.ema ** (1 / len(group)))
        self.own_averages = {name: MovingAverage(own, decay=training.ema) for name, own in self.own.items()}
        self.averages = [self.shared_average, *self.own_averages.values()]
        self.steps = self.forward = self.backward = 0
        self.last = "", torch.zeros(())  # task and gradient norm of the step that made the present weights

    def curve(self, *, passes: int, limit: int | None) -> list["_Point"]:
        """Trains; returns the points of the curve.

        Raises:
            Diverged: If a loss is not finite before ``passes`` passes are made.
        """
        training = self.bench.spec.training
        points: list[_Point] = []
        for number in range(limit or passes):
            steps = one_pass(
                self.group, self.bench.tasks, batch_size=training.batch_size, seed=self.seed, number=number
            )
            try:
                for part in np.array_split(np.arange(len(steps)), training.grid):
                    losses = self.train([steps[index] for index in part])
                    points.append(self.point(losses, best=min((point.value for point in points), default=np.inf)))
            except Diverged:
                if number < passes:
                    raise
                break
            values = [point.value for point in points]
            if limit and (len(values) - 1 - int(np.argmin(values))) >= passes * training.grid:
                break
        return points

    def train(self, steps: Sequence[Step]) -> dict[str, float]:
        """Takes optimiser steps; returns each member's mean training loss over them.

        Raises:
            Diverged: If a loss is not finite.
        """
        losses: dict[str, list[float]] = {name: [] for name in self.group}
        for name, rows in steps:
            loss = self._loss(name, rows)
            value = float(loss.detach())
            if not np.isfinite(value):
                raise self._diverged(f"the training loss of task {name} became {value} at step {self.steps + 1}")
            losses[name].append(value)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(
                [*self.bench.adapter_parameters, *self.own[name]], self.bench.spec.training.clip
            )
            self.last = name, norm
            self.optimizer.step()
            self.warmup.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.shared_average.update()
            self.own_averages[name].update()
            self.steps += 1
        return {name: float(np.mean(values)) if values else float("nan") for name, values in losses.items()}

    def _loss(self, name: str, rows: np.ndarray) -> Tensor:
        task = self.bench.tasks[name]
        split = task.splits["train"]
        targets = split.targets[rows]
        set_dropout(self.bench.adapter, on=True)
        places = (rows, targets) if task.kind.pooled else (rows,) * len(split.sides)
        batches = [
            self.bench.inputs(name, "train", side).batch(place, self.bench.device) for side, place in enumerate(places)
        ]
        self.backward += sum(batch.tokens for batch in batches)
        scores = self.heads[name](*(self.bench.features(batch) for batch in batches))
        expected = torch.from_numpy(np.ascontiguousarray(targets)).to(self.bench.device)
        if task.kind.pooled:
            return in_batch(scores, expected).mean()
        return LOSSES[task.kind.name](scores, expected).mean()

    def point(self, train: Mapping[str, float], *, best: float) -> _Point:
        """Evaluates the averaged weights on every member's stop half.

        Raises:
            Diverged: If a loss or a score is not finite.
        """
        with averaged(self.averages):
            stop = {name: float(self.evaluate(name, "stop").losses.mean()) for name in self.group}
        for name, loss in stop.items():
            if not np.isfinite(loss):
                raise self._diverged(f"the mean stop-half loss of task {name} was {loss} after {self.steps} steps")
        value = float(np.mean([stop[name] / self.bench.tasks[name].splits["stop"].prior_loss for name in self.group]))
        weights = None
        if value < best:
            weights = [[tensor.clone() for tensor in average.average] for average in self.averages]
        return _Point(value, stop, train, weights)

    def evaluate(self, name: str, split: str) -> Evaluation:
        """The present weights on a split; counts its cost.

        Raises:
            Diverged: If a loss or a score is not finite.
        """
        set_dropout(self.bench.adapter, on=False)
        evaluation = evaluate(self.bench, name, split, self.heads[name])
        self.forward += evaluation.tokens
        for what, values in (("loss", evaluation.losses), ("score", evaluation.scores)):
            wrong = values[~np.isfinite(values)]
            if len(wrong):
                raise self._diverged(
                    f"a {what} of task {name} on its {split} split was {float(wrong[0])} after {self.steps} steps"
                )
        return evaluation

    def _diverged(self, found: str) -> Diverged:
        """The error for ``found``, or for the step before it, if its gradient had already spoiled the weights."""
        task, norm = self.last
        if task and not torch.isfinite(norm):
            return Diverged(f"the gradient of task {task} became {float(norm)} at step {self.steps}")
        return Diverged(found)

    def restore(self, point: _Point) -> None:
        """Loads the averaged weights of a point that was the best when it was reached."""
        if point.weights is None:
            raise RuntimeError("Expected a point that improved the curve, but it kept no weights.")
        load(point.weights, self.averages)
        self.last = "", torch.zeros(())

    def weights(self) -> dict[str, "np.ndarray"]:
        """Adapter weights under PEFT's names, head weights under ``heads.<task>.``."""
        from peft import get_peft_model_state_dict

        adapter = get_peft_model_state_dict(self.bench.adapter)
        named = {name: tensor.detach().cpu().numpy().copy() for name, tensor in adapter.items()}
        for task, head in self.heads.items():
            for name, parameter in head.named_parameters():
                named[f"heads.{task}.{name}"] = parameter.detach().cpu().numpy().copy()
        return named


def reset_adapter(adapter: nn.Module, *, seed: int) -> None:
    """Draws the adapter's initial weights anew, as PEFT does, from ``seed`` alone."""
    from peft.tuners.lora import LoraLayer

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(seeded("adapter", seed).integers(2**62)))
        for module in adapter.modules():
            if isinstance(module, LoraLayer):
                module.reset_lora_parameters("default", True)  # type: ignore[no-untyped-call]  # PEFT has no types here


def set_dropout(adapter: nn.Module, *, on: bool) -> None:
    """Turns the adapter's dropout on or off; the frozen base model's stays off, as its cached layers need."""
    from peft.tuners.lora import LoraLayer

    for module in adapter.modules():
        if isinstance(module, LoraLayer):
            module.lora_dropout.train(on)
