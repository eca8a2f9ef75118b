"""Where gradients are taken: adapter and heads after a short run of all tasks on half of their training examples.

Gradients of examples that a run has learned from look as if they were learned already, and mislead about the others.
Hence the other half is looked at, and the other way round.

How far the run goes matters more than how: it takes few steps in large batches, each as long as those of the small
batches that it stands for together.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trainers.packing import pack, unpack
from trainers.result import GroupResult
from trainers.run import Run
from trainers.settings import Training

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec

HALVES = (0, 1)
"""Of the training examples: each is looked at from an anchor that learned from the other."""
BATCH = 32
"""Examples per step, or the trainer's batch where that is larger."""


def anchor_training(training: Training) -> Training:
    """Settings with steps of :data:`BATCH` examples and step sizes in proportion.

    Source: step sizes in proportion to the batch are Goyal et al., 2017, https://arxiv.org/abs/1706.02677.
    """
    factor = max(BATCH / training.batch_size, 1.0)
    return replace(
        training,
        batch_size=round(training.batch_size * factor),
        learning_rate=training.learning_rate * factor,
        head_learning_rate=training.head_learning_rate * factor,
        warmup=round(training.warmup / factor),
    )


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A run of all tasks on one half, as a job; its result keeps its weights."""

    group: tuple[str, ...]
    """Names of the tasks, sorted."""
    half: int
    """The half that is learned from."""
    seed: int
    """Seed of the run."""
    passes: int
    """Passes over the half."""
    context: str
    """Content hash of base model, data, method, training settings, device and threads."""
    size: float
    """Training tokens over all passes."""

    @classmethod
    def of(cls, spec: "BenchSpec", *, half: int, seed: int, passes: int) -> "Anchor":
        """The job of all tasks of a bench."""
        from trainers.train_job import train_job

        whole = train_job(spec, tuple(spec.tasks), seed=seed, passes=passes)
        return cls(group=whole.group, half=half, seed=seed, passes=passes, context=whole.context, size=whole.size / 2)

    @property
    def key(self) -> str:
        content = ["anchor", BATCH, self.group, self.half, self.seed, self.passes, self.context]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"anchor on half {self.half}, seed {self.seed}"

    def run(self, context: "Bench") -> GroupResult:
        from trainers.halves import halved
        from trainers.loop import train_run

        asked = Run(
            group=self.group,
            seed=self.seed,
            passes=self.passes,
            splits=(),
            keep_weights=True,
            training=anchor_training(context.spec.training),
        )
        return train_run(halved(context, self.half), asked)

    def encode(self, result: GroupResult) -> bytes:
        return pack(result)

    def decode(self, data: bytes) -> GroupResult:
        return unpack(data)
