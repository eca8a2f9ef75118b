"""What would decide an undecided task: more test examples, or more seeds, and the training that either takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from affinity.gains import MeasuredGroup
from grouping.partition import Group
from grouping.statistics import quantile, times_more
from tasks.encoding import EncodedTask
from trainers.result import GroupResult


@dataclass(frozen=True, kw_only=True)
class Settling:
    """What would decide an undecided task, each by itself with everything else left as it is; None if it cannot."""

    examples: int | None
    """Test examples to add."""
    examples_hours: float | None = None
    """Hours of one worker to train group and reference again and read all examples; None if not known."""
    seeds: int | None
    """Seeds of the group and of its reference in all."""
    seeds_hours: float | None = None
    """Hours of one worker to train the seeds that are missing; None if not known."""
    seeds_now: int
    """Seeds that the group has."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What runs took of one worker, on average.

    Args:
        group: Seconds of a run of the group.
        reference: Seconds of a run of the task alone.
        runs: Runs of the group and of the reference.
        reading: Share of these runs' work that reads the task's test examples.
    """

    group: float
    reference: float
    runs: tuple[int, int]
    reading: float

    def of_seeds(self, count: int) -> float:
        """Hours until group and reference have ``count`` runs each."""
        now, alone = self.runs
        return (max(count - now, 0) * self.group + max(count - alone, 0) * self.reference) / 3600

    def of_examples(self, growth: float) -> float:
        """Hours to make all runs again on ``1 + growth`` times as many test examples: other data are another test."""
        now, alone = self.runs
        return (now * self.group + alone * self.reference) * (1 + growth * self.reading) / 3600


def effort(
    name: str,
    group: Group,
    *,
    groups: Mapping[Group, Sequence[GroupResult]],
    references: Mapping[str, Sequence[GroupResult]],
    task: EncodedTask,
    split: str = "test",
) -> Effort | None:
    """What was spent on a task and its group; None if a run is not known.

    Reading passes forward alone, which a cost counts half of a trained token (:class:`trainers.cost.Cost`).
    """
    shared, alone = groups.get(group), references.get(name)
    if not shared or not alone:
        return None
    runs = [*shared, *alone]
    tokens = sum(len(side.ids) for side in task.splits[split].sides) if split in task.splits else 0
    work = sum(run.cost.tokens_forward + 2 * run.cost.tokens_backward for run in runs)
    return Effort(
        group=float(np.mean([run.cost.seconds for run in shared])),
        reference=float(np.mean([run.cost.seconds for run in alone])),
        runs=(len(shared), len(alone)),
        reading=len(runs) * tokens / work if work else 0.0,
    )


def settling(
    of: MeasuredGroup, name: str, margin: float, *, confidence: float = 0.95, spent: Effort | None = None
) -> Settling | None:
    """What would bring a task to a decision if its change stayed as measured; None if the error's parts are unknown.

    Args:
        of: The group's measurement.
        margin: Points that may be lost.
        confidence: Of the two-sided interval that decides.
        spent: What runs took.
    """
    if of.delta_parts is None:
        return None
    at = of.group.index(name)
    parts = of.delta_parts
    runs = float(np.hypot(parts.run[at], parts.reference[at]))
    sample = float(parts.sample[at])
    wanted = abs(float(of.delta[at]) + margin) / quantile(float(of.freedom[at]), confidence=confidence)
    by_examples, by_seeds = times_more(runs, sample, wanted=wanted), times_more(sample, runs, wanted=wanted)
    seeds = None if by_seeds is None else int(np.ceil(by_seeds * of.seeds))
    return Settling(
        examples=None if by_examples is None else int(np.ceil((by_examples - 1) * int(parts.examples[at]))),
        examples_hours=None if spent is None or by_examples is None else spent.of_examples(by_examples - 1),
        seeds=seeds,
        seeds_hours=None if spent is None or seeds is None else spent.of_seeds(seeds),
        seeds_now=of.seeds,
    )
