r"""One look at a task: readouts where training starts, gradients where it leads.

Gradients are taken at an *anchor* (:mod:`affinity.anchor`): adapter and heads after a short run of all tasks together.
At the start, LoRA's ``B`` is 0, so ``A`` has no gradient and the tangent there misses most of what training does; a
little along the way it does not. Readouts are those of the start, since that is what training starts from; on training
examples they come from heads that did not see the example.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from affinity.mapped import read_mapped
from affinity.splits import SPLITS
from tasks.errors import InputError
from trainers.cost import Cost
from trainers.mapped_file import checksum

if TYPE_CHECKING:
    from torch import nn

    from trainers.bench import Bench, BenchSpec
    from trainers.result import GroupResult

Array = NDArray[np.float32]
KINDS = ("rows", "start", "gradients", "inputs", "slopes")
"""Arrays of a pass, each by split."""
VERSION = 6
"""Raised whenever a change of code may change a result."""


@dataclass(frozen=True, eq=False)
class TaskPass:
    """What a pass over ``N`` examples of a task leaves, by split; ``R`` readouts per example.

    Args:
        examples: Training examples of the task; those that were looked at stand for them.
        rows: Which examples of the split were looked at, ascending, shape ``(N,)``.
        start: Readouts before training, shape ``(N, R)``.
        gradients: Gradients of the readouts with respect to the adapter at the anchor, shape ``(N, R, d)``.
        inputs: What the head reads before training, and a 1 for its bias, shape ``(N, h)``; of spans ``(N, R, h)``;
            nothing for retrieval.
        slopes: Derivatives of the readouts by the head's ``C`` scores before training, shape ``(N, R, C)``; as above.
        cost: What it cost.
    """

    examples: int
    rows: Mapping[str, NDArray[np.int64]]
    start: Mapping[str, Array]
    gradients: Mapping[str, Array]
    inputs: Mapping[str, Array]
    slopes: Mapping[str, Array]
    cost: Cost

    @property
    def finite(self) -> bool:
        """Whether all readouts and gradients are finite."""
        return all(bool(np.isfinite(values).all()) for kind in KINDS for values in getattr(self, kind).values())


@dataclass(frozen=True, kw_only=True)
class GradientPass:
    """One task's pass, as a job; the arrays are in a file of their own, mapped into memory, as they are large."""

    task: str
    """Name of the task."""
    anchor: "Mapping[str, NDArray[np.float32]]"
    """Adapter and heads, as :attr:`trainers.result.GroupResult.weights` has them."""
    context: str
    """Content hash of base model, data, method and device, and of the anchor."""
    folder: Path
    """Where the arrays are kept."""
    size: float
    """Tokens of the three splits."""
    most: int | None = None
    """Examples of each split that are looked at, at most; None looks at all."""
    share: float = 1.0
    """Of the model's layers that the anchor adapts, the uppermost."""

    trains: ClassVar[bool] = False
    """It is no training run."""

    @classmethod
    def of(
        cls, spec: "BenchSpec", task: str, anchor: "GroupResult", *, share: float = 1.0, most: int | None = None
    ) -> "GradientPass":
        """The job of a task at the weights that a run of all tasks has kept.

        Raises:
            ValueError: If the run has kept no weights.
        """
        from trainers.train_job import train_job

        if not anchor.weights:
            raise ValueError("Expected a run that kept its weights, but got none.")
        digest = hashlib.sha256(train_job(spec, [task], seed=0, passes=1).context.encode())
        for name in sorted(anchor.weights):
            digest.update(name.encode() + np.ascontiguousarray(anchor.weights[name]).tobytes())
        tokens = sum(int(spec.tasks[task].splits[split].lengths.sum()) for split in SPLITS)
        own = {key: of for key, of in anchor.weights.items() if not key.startswith("heads.") or _head_of(key) == task}
        return cls(
            task=task,
            anchor=own,
            context=digest.hexdigest(),
            folder=spec.cache,
            size=float(tokens),
            most=most,
            share=share,
        )

    @property
    def key(self) -> str:
        return hashlib.sha256(
            json.dumps(["gradient pass", VERSION, self.task, self.share, self.most, self.context]).encode()
        ).hexdigest()

    @property
    def label(self) -> str:
        return f"gradients of {self.task}"

    @property
    def file(self) -> Path:
        """Where the arrays are."""
        return self.folder / f"gradients-{self.key[:32]}.safetensors"

    def run(self, context: "Bench") -> TaskPass:
        from trainers.upper import upper

        return look(upper(context, self.share), self.task, self.anchor, most=self.most)

    def encode(self, result: TaskPass) -> bytes:
        """Its cost; the arrays go to the file.

        Raises:
            InputError: If the file cannot be written.
        """
        arrays = {
            f"{kind}/{split}": np.ascontiguousarray(values)
            for kind in KINDS
            for split, values in getattr(result, kind).items()
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.file.with_suffix(".tmp")
        size = sum(values.nbytes for values in arrays.values()) / 2**20
        try:
            save_file(arrays, temporary)
            temporary.rename(self.file)
        except Exception as error:  # safetensors raises its own types, which change between releases
            temporary.unlink(missing_ok=True)
            raise InputError(
                f"{size:,.0f} MiB of {self.label} cannot be written ({error}); free some room, or name another folder",
                place=str(self.folder),
            ) from None
        kept = {"examples": result.examples, "cost": asdict(result.cost), "checksum": checksum(self.file)}
        return json.dumps(kept).encode()

    def decode(self, data: bytes) -> TaskPass:
        """The pass.

        Raises:
            ValueError: If its file is gone or damaged; it is then looked at again.
        """
        kept = json.loads(data)
        try:
            arrays = read_mapped(self.file)
        except Exception as error:  # safetensors raises its own types, which change between releases
            raise ValueError(f"Expected the arrays of {self.label}, but got: {error}") from error
        if kept["checksum"] != checksum(self.file):
            raise ValueError(f"Expected the arrays of {self.label} as they were written, but got others.")
        parts: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        for name, values in arrays.items():
            kind, split = name.split("/")
            parts[kind][split] = values
        return TaskPass(**parts, examples=kept["examples"], cost=Cost(**kept["cost"]))


def look(
    bench: "Bench", task: str, anchor: "Mapping[str, NDArray[np.float32]]", *, most: int | None = None
) -> TaskPass:
    """One pass over train, stop and select: forward at the start, forward and backward at the anchor.

    Args:
        most: Examples of each split whose gradients are taken, at most.
    """
    import torch

    from affinity.example_gradients import example_gradients
    from affinity.looked_at import looked_rows
    from affinity.starting_point import starting_point

    began = time.perf_counter()
    load_weights(bench, anchor)
    head = anchor_head(bench, task, anchor)
    start = starting_point(bench, task)
    gradients, backward, flops = {}, 0, start.tokens * bench.forward_flops
    rows = {split: looked_rows(bench.tasks[task], split, most=most) for split in SPLITS}
    for split in SPLITS:
        of = example_gradients(bench, task, split, head, rows[split], candidates=start.candidates.get(split))
        gradients[split] = np.concatenate(list(of.blocks.values()), axis=2)
        backward += of.tokens
        each = bench.training_flops - bench.forward_flops  # of a readout's backward
        flops += of.tokens * (bench.forward_flops + of.readouts.shape[1] * each)
    if bench.device.type == "cuda":
        torch.cuda.synchronize(bench.device)
    cost = Cost(
        seconds=time.perf_counter() - began,
        flops=flops,
        tokens_forward=start.tokens,
        tokens_backward=backward,
    )
    read, inputs, slopes = (
        {split: values[rows[split]] for split, values in of.items()}
        for of in (start.readouts, start.inputs, start.slopes)
    )
    return TaskPass(len(bench.tasks[task].splits["train"]), rows, read, gradients, inputs, slopes, cost)


def load_weights(bench: "Bench", weights: "Mapping[str, NDArray[np.float32]]") -> None:
    """Puts a run's adapter weights in, and turns dropout off."""
    import torch

    own = {name: torch.from_numpy(of).to(bench.device) for name, of in weights.items() if not name.startswith("heads.")}
    bench.adapter.load(own)
    bench.adapter.set_dropout(on=False)


def _head_of(name: str) -> str:
    """The task whose head a weight belongs to."""
    return name.removeprefix("heads.").rsplit(".", 1)[0]


def anchor_head(bench: "Bench", task: str, weights: "Mapping[str, NDArray[np.float32]]") -> "nn.Module":
    """The task's head as a run has kept it."""
    import torch

    from trainers.fitted_heads import initial_head

    head = initial_head(bench, task, seed=0)
    with torch.no_grad():
        for name, parameter in head.named_parameters():
            values = torch.from_numpy(weights[f"heads.{task}.{name}"])
            parameter.copy_(values.reshape(parameter.shape))  # the files know no numbers without a dimension
    return head
