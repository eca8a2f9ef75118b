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
    examples_now: int
    """Test examples that there are."""
    seeds: int | None
    """Seeds of the group and of its reference in all."""
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

    def hours(self, more: Settling) -> dict[str, float | None]:
        """Hours of one worker that either way takes, ``examples`` and ``seeds``; None for one that decides nothing.

        More seeds are trained for group and reference. Other test data are another test: all runs are made again.
        """
        now, alone = self.runs
        of_seeds = of_examples = None
        if more.seeds is not None:
            of_seeds = (max(more.seeds - now, 0) * self.group + max(more.seeds - alone, 0) * self.reference) / 3600
        if more.examples is not None:
            growth = more.examples / more.examples_now
            of_examples = (now * self.group + alone * self.reference) * (1 + growth * self.reading) / 3600
        return {"examples": of_examples, "seeds": of_seeds}


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


def settling(of: MeasuredGroup, name: str, margin: float, *, confidence: float = 0.95) -> Settling | None:
    """What would bring a task to a decision if its change stayed as measured; None if the error's parts are unknown.

    Args:
        of: The group's measurement.
        margin: Points that may be lost.
        confidence: Of the two-sided interval that decides.
    """
    if of.delta_parts is None:
        return None
    at = of.group.index(name)
    parts = of.delta_parts
    runs = float(np.hypot(parts.run[at], parts.reference[at]))
    sample = float(parts.sample[at])
    wanted = abs(float(of.delta[at]) + margin) / quantile(float(of.freedom[at]), confidence=confidence)
    by_examples, by_seeds = times_more(runs, sample, wanted=wanted), times_more(sample, runs, wanted=wanted)
    now = int(parts.examples[at])
    return Settling(
        examples=None if by_examples is None else int(np.ceil((by_examples - 1) * now)),
        examples_now=now,
        seeds=None if by_seeds is None else int(np.ceil(by_seeds * of.seeds)),
        seeds_now=of.seeds,
    )
