"""Where gradients are taken: adapter and heads after a short run of all tasks on half of their training examples."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainers.packing import pack, unpack
from trainers.result import GroupResult
from trainers.train_job import RESULTS_VERSION

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec

HALVES = (0, 1)
"""Of the training examples: one anchor may learn from each."""


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
    share: float = 1.0
    """Of the model's layers that are adapted, the uppermost; no more than the bench adapts."""

    @classmethod
    def of(cls, spec: "BenchSpec", *, half: int, seed: int, passes: int, share: float = 1.0) -> "Anchor":
        """The job of all tasks of a bench."""
        from trainers.train_job import train_job

        whole = train_job(spec, tuple(spec.tasks), seed=seed, passes=passes)
        return cls(
            group=whole.group,
            half=half,
            seed=seed,
            passes=passes,
            context=whole.context,
            size=whole.size / 2,
            share=share,
        )

    @property
    def key(self) -> str:
        content = ["anchor", RESULTS_VERSION, self.group, self.half, self.seed, self.passes, self.context, self.share]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"anchor on half {self.half}, seed {self.seed}"

    def run(self, context: "Bench") -> GroupResult:
        from trainers.halves import halved
        from trainers.loop import train_group
        from trainers.upper import upper

        bench = halved(upper(context, self.share), self.half)
        return train_group(bench, self.group, seed=self.seed, passes=self.passes, splits=(), keep_weights=True)

    def encode(self, result: GroupResult) -> bytes:
        return pack(result)

    def decode(self, data: bytes) -> GroupResult:
        return unpack(data)
