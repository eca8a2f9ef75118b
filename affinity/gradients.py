"""A task's gradient with respect to the untrained adapter, with heads fitted out of fold."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from trainers.cost import Cost

if TYPE_CHECKING:
    from torch import Tensor, nn

    from trainers.bench import Bench, BenchSpec
    from trainers.head_fits import FittedHeads

PARTS_PER_FOLD = 2
"""Parts of a fold whose mean gradients are kept apart, for jackknife errors; one where they would be single rows."""
VERSION = 3
"""Raised whenever a change of code may change a gradient, so that older ones are not reused."""


@dataclass(frozen=True, eq=False)
class TaskGradient:
    """Mean loss gradients of parts of a task's training examples.

    Args:
        parts: Shape ``(parts, d)``, with ``d`` the adapter's number of weights; not finite where features or losses of
            the task are not.
        cost: What it cost.
    """

    parts: NDArray[np.float32]
    cost: Cost


@dataclass(frozen=True, kw_only=True)
class GradientJob:
    """One task's gradient, as a job."""

    task: str
    """Name of the task."""
    seed: int
    """Seed of the adapter."""
    context: str
    """Content hash of base model, data, method and device."""
    size: float
    """Training tokens."""

    trains: ClassVar[bool] = False
    """It is no training run."""

    @classmethod
    def of(cls, spec: "BenchSpec", task: str, *, seed: int) -> Self:
        """The job of a task on a bench."""
        from trainers.train_job import train_job

        run = train_job(spec, [task], seed=seed, passes=1)
        return cls(task=task, seed=seed, context=run.context, size=run.size)

    @property
    def key(self) -> str:
        content = [PARTS_PER_FOLD, self.task, self.seed, self.context]
        return hashlib.sha256(json.dumps(["gradient", VERSION, content]).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"gradient of {self.task}, seed {self.seed}"

    def run(self, context: "Bench") -> TaskGradient:
        from trainers.upper import upper

        return task_gradient(upper(context, 1.0), self.task, seed=self.seed)

    def encode(self, result: TaskGradient) -> bytes:
        cost = np.frombuffer(json.dumps(asdict(result.cost)).encode(), dtype=np.uint8)
        return save({"parts": result.parts, "cost": cost})

    def decode(self, data: bytes) -> TaskGradient:
        arrays = load(data)
        return TaskGradient(arrays["parts"], Cost(**json.loads(arrays["cost"].tobytes())))


def task_gradient(bench: "Bench", task: str, *, seed: int) -> TaskGradient:
    """Gradients of a task's mean training loss at the adapter's initial weights.

    At those weights LoRA's output factor ``B`` is 0, so the gradient of ``A`` is 0 and only that of ``B`` counts. A
    fold may hold one class only, or be all that holds one; a fold of one row is left out.
    """

    from trainers.fitted_heads import fitted_heads

    start = time.perf_counter()
    bench.adapter.reset(seed=seed)
    bench.adapter.set_dropout(on=False)
    heads = fitted_heads(bench, task)
    parts: list[NDArray[np.float32]] = []
    backward = 0
    for head, rows in parts_of(heads):
        gradient, tokens = _gradient(bench, task, head, rows)
        parts.append(gradient)
        backward += tokens
    flops = heads.tokens * bench.forward_flops + backward * bench.training_flops
    return TaskGradient(
        np.stack(parts),
        Cost(
            seconds=time.perf_counter() - start,
            flops=flops,
            tokens_forward=heads.tokens,
            tokens_backward=backward,
        ),
    )


def parts_of(heads: "FittedHeads") -> "Iterator[tuple[nn.Module, NDArray[np.int64]]]":
    """Training rows in parts, each with the head that did not see them.

    A fold has :data:`PARTS_PER_FOLD` parts, or fewer where a part would have fewer than two rows.
    """
    for fold, head in enumerate(heads.folds):
        rows = np.flatnonzero(heads.fold == fold)
        count = min(PARTS_PER_FOLD, len(rows) // 2)
        for part in np.array_split(rows, count) if count else ():
            yield head, part


def chosen_rows(
    bench: "Bench", task: str, rows: NDArray[np.int64], split: str = "train"
) -> "tuple[tuple[NDArray[np.int64], ...], Tensor]":
    """Places of the rows' texts on every side, and their targets."""
    import torch

    encoded = bench.tasks[task].splits[split]
    targets: NDArray[Any] = encoded.targets[rows]
    places = (rows, targets) if bench.tasks[task].kind.pooled else (rows,) * len(encoded.sides)
    return places, torch.from_numpy(np.ascontiguousarray(targets)).to(bench.device)


def _gradient(bench: "Bench", task: str, head: "nn.Module", rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], int]:
    """Mean gradient of the rows' losses with respect to the adapter, shape ``(d,)``, and the positions computed."""
    import torch

    from trainers.language_head import completion_losses
    from trainers.losses import LOSSES, in_batch

    kind, size = bench.tasks[task].kind, bench.spec.training.batch_size
    total = [torch.zeros_like(parameter) for parameter in bench.adapter_parameters]
    tokens = 0
    for batch_rows in np.array_split(rows, -(-len(rows) // size)):
        places, targets = chosen_rows(bench, task, batch_rows)
        batches = [bench.inputs(task, "train", side).batch(place, bench.device) for side, place in enumerate(places)]
        tokens += sum(batch.tokens for batch in batches)
        texts = [bench.features(batch, task) for batch in batches]
        if kind.name == "text":
            losses = completion_losses(head, texts[0], targets)
        else:
            scores = head(*texts)
            losses = in_batch(scores, targets) if kind.pooled else LOSSES[kind.name](scores, targets)
        found = torch.autograd.grad(losses.sum(), bench.adapter_parameters)
        torch._foreach_add_(total, list(found))
    flat = torch.cat([gradient.flatten() for gradient in total]) / len(rows)
    return flat.float().cpu().numpy(), tokens
