"""What a run keeps while it trains, whoever computes its steps: heads, averages, curve, counts, and its result.

:mod:`trainers.loop` computes one run's steps, :mod:`trainers.stacked` those of several at once. Where a curve's best
point lies, what has diverged and what a result holds is decided here, for both.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.averaging import MovingAverage, load
from trainers.bench import Bench
from trainers.class_weights import class_weights, example_weights
from trainers.cost import Cost
from trainers.curve import Curve, Point
from trainers.evaluate import Evaluation
from trainers.fitted_heads import initial_head
from trainers.language_head import completion_losses
from trainers.losses import training_loss
from trainers.memory import peak_memory
from trainers.mixing import Step, one_pass
from trainers.result import GroupResult, MemberResult
from trainers.run import Run

REMEDY = "lower `training.learning_rate`, or look for extreme values in the task's data"
"""What a failed run is told with."""


class Diverged(Exception):
    """A loss, a gradient or a score is not finite; the message names the task."""


class RunState:
    """A run's heads, averages, curve and counts; who trains it adds adapter and optimiser.

    Args:
        bench: Base model and data.
        run: What is asked for.
    """

    def __init__(self, bench: Bench, run: Run) -> None:
        self.bench, self.run, self.served, self.seed = bench, run, sorted(run.group), run.seed
        self.group = sorted({*run.group, *run.helpers})
        self.training = run.training or bench.spec.training
        self.heads = {name: initial_head(bench, name, seed=run.seed, training=self.training) for name in self.group}
        self.curve = Curve(passes=run.passes, limit=run.limit, grid=self.training.grid)
        self.read: dict[str, dict[str, Evaluation]] = {name: {} for name in self.served}
        self.steps = self.forward = self.backward = 0
        self.failed: str | None = None
        self.paused = False  # ended before its passes, to go on later
        self.unread: dict[str, list[float]] = {name: [] for name in self.group}
        self.last = "", torch.zeros(())  # task and gradient norm of the step that made the present weights
        self.jointly = self.training.jointly and len(self.group) > 1
        self.unread_shares: dict[str, list[float]] = {name: [] for name in self.group}
        self.class_weights = self._class_weights()

    def _class_weights(self) -> dict[str, Tensor]:
        """Weights by class of the members whose losses have any."""
        if self.training.weights == "none":
            return {}
        found = {name: class_weights(self.bench.tasks[name]) for name in self.group}
        return {name: of.to(self.bench.device) for name, of in found.items() if of is not None}

    def average(self, shared: Sequence[Tensor], own: Mapping[str, Sequence[Tensor]]) -> None:
        """Begins the averages of the adapter's weights and of each head's."""
        ema = self.training.ema
        self.adapter_size = sum(tensor.numel() for tensor in shared)
        often = 1 if self.jointly else len(self.group)
        self.shared_average = MovingAverage(shared, decay=ema ** (1 / often))
        self.own_averages = {name: MovingAverage(tensors, decay=ema) for name, tensors in own.items()}
        self.averages = [self.shared_average, *self.own_averages.values()]

    def parts(self) -> Iterator[list[Step]]:
        """The batches between one point of the curve and the next, up to the longest that the run may take.

        Where members step jointly, a step's batches stand together, one of each member.
        """
        training, each = self.training, len(self.group) if self.jointly else 1
        for number in range(self.run.limit or self.run.passes):
            steps = one_pass(
                self.group,
                self.bench.tasks,
                batch_size=training.batch_size,
                seed=self.seed,
                number=number,
                mixing=training.mixing,
                parts=training.grid,
                jointly=self.jointly,
            )
            for part in np.array_split(np.arange(len(steps)).reshape(-1, each), training.grid):
                yield [steps[index] for index in part.ravel()]

    def places(self, name: str, rows: NDArray[np.int64]) -> tuple[tuple[NDArray[np.int64], ...], Tensor]:
        """Texts by side that a training batch reads, and its targets; a query brings its own document."""
        task = self.bench.tasks[name]
        split = task.splits["train"]
        targets = split.targets[rows]
        places = (rows, targets) if task.kind.pooled else (rows,) * len(split.sides)
        return places, torch.from_numpy(np.ascontiguousarray(targets)).to(self.bench.device)

    def batch_loss(self, name: str, features: Sequence[Tensor], targets: Tensor) -> Tensor:
        """Mean loss of a training batch, times the task's weight in a group.

        Args:
            features: Pooled features of its sides, or the states that it is read at.
        """
        task, of_class = self.bench.tasks[name], self.class_weights.get(name)
        if task.kind.name == "text":
            loss = completion_losses(self.heads[name], features[0], targets).mean()
        else:
            weights = None if of_class is None else example_weights(of_class, targets)
            loss = training_loss(task.kind.name, self.heads[name](*features), targets, weights)
        return loss if len(self.group) == 1 or task.weight == 1 else task.weight * loss

    @property
    def rates(self) -> tuple[float, float]:
        """Step sizes of adapter and head at the next step."""
        warm = min(1.0, (self.steps + 1) / (self.training.warmup + 1))
        return warm * self.training.learning_rate, warm * self.training.head_learning_rate

    def note(self, name: str, loss: float) -> None:
        """Takes a training batch's loss in.

        Raises:
            Diverged: If it is not finite.
        """
        if not np.isfinite(loss):
            raise self._diverged(f"the training loss of task {name} became {loss} at step {self.steps + 1}")
        self.unread[name].append(loss)

    def stepped(self, *names: str, norm: Tensor) -> None:
        """Averages the weights after a step on a batch of a task, or on one of each member.

        Args:
            norm: Of the gradient, before it was clipped.
        """
        self.steps += 1
        self.shared_average.update()
        for name in names:
            self.own_averages[name].update()
        self.last = ", ".join(names), norm

    def point(self, stop: Mapping[str, Evaluation]) -> None:
        """Adds a point to the curve, read on the stop half of every task that is served with the averaged weights.

        Raises:
            Diverged: If a loss or a score is not finite.
        """
        losses: dict[str, float] = {}
        for name in self.served:
            self._count(name, "stop", stop[name])
            losses[name] = float(stop[name].losses.mean())
        for name, loss in losses.items():
            if not np.isfinite(loss):
                raise self._diverged(f"the mean stop-half loss of task {name} was {loss} after {self.steps} steps")
        value = float(
            np.mean([losses[name] / self.bench.tasks[name].splits["stop"].prior_loss for name in self.served])
        )
        train = {name: float(np.mean(part)) if part else float("nan") for name, part in self.unread.items()}
        shares = {name: float(np.mean(part)) for name, part in self.unread_shares.items() if part}
        self.unread = {name: [] for name in self.group}
        self.unread_shares = {name: [] for name in self.group}
        self.curve.add(Point(value, losses, train, shares), [average.average for average in self.averages])

    def restore(self) -> None:
        """Loads the averaged weights of the best point."""
        if self.curve.weights is None:
            raise RuntimeError("Expected a point that improved the curve, but it kept no weights.")
        load(self.curve.weights, self.averages)
        self.last = "", torch.zeros(())

    def take(self, name: str, split: str, evaluation: Evaluation) -> None:
        """Keeps what was read on a held-out split at the best point.

        Raises:
            Diverged: If a loss or a score is not finite.
        """
        self._count(name, split, evaluation)
        self.read[name][split] = evaluation

    def _count(self, name: str, split: str, evaluation: Evaluation) -> None:
        self.forward += evaluation.tokens
        for what, values in (("loss", evaluation.losses), ("score", evaluation.scores)):
            wrong = values[~np.isfinite(values)]
            if len(wrong):
                raise self._diverged(
                    f"a {what} of task {name} on its {split} split was {float(wrong[0])} after {self.steps} steps"
                )

    def _diverged(self, found: str) -> Diverged:
        """The error for ``found``, or for the step before it, if its gradient had already spoiled the weights."""
        task, norm = self.last
        if task and not torch.isfinite(norm):
            return Diverged(f"the gradient of task {task} became {float(norm)} at step {self.steps}")
        return Diverged(found)

    @contextmanager
    def ending(self) -> Iterator[None]:
        """A run that diverges within it ends: it has failed, or is a reference that had made its passes."""
        try:
            yield
        except Diverged as error:
            if self.curve.may_end:
                self.curve.end()
            else:
                self.failed = f"{error} ({'+'.join(self.group)}, seed {self.seed}); {REMEDY}"

    @property
    def going(self) -> bool:
        """Whether it has a step or a point to make."""
        return self.failed is None and not self.curve.finished

    @property
    def flops(self) -> float:
        """Work done, as the run counts it alone; other ranks than the bench's have other weights."""
        more = self.adapter_size - sum(parameter.numel() for parameter in self.bench.adapter_parameters)
        forward = self.bench.forward_flops + 2.0 * more
        members = len(self.group) if self.jointly else 0
        products = 2.0 * self.steps * members * (members + 1) * self.adapter_size  # of gradients, and their sum
        trained = self.backward * (2 * forward + 2.0 * (self.bench.multiplied + more))
        return self.forward * forward + trained + products

    def result(self, *, seconds: float, adapter: Mapping[str, Tensor]) -> GroupResult:
        """What the run leaves behind.

        Args:
            seconds: The run's share of the time.
            adapter: The adapter's present weights by the names that files have.
        """
        points = self.curve.points if self.curve.finished or self.paused else []
        return GroupResult(
            group=tuple(self.served),
            seed=self.seed,
            reference=self.run.limit is not None,
            grid=np.arange(1, len(points) + 1) / self.training.grid,
            chosen=self.curve.chosen if points else 0,
            members={name: self._member(name) for name in (self.served if self.failed is None else ())},
            steps=self.steps,
            cost=Cost(
                seconds=seconds,
                flops=self.flops,
                tokens_forward=self.forward,
                tokens_backward=self.backward,
                jobs=1,
            ),
            peak_memory=peak_memory(self.bench.device),
            weights=self._weights(adapter) if self.run.keep_weights and self.failed is None else {},
            failed=self.failed,
        )

    def _member(self, name: str) -> MemberResult:
        task, read = self.bench.tasks[name], self.read[name]
        return MemberResult(
            curve=np.array([point.stop[name] for point in self.curve.points]),
            train_curve=np.array([point.train[name] for point in self.curve.points]),
            share_curve=np.array([point.shares[name] for point in self.curve.points if name in point.shares]),
            losses={split: part.losses for split, part in read.items()},
            scores={split: part.scores for split, part in read.items()},
            metric={split: float(task.metric(part.scores, task.splits[split].targets)) for split, part in read.items()},
        )

    def _weights(self, adapter: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
        """Adapter weights by the names that files have, head weights under ``heads.<task>.``."""
        heads = {
            f"heads.{task}.{name}": own for task in self.served for name, own in self.heads[task].named_parameters()
        }
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in {**adapter, **heads}.items()}
