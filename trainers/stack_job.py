"""Training runs as units of several: what executors get where stacks are trained."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load, save

from trainers.job import Job, Single, Unit
from trainers.result import GroupResult
from trainers.train_job import TrainJob

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec

STACKS = {"cpu": 1, "cuda": 8}
"""Runs per unit by type of device. A CPU's workers keep its cores busy with one run each, and a unit of one is recorded
as soon as it is finished; a GPU waits for launches unless several runs share them."""


def stack_size(spec: "BenchSpec") -> int:
    """Runs per unit on a bench: as :data:`STACKS` has it, and 1 where runs of the method cannot share a pass."""
    return STACKS.get(spec.device.split(":")[0], 1) if stackable(spec) else 1


def stackable(spec: "BenchSpec") -> bool:
    """Whether runs of a bench can share passes over the base model."""
    training = spec.training
    return spec.method.stackable and not (training.recompute or training.jointly or spec.also)


@dataclass(frozen=True, kw_only=True)
class StackJob:
    """Several runs of one bench, trained by :func:`trainers.stacked.train_stack`.

    The size of a stack is in no key. A member's result is, up to rounding, the one that it would have alone, far below
    what another seed changes; with the size in its key, a resumed run, whose missing members make other stacks, would
    do finished work again. Runs that must repeat to the last bit are trained with a size of 1.
    """

    members: tuple[TrainJob, ...]
    """The runs."""

    @property
    def key(self) -> str:
        keys = [member.key for member in self.members]
        return hashlib.sha256(json.dumps(["stack", keys]).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{len(self.members)} runs: {'; '.join(member.label for member in self.members)}"

    @property
    def size(self) -> float:
        return sum(member.size for member in self.members)

    def run(self, context: "Bench") -> list[GroupResult]:
        from trainers.stacked import train_stack

        return train_stack(context, [member.asked for member in self.members])

    def encode(self, result: list[GroupResult]) -> bytes:
        return self.join([member.encode(own) for member, own in zip(self.members, result, strict=True)])

    def join(self, parts: Sequence[bytes]) -> bytes:
        return save({str(index): np.frombuffer(part, dtype=np.uint8) for index, part in enumerate(parts)})

    def alone(self) -> Sequence[Single]:
        return [Single(member) for member in self.members]

    def split(self, data: bytes) -> Sequence[bytes]:
        parts = load(data)
        return [parts[str(index)].tobytes() for index in range(len(self.members))]

    def decode(self, data: bytes) -> list[GroupResult]:
        return [member.decode(part) for member, part in zip(self.members, self.split(data), strict=True)]


def stack_jobs(
    jobs: Sequence[Job[Any, Any]],
    *,
    size: int,
    workers: int,
    alone: Callable[[Job[Any, Any]], bool] = lambda _job: False,
) -> list[Unit[Any, Any]]:
    """Units of at most ``size`` training runs; other kinds of job stay single.

    Runs of similar size stand together, so that few end early. Stacks are as equal as can be and as many as keep every
    worker busy: ten runs make two stacks of five, not one of eight and one of two.

    Args:
        workers: Units that are computed at the same time.
        alone: Which training runs stay single too.

    Raises:
        ValueError: If ``size`` is below 1.
    """
    if size < 1:
        raise ValueError(f"Expected stacks of 1 run or more, but got {size}.")
    if size == 1:
        return [Single(job) for job in jobs]
    stacked = [job for job in jobs if isinstance(job, TrainJob) and not alone(job)]
    runs = sorted(stacked, key=lambda job: -job.size)
    units: list[Unit[Any, Any]] = [Single(job) for job in jobs if job not in stacked]
    rounds = -(-len(runs) // (size * workers))
    count = min(len(runs), rounds * workers)
    for part in np.array_split(np.arange(len(runs)), count) if count else []:
        members = tuple(runs[index] for index in part)
        units.append(StackJob(members=members) if len(members) > 1 else Single(members[0]))
    return units
