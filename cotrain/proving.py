"""The choice and its baselines, retrained with fresh seeds and read on the test split."""

from collections.abc import Mapping
from dataclasses import dataclass

from affinity.gains import MeasuredGroup, measure_groups
from grouping.partition import Group, Partition
from grouping.verdict import Verdict, judge
from tasks.errors import InputError
from trainers.mixing import seeded
from trainers.runs import Runs
from trainers.trainer import Trainer

SPLITS = ("select", "test")
"""Splits that validation reads."""


@dataclass(frozen=True, eq=False)
class Proof:
    """What validation found.

    Args:
        arms: The groupings that were retrained: ``choice``, ``single``, ``together``, and ``random`` of the choice's
            shape where there is another one of that shape.
        runs: The runs, with test losses and scores.
        measured: Gains and deltas of every group on test that could be trained.
        verdict: On the choice.
    """

    arms: Mapping[str, Partition]
    runs: Runs
    measured: Mapping[Group, MeasuredGroup]
    verdict: Verdict


def arms_of(choice: Partition, *, seed: int) -> dict[str, Partition]:
    """The choice and its baselines; they depend on the choice and the seed alone."""
    arms = {"choice": choice, "single": Partition.singles(choice.tasks), "together": Partition.together(choice.tasks)}
    drawn = Partition.random_of_shape(choice.shape, choice.tasks, seeded("random baseline", seed), avoid=choice)
    return arms if drawn == choice else arms | {"random": drawn}


def prove(trainer: Trainer, choice: Partition, *, learnable: Mapping[str, bool] | None = None) -> Proof:
    """Retrains the choice, singles, all-together and a random grouping with fresh seeds, and opens test.

    A group of the choice of which every run fails is refuted; a task whose references fail cannot be judged.

    Args:
        trainer: Trains; its states of the test split must be cached.
        learnable: Which tasks' references beat the constant predictor on the select half; None reads it off the fresh
            references, for a grouping that no probe run preceded.

    Raises:
        InputError: If no task can be judged.
        OutOfBudget: If a limit came first; what was finished is in the ledger.
    """
    from affinity.skill import skills

    arms = arms_of(choice, seed=trainer.seed)
    groups = _groups(arms)
    seeds = trainer.fresh_seeds(trainer.budget.validation_seeds)
    runs = trainer.run(
        groups,
        seeds=seeds,
        references=tuple(trainer.tasks),
        splits=SPLITS,
        weights_of=_kept(choice),
        phase="validation",
    )
    failures = runs.failures
    lost = [name for name in trainer.tasks if (name,) in failures]
    if len(lost) == len(trainer.tasks):
        raise InputError(f"no task can be judged; {failures[lost[0],]}", place="tasks")
    measured = measure_groups(runs.groups, runs.references, trainer.tasks, split="test", unjudged=lost)
    known = learnable or {name: skill.learnable for name, skill in skills(runs.references, trainer.tasks).items()}
    verdict = judge(choice.groups, measured, runs.references, trainer.tasks, learnable=known, failures=failures)
    return Proof(arms, runs, measured, verdict)


def validated_before(trainer: Trainer, choice: Partition) -> bool:
    """Whether all runs of the validation of ``choice`` are in the ledger, so that it starts none."""
    jobs = trainer.wanted(
        _groups(arms_of(choice, seed=trainer.seed)),
        seeds=trainer.fresh_seeds(trainer.budget.validation_seeds),
        references=tuple(trainer.tasks),
        splits=SPLITS,
        weights_of=_kept(choice),
    )
    return all(trainer.ledger.get(job.key) is not None for job in jobs)


def _kept(choice: Partition) -> list[Group]:
    """Groups, and references, of which one run keeps its weights."""
    return [*choice.groups, *((task,) for task in choice.tasks)]


def _groups(arms: Mapping[str, Partition]) -> list[Group]:
    return sorted({group for arm in arms.values() for group in arm.groups if len(group) > 1})
