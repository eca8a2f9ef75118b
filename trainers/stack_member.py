"""One run of a stack: what it is, and the state of its own that it trains with."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tasks.errors import InputError
from trainers.averaging import MovingAverage, load
from trainers.bench import Bench
from trainers.cost import Cost
from trainers.curve import Curve, Point
from trainers.evaluate import Evaluation
from trainers.fitted_heads import initial_head
from trainers.flat import Flat
from trainers.folding import Shape
from trainers.inputs import Inputs
from trainers.losses import training_loss
from trainers.memory import peak_memory
from trainers.methods import LoRA
from trainers.mixing import Step, one_pass
from trainers.result import GroupResult, MemberResult
from trainers.settings import Training
from trainers.stack_layers import Adapter, draw_adapter


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a stack: the arguments of :func:`trainers.loop.train_group`."""

    group: tuple[str, ...]
    """Names of the members; their order does not matter."""
    seed: int
    """Runs of equal seed share adapter initialisation, heads and the order of each task's own batches."""
    passes: int
    """Passes of every member over its own examples."""
    limit: int | None = None
    """For a task's reference: passes up to which it may go on."""
    splits: tuple[str, ...] = ("select",)
    """Held-out splits that are read at the chosen point."""
    keep_weights: bool = False
    """Whether the result carries adapter and heads."""
    method: LoRA | None = None
    """The run's own rank and scale, on the layers of the bench's method; None for the bench's."""
    training: Training | None = None
    """The run's own settings; None for the bench's."""


@dataclass(frozen=True, eq=False)
class Side:
    """Texts of one side of a batch.

    Args:
        inputs: Where they are.
        rows: Which, shape ``(B,)``.
        shape: Their number, and the tokens of the longest.
    """

    inputs: Inputs
    rows: NDArray[np.int64]
    shape: Shape


@dataclass(frozen=True, eq=False)
class Batch:
    """A run's next training batch.

    Args:
        task: Name of the task.
        sides: Its texts.
        targets: As in :class:`tasks.encoding.EncodedRows`.
    """

    task: str
    sides: Sequence[Side]
    targets: Tensor


class Member:
    """A run's weights, averages, optimiser state, curve and counts."""

    def __init__(self, bench: Bench, run: Run) -> None:
        self.bench, self.run, self.group = bench, run, sorted(run.group)
        self.training, method = run.training or bench.spec.training, run.method or bench.spec.method
        self.adapter = Adapter(draw_adapter(bench.adapter, seed=run.seed, rank=method.r), method.alpha / method.r)
        self.shared = Flat([parameter for pair in self.adapter.pairs for parameter in pair])
        self.heads = {
            name: initial_head(bench, name, seed=run.seed, training=self.training)
            for name in self.group
        }
        self.own = {name: Flat(list(head.parameters())) for name, head in self.heads.items()}
        ema = self.training.ema
        self.shared_average = MovingAverage([self.shared.values], decay=ema ** (1 / len(self.group)))
        self.own_averages = {name: MovingAverage([flat.values], decay=ema) for name, flat in self.own.items()}
        self.averages = [self.shared_average, *self.own_averages.values()]
        self.curve = Curve(passes=run.passes, limit=run.limit, grid=self.training.grid)
        self.steps = self.forward = self.backward = 0
        self._flops = self._flops_per_token()
        self.read: dict[str, dict[str, Evaluation]] = {name: {} for name in self.group}
        self._losses: dict[str, list[float]] = {}
        self._parts = self._all_parts()
        self.waiting: deque[Step] = deque()
        self.next_part()

    def _all_parts(self) -> Iterator[list[Step]]:
        """The batches between one point of the curve and the next."""
        for number in range(self.run.limit or self.run.passes):
            steps = one_pass(
                self.group,
                self.bench.tasks,
                batch_size=self.training.batch_size,
                seed=self.run.seed,
                number=number,
            )
            for part in np.array_split(np.arange(len(steps)), self.training.grid):
                yield [steps[index] for index in part]

    def next_part(self) -> None:
        """Makes the batches up to the next point wait."""
        self.waiting = deque(next(self._parts))
        self._losses = {name: [] for name in self.group}

    def next_batch(self) -> Batch:
        """Takes the next of the waiting batches, and counts its cost."""
        name, rows = self.waiting.popleft()
        task = self.bench.tasks[name]
        split = task.splits["train"]
        targets = split.targets[rows]
        places = (rows, targets) if task.kind.pooled else (rows,) * len(split.sides)
        sides: list[Side] = []
        for number, place in enumerate(places):
            inputs = self.bench.inputs(name, "train", number)
            sides.append(Side(inputs, place, (len(place), int(inputs.lengths[place].max()))))
        self.backward += sum(count * length for count, length in (side.shape for side in sides))
        return Batch(name, sides, torch.from_numpy(np.ascontiguousarray(targets)).to(self.bench.device))

    def loss(self, batch: Batch, features: Sequence[Tensor]) -> Tensor:
        """Mean loss of a batch from the pooled features of its sides."""
        scores = self.heads[batch.task](*features)
        return training_loss(self.bench.tasks[batch.task].kind.name, scores, batch.targets)

    def note(self, batch: Batch, loss: float) -> None:
        """Takes a batch's loss in.

        Raises:
            InputError: If it is not finite.
        """
        if not np.isfinite(loss):
            raise InputError(
                f"the loss of task {batch.task} in group {'+'.join(self.group)} became {loss} at step "
                f"{self.steps + 1}; lower the learning rate",
                place="training.learning_rate",
            )
        self._losses[batch.task].append(loss)

    @property
    def rates(self) -> tuple[float, float]:
        """Step sizes of adapter and head at the next step."""
        warm = min(1.0, (self.steps + 1) / (self.training.warmup + 1))
        return warm * self.training.learning_rate, warm * self.training.head_learning_rate

    def stepped(self, batch: Batch) -> None:
        """Averages the weights after a step on ``batch``."""
        self.steps += 1
        self.shared_average.update()
        self.own_averages[batch.task].update()

    def point(self, stop: Mapping[str, float]) -> None:
        """Adds a point to the curve, read with the averaged weights."""
        value = float(np.mean([stop[name] / self.bench.tasks[name].splits["stop"].prior_loss for name in self.group]))
        train = {name: float(np.mean(part)) if part else float("nan") for name, part in self._losses.items()}
        self.curve.add(Point(value, stop, train), [average.average for average in self.averages])

    def restore(self) -> None:
        """Loads the averaged weights of the best point."""
        if self.curve.weights is None:
            raise RuntimeError("Expected a point that improved the curve, but it kept no weights.")
        load(self.curve.weights, self.averages)

    def _flops_per_token(self) -> tuple[float, float]:
        """Forward, and forward and backward, as :class:`trainers.bench.Bench` counts them, at the run's own rank."""
        own = len(self.shared.values)
        more = own - sum(parameter.numel() for parameter in self.bench.adapter_parameters)
        forward = self.bench.forward_flops + 2.0 * more
        return forward, 2 * forward + 2.0 * own

    @property
    def flops(self) -> float:
        """Work done, as the run would count it alone."""
        return self.forward * self._flops[0] + self.backward * self._flops[1]

    def result(self, *, seconds: float, names: Sequence[str]) -> GroupResult:
        """What the run leaves behind.

        Args:
            seconds: The run's share of the time.
            names: PEFT's names of the adapter's weights, in the model's order.
        """
        grid, points = self.training.grid, self.curve.points
        return GroupResult(
            group=tuple(self.group),
            seed=self.run.seed,
            reference=self.run.limit is not None,
            grid=np.arange(1, len(points) + 1) / grid,
            chosen=self.curve.chosen,
            members={name: self._member(name) for name in self.group},
            steps=self.steps,
            cost=Cost(
                seconds=seconds,
                flops=self.flops,
                tokens_forward=self.forward,
                tokens_backward=self.backward,
                jobs=1,
            ),
            peak_memory=peak_memory(self.bench.device),
            weights=self._weights(names) if self.run.keep_weights else {},
        )

    def _member(self, name: str) -> MemberResult:
        task, read = self.bench.tasks[name], self.read[name]
        return MemberResult(
            curve=np.array([point.stop[name] for point in self.curve.points]),
            train_curve=np.array([point.train[name] for point in self.curve.points]),
            losses={split: part.losses for split, part in read.items()},
            scores={split: part.scores for split, part in read.items()},
            metric={split: float(task.metric(part.scores, task.splits[split].targets)) for split, part in read.items()},
        )

    def _weights(self, names: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        named = dict(zip(names, self.shared.parameters, strict=True))
        for task, head in self.heads.items():
            named |= {f"heads.{task}.{name}": parameter for name, parameter in head.named_parameters()}
        return {name: parameter.detach().cpu().numpy().copy() for name, parameter in named.items()}
