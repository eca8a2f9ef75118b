"""The runs of one suite and what they measured: probe runs, the groups that the search trains, validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from affinity.gains import MeasuredGroup, measure_groups
from affinity.skill import Learnable, skills
from grouping.partition import Group
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.run_jobs import OutOfTime
from trainers.trainer import Runs, Trainer


@dataclass(frozen=True, eq=False)
class Probes:
    """References, pairs and all-together, measured on the select half.

    Args:
        runs: All probe runs.
        measured: Gains of every group.
        skills: Every task's reference against the constant predictor.
    """

    runs: Runs
    measured: Mapping[Group, MeasuredGroup]
    skills: Mapping[str, Learnable]

    @property
    def learnable(self) -> dict[str, bool]:
        """Which tasks' references beat the constant predictor."""
        return {name: skill.learnable for name, skill in self.skills.items()}


def probe_all(trainer: Trainer, runs: Runs) -> Probes:
    """Adds all-together to the runs of pairs and measures everything."""
    together = tuple(sorted(trainer.tasks))
    seeds = trainer.probe_seeds(trainer.budget.seeds)
    more = trainer.run([together] if len(together) > 2 else [], seeds=seeds, phase="all tasks together")
    joined = Runs({**runs.groups, **more.groups}, runs.references)
    measured = measure_groups(joined.groups, joined.references, trainer.tasks)
    return Probes(joined, measured, skills(joined.references, trainer.tasks))


def neutral(measured: MeasuredGroup, learnable: Mapping[str, bool]) -> MeasuredGroup:
    """The same without the gains of tasks that are not learnable: they read 0 with no error, and decide nothing."""
    keep = np.array([learnable[name] for name in measured.group])
    return replace(
        measured,
        gain=np.where(keep, measured.gain, 0.0),
        gain_error=np.where(keep, measured.gain_error, 0.0),
        delta=np.where(keep, measured.delta, 0.0),
        delta_error=np.where(keep, measured.delta_error, 0.0),
        gain_parts=measured.gain_parts if keep.all() else None,
        delta_parts=measured.delta_parts if keep.all() else None,
    )


@dataclass(frozen=True, eq=False)
class TrainerOracle:
    """Trains the groups that a search asks for, and measures them on the select half.

    Args:
        trainer: Trains.
        probes: The references to measure against, and the groups whose replicates tell the noise.
        asked: Runs of the groups that were asked for, filled as they are trained.
    """

    trainer: Trainer
    probes: Probes
    asked: dict[Group, Sequence[GroupResult]] = field(default_factory=dict)

    def measure(self, groups: Sequence[Group]) -> dict[Group, MeasuredGroup]:
        """The measured gains of ``groups``, with those of tasks that are not learnable left out; none once time is up.

        A batch that the time limit cut off is left out whole: the search then chooses among what it has.
        """
        seeds = self.trainer.probe_seeds(self.trainer.budget.seeds)
        try:
            self.asked.update(self.trainer.run(groups, seeds=seeds, phase="groups of the search").groups)
        except OutOfTime:
            return {}
        runs = {**self.probes.runs.groups, **self.asked}
        measured = measure_groups(runs, self.probes.runs.references, self.trainer.tasks)
        return {group: neutral(measured[group], self.probes.learnable) for group in groups}

    @property
    def cost(self) -> Cost:
        """What the groups cost that were asked for."""
        return sum((run.cost for runs in self.asked.values() for run in runs), Cost())
