"""Every arrangement of one base model and method: alone, tuned alone, pairs, all together; trained and read on test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from affinity.gains import MeasuredGroup, measure_groups
from cotrain.running import Session
from grouping.partition import Group
from tasks.errors import InputError
from trainers.bench import BenchSpec, open_bench
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.runs import Runs
from trainers.trainer import Trainer

SPLITS = ("select", "test")


@dataclass(frozen=True, eq=False)
class Tuned:
    """A task alone with the step size that suits it best.

    Args:
        factor: Over the method's step size.
        runs: With it, one per seed.
    """

    factor: float
    runs: Sequence[GroupResult]


@dataclass(frozen=True, eq=False)
class Arrangements:
    """What was trained.

    Args:
        runs: References and groups, with select and test.
        tuned: By task; empty where one step size was asked for.
        measured: Gains and changes of every group on test.
        tuning: What the other step sizes cost.
    """

    runs: Runs
    tuned: Mapping[str, Tuned]
    measured: Mapping[Group, MeasuredGroup]
    tuning: Cost


def train_arrangements(session: Session, *, pairs: bool, factors: Sequence[float]) -> Arrangements:
    """Trains all of them with fresh seeds.

    A reference goes on until a whole budget of passes brings nothing and is read at its best point, so the grid of
    tuned singles is over step sizes: passes are tuned in every run.

    Args:
        pairs: Whether every pair is trained.
        factors: Step sizes of tuned singles, over the method's own; the best on the select half counts.

    Raises:
        InputError: If no task could be trained.
        OutOfBudget: If a limit came first.
    """
    trainer = session.trainer
    names, seeds, groups = _wanted(trainer, pairs=pairs)
    runs = trainer.run(groups, seeds=seeds, references=names, splits=SPLITS, phase="alone, in pairs and together")
    lost = [name for name in names if name not in runs.references]
    if len(lost) == len(names):
        raise InputError(f"no task could be trained; {runs.failures[lost[0],]}", place="tasks")
    measured = measure_groups(runs.groups, runs.references, trainer.tasks, split="test", unjudged=lost)
    tries: dict[float, Mapping[str, Sequence[GroupResult]]] = {1.0: runs.references}
    tuning = Cost()
    for factor in factors:
        if factor != 1.0:
            others = _with_step_size(session, factor, seeds)
            tries[factor] = others.references
            tuning += others.cost
    tuned = {name: _best(name, tries) for name in runs.references} if len(tries) > 1 else {}
    return Arrangements(runs, tuned, measured, tuning)


def all_trained(session: Session, *, pairs: bool, factors: Sequence[float]) -> bool:
    """Whether :func:`train_arrangements` would find every run in the ledger."""
    trainer = session.trainer
    names, seeds, groups = _wanted(trainer, pairs=pairs)
    others = [replace(trainer, spec=_spec(trainer, factor)) for factor in factors if factor != 1.0]
    return trainer.known(groups, seeds=seeds, references=names, splits=SPLITS) and all(
        other.known([], seeds=seeds, references=names, splits=SPLITS) for other in others
    )


def _wanted(trainer: Trainer, *, pairs: bool) -> tuple[list[str], list[int], list[Group]]:
    """Tasks, seeds and groups."""
    names = sorted(trainer.tasks)
    groups: list[Group] = list(combinations(names, 2)) if pairs else []
    groups += [tuple(names)] * (tuple(names) not in groups)
    return names, trainer.fresh_seeds(trainer.budget.validation_seeds), groups


def _spec(trainer: Trainer, factor: float) -> BenchSpec:
    """The bench with a multiple of the method's step size."""
    training = trainer.spec.training
    return replace(trainer.spec, training=replace(training, learning_rate=factor * training.learning_rate))


def _with_step_size(session: Session, factor: float, seeds: Sequence[int]) -> Runs:
    """Every task alone with a multiple of the method's step size."""
    of = session.trainer
    spec = _spec(of, factor)
    with of.executor.like(open_bench, spec) as executor:
        trainer: Trainer = replace(of, spec=spec, executor=executor)
        return trainer.run(
            [], seeds=seeds, references=sorted(of.tasks), splits=SPLITS, phase=f"alone, step size x {factor:g}"
        )


def _best(name: str, tries: Mapping[float, Mapping[str, Sequence[GroupResult]]]) -> Tuned:
    """The step size with the lowest mean loss on the select half; of equal ones, the nearest to the method's own."""

    def loss(factor: float) -> tuple[float, float]:
        runs = tries[factor][name]
        return float(np.mean([run.members[name].losses["select"].mean() for run in runs])), abs(np.log(factor))

    best = min((factor for factor, of in tries.items() if of.get(name)), key=loss)
    return Tuned(best, tries[best][name])
