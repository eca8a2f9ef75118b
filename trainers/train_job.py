"""Training one group with one seed, as a job."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.encoding import EncodedTask
from trainers.methods import settings_of
from trainers.packing import pack, unpack
from trainers.result import GroupResult
from trainers.run import Run
from trainers.settings import Training
from trainers.turns import turns

if TYPE_CHECKING:
    from trainers.bench import Bench, BenchSpec

RESULTS_VERSION = 3
"""Raised whenever a change of code may change a run's result, so that older results are not reused."""


@dataclass(frozen=True, kw_only=True)
class TrainJob:
    """One run of a bench by itself."""

    group: tuple[str, ...]
    """Names of the members, sorted."""
    seed: int
    """Seed of the run."""
    passes: int
    """Passes of the group: under proportional mixing, of each member over its own examples."""
    limit: int | None
    """For a reference: the passes up to which it may go on."""
    splits: tuple[str, ...]
    """Held-out splits that are read."""
    keep_weights: bool
    """Whether the result carries adapter and heads."""
    context: str
    """Content hash of base model, data, method, training settings, device and threads."""
    size: float
    """Training tokens over all passes; a reference's is its expected length."""

    @property
    def key(self) -> str:
        content = {name: value for name, value in asdict(self).items() if name != "size"}
        return hashlib.sha256(json.dumps([RESULTS_VERSION, content], sort_keys=True).encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{'+'.join(self.group)}{' (reference)' if self.limit is not None else ''}, seed {self.seed}"

    @property
    def asked(self) -> Run:
        """What the bench is asked for."""
        return Run(
            group=self.group,
            seed=self.seed,
            passes=self.passes,
            limit=self.limit,
            splits=self.splits,
            keep_weights=self.keep_weights,
        )

    def run(self, context: "Bench") -> GroupResult:
        from trainers.loop import train_run

        return train_run(context, self.asked, keep=self.kept(context.spec))

    def kept(self, spec: "BenchSpec") -> Path:
        """Where the run is kept while it is in progress."""
        return spec.cache / "runs" / f"{self.key}.safetensors"

    def encode(self, result: GroupResult) -> bytes:
        return pack(result)

    def decode(self, data: bytes) -> GroupResult:
        return unpack(data)


def train_job(
    spec: "BenchSpec",
    group: Sequence[str],
    *,
    seed: int,
    passes: int,
    reference: bool = False,
    splits: Sequence[str] = ("select",),
    keep_weights: bool = False,
) -> TrainJob:
    """A job for one group and seed on a bench.

    Args:
        reference: Whether this is a task's reference; the group then has one member.

    Raises:
        ValueError: If the group is empty, repeats a member, or a reference has more than one.
    """
    members = tuple(sorted(group))
    if not members or len(set(members)) != len(members) or (reference and len(members) > 1):
        raise ValueError(f"Expected a group of distinct tasks, and one task for a reference, but got {members}.")
    batch = spec.training.batch_size
    limit = reference_limit(spec.tasks, members[0], passes=passes, batch_size=batch) if reference else None
    length = passes * (min(3, (limit or passes) / passes) if reference else 1)
    return TrainJob(
        group=members,
        seed=seed,
        passes=passes,
        limit=limit,
        splits=tuple(splits),
        keep_weights=keep_weights,
        context=_context(spec, members),
        size=length * group_tokens(spec.tasks, members, spec.training),
    )


def training_tokens(task: EncodedTask) -> int:
    """Tokens of one pass over the task's training examples, without padding."""
    return sum(len(side.ids) for side in task.splits["train"].sides)


def steps_per_pass(task: EncodedTask, batch_size: int) -> int:
    """Optimiser steps of one pass."""
    return -(-len(task.splits["train"]) // batch_size)


def group_turns(tasks: Mapping[str, EncodedTask], group: Sequence[str], training: Training) -> dict[str, int]:
    """Batches of every member in one pass of its group."""
    members = sorted(group)
    lengths = [steps_per_pass(tasks[name], training.batch_size) for name in members]
    jointly = training.jointly and len(members) > 1
    return dict(zip(members, turns(lengths, training.mixing, parts=training.grid, jointly=jointly), strict=True))


def group_steps(tasks: Mapping[str, EncodedTask], group: Sequence[str], training: Training) -> int:
    """Optimiser steps of one pass of a group."""
    counts = group_turns(tasks, group, training).values()
    return max(counts) if training.jointly else sum(counts)


def own_passes(tasks: Mapping[str, EncodedTask], group: Sequence[str], training: Training) -> dict[str, float]:
    """Passes over its own examples that every member makes in one pass of its group; 1 under proportional mixing."""
    counts = group_turns(tasks, group, training)
    return {name: count / max(steps_per_pass(tasks[name], training.batch_size), 1) for name, count in counts.items()}


def group_tokens(tasks: Mapping[str, EncodedTask], group: Sequence[str], training: Training) -> float:
    """Tokens that one pass of a group trains on, without padding."""
    return sum(training_tokens(tasks[name]) * times for name, times in own_passes(tasks, group, training).items())


def reference_limit(tasks: Mapping[str, EncodedTask], name: str, *, passes: int, batch_size: int) -> int:
    """Passes after which a reference has taken as many steps as the largest group, all tasks together.

    Mixing leaves a group's steps as they are. With an aggregator a group takes fewer, and the limit stays.
    """
    largest = passes * sum(steps_per_pass(task, batch_size) for task in tasks.values())
    return max(passes, -(-largest // steps_per_pass(tasks[name], batch_size)))


def _context(spec: "BenchSpec", members: tuple[str, ...]) -> str:
    content: dict[str, Any] = {
        "base": spec.checkpoint.identity,
        "method": settings_of(spec.method),
        "training": spec.training.identity(alone=len(members) == 1),
        "data": {name: spec.tasks[name].fingerprint for name in members},
        "device": spec.device.split(":")[0],
        "threads": spec.threads,
    }
    weights = {name: spec.tasks[name].weight for name in members if spec.tasks[name].weight != 1}
    if weights and len(members) > 1:
        content["weights"] = weights
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
