"""The first part of a run, as a job: what its curve tells before the rest is paid for."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainers.packing import pack, unpack
from trainers.result import GroupResult
from trainers.train_job import TrainJob

if TYPE_CHECKING:
    from trainers.bench import Bench


@dataclass(frozen=True, kw_only=True)
class LookJob:
    """A run up to a point of its curve, where it is kept: the whole run, asked for later, goes on from there.

    The learning rate is constant after the warm-up, so the first part of a run is the same whatever its passes.
    """

    train: TrainJob
    """The whole run."""
    points: int
    """Points of the curve after which it pauses; fewer than the whole run has."""
    grid: int
    """Points per pass."""

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(["look", self.points, self.train.key]).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{self.train.label}, first {self.points / self.grid:g} of {self.train.passes} passes"

    @property
    def size(self) -> float:
        """Training tokens until then."""
        return self.train.size * self.points / (self.train.passes * self.grid)

    def run(self, context: "Bench") -> GroupResult:
        """A result with curves and without held-out losses, scores and weights."""
        from trainers.loop import train_run

        return train_run(context, self.train.asked, keep=self.train.kept(context.spec), until=self.points)

    def encode(self, result: GroupResult) -> bytes:
        return pack(result)

    def decode(self, data: bytes) -> GroupResult:
        return unpack(data)
