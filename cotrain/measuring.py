"""The runs of one suite and what they measured: probe runs, the groups that the search trains, validation."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from affinity.gains import MeasuredGroup, measure_groups
from affinity.skill import Learnable, skills
from grouping.partition import Group
from tasks.encoding import EncodedTask
from trainers.cost import Cost
from trainers.job import Job
from trainers.result import GroupResult
from trainers.runs import Runs
from trainers.trainer import Trainer

CONSTANT = (
    "its held-out loss is that of a constant prediction in every run, so it is not learnable and decides nothing; "
    "look whether its texts differ once they are tokens"
)
"""What is told of a task that no training reaches."""


@dataclass(frozen=True, eq=False)
class Probes:
    """References and the groups that were trained before the search, measured on the select half.

    Args:
        runs: All probe runs.
        measured: Gains of every group that could be trained.
        skills: Every task's reference against the constant predictor.
        tasks: The tasks by name.
    """

    runs: Runs
    measured: Mapping[Group, MeasuredGroup]
    skills: Mapping[str, Learnable]
    tasks: Mapping[str, EncodedTask]

    @classmethod
    def of(cls, runs: Runs, tasks: Mapping[str, EncodedTask]) -> "Probes":
        """Measures everything."""
        measured = measure_groups(runs.groups, runs.references, tasks)
        return cls(runs, measured, skills(runs.references, tasks), tasks)

    def with_groups(self, more: Mapping[Group, Sequence[GroupResult]]) -> dict[Group, MeasuredGroup]:
        """What was measured, and gains of more groups, those of tasks that are not learnable too."""
        every = measure_groups({**self.runs.groups, **more}, self.runs.references, self.tasks)
        return {**every, **self.measured}

    @property
    def learnable(self) -> dict[str, bool]:
        """Which tasks' references beat the constant predictor."""
        return {name: skill.learnable for name, skill in self.skills.items()}

    @property
    def unavailable(self) -> Collection[Group]:
        """Groups of these tasks that could not be trained."""
        return [group for group in self.runs.failures if len(group) > 1 and set(group) <= set(self.skills)]


def neutral(measured: MeasuredGroup, learnable: Mapping[str, bool]) -> MeasuredGroup:
    """The same without the gains of tasks that are not learnable: they read 0 with no error, and decide nothing."""
    keep = np.array([learnable[name] for name in measured.group])
    return replace(
        measured,
        gain=np.where(keep, measured.gain, 0.0),
        gain_error=np.where(keep, measured.gain_error, 0.0),
        delta=np.where(keep, measured.delta, 0.0),
        delta_error=np.where(keep, measured.delta_error, 0.0),
        gain_parts=None if measured.gain_parts is None else measured.gain_parts.only(keep),
        delta_parts=None if measured.delta_parts is None else measured.delta_parts.only(keep),
    )


@dataclass(frozen=True, eq=False)
class TrainerOracle:
    """Trains the groups that a search asks for, and measures them on the select half.

    Args:
        trainer: Trains.
        probes: The references to measure against, and the groups whose replicates tell the noise.
        before: Called with the jobs of a batch before they are trained; may raise
            :class:`trainers.out_of_budget.OutOfBudget`.
        answers: Runs of every batch that was asked for, one per group, filled as they are trained.
    """

    trainer: Trainer
    probes: Probes
    before: Callable[[Sequence[Job[Any, Any]]], None] = lambda _jobs: None
    answers: list[Runs] = field(default_factory=list)

    def measure(self, groups: Sequence[Group]) -> dict[Group, MeasuredGroup]:
        """The gains of ``groups`` by one run of each, with those of tasks that are not learnable left out.

        A group whose run failed is left out.

        Raises:
            OutOfBudget: If a limit comes first: what was finished of the batch is in the ledger and not measured.
        """
        if not groups:
            return {}
        self._train(groups, self.trainer.probe_seeds(1)[0])
        measured = measure_groups(self.known, self.probes.runs.references, self.trainer.tasks)
        return {group: neutral(measured[group], self.probes.learnable) for group in groups if group in measured}

    def again(self, groups: Sequence[Group]) -> dict[Group, MeasuredGroup]:
        """The gains of groups that were asked for before, by one more run of each; left out where that run failed.

        Raises:
            OutOfBudget: Alike.
        """
        before = {group: len(self.known[group]) for group in groups}
        for count in sorted(set(before.values())):
            self._train([group for group in groups if before[group] == count], self.trainer.probe_seeds(count + 1)[-1])
        measured = measure_groups(self.known, self.probes.runs.references, self.trainer.tasks)
        return {
            group: neutral(measured[group], self.probes.learnable)
            for group in groups
            if len(self.known[group]) > before[group]
        }

    def _train(self, groups: Sequence[Group], seed: int) -> None:
        self.before(self.trainer.wanted(groups, seeds=[seed]))
        self.answers.append(self.trainer.run(groups, seeds=[seed], phase="groups of the search"))

    @property
    def known(self) -> dict[Group, Sequence[GroupResult]]:
        """Runs of all groups that were trained to the end, before the search or by it."""
        return {**self.probes.runs.groups, **self.asked}

    @property
    def asked(self) -> Mapping[Group, Sequence[GroupResult]]:
        """Runs of the groups that were asked for and could be trained."""
        return self.runs.groups

    @property
    def runs(self) -> Runs:
        """All runs that were asked for, each once, as no answer repeats one of an earlier answer."""
        groups: dict[Group, list[GroupResult]] = {}
        for part in self.answers:
            for group, of in part.groups.items():
                groups.setdefault(group, []).extend(of)
        return Runs(groups, {}, tuple(run for part in self.answers for run in part.unused))

    @property
    def cost(self) -> Cost:
        """What these runs cost."""
        every = self.runs
        return sum((run.cost for part in (*every.groups.values(), every.unused) for run in part), Cost())
