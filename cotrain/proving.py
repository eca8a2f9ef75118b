"""The choice and its baselines, retrained with fresh seeds and read on the test split, in looks that are planned
beforehand."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from affinity.gains import MeasuredGroup, measure_groups
from affinity.skill import skills
from grouping.partition import Group, Partition
from grouping.spending import Look, plan_looks
from grouping.statistics import Confidence
from grouping.verdict import Status, Verdict, judge
from tasks.errors import InputError
from trainers.forms import Form
from trainers.mixing import seeded
from trainers.out_of_budget import OutOfBudget
from trainers.runs import Runs
from trainers.trainer import Trainer

LOG = logging.getLogger("cotrain.run")
SPLITS = ("select", "test")
"""Splits that validation reads."""


@dataclass(frozen=True)
class Taken:
    """A look that was taken.

    Args:
        look: As it was planned.
        status: The verdict on the whole at this look.
        seeds: Runs by group of the choice, which go on only while a task of theirs is undecided.
    """

    look: Look
    status: Status
    seeds: Mapping[Group, int]


@dataclass(frozen=True, eq=False)
class Proof:
    """What validation found.

    Args:
        arms: The groupings that were retrained: ``choice``, ``single``, ``together``, ``random`` of the choice's
            shape where there is another one of that shape, and ``compared`` where a user gave one.
        runs: The runs, with test losses and scores.
        measured: Gains and deltas of every group on test that could be trained.
        verdict: On the choice.
        planned: All looks that were planned.
        taken: Those that were taken; the last one decided.
    """

    arms: Mapping[str, Partition]
    runs: Runs
    measured: Mapping[Group, MeasuredGroup]
    verdict: Verdict
    planned: Sequence[Look]
    taken: Sequence[Taken]

    @property
    def nominal(self) -> Confidence:
        """Confidence of single intervals at the look that decided, by what more runs leave of their variance."""
        return self.taken[-1].look.confidence


def arms_of(choice: Partition, *, seed: int, compared: Partition | None = None) -> dict[str, Partition]:
    """The choice and its baselines; they depend on the choice, the seed and the user's own grouping alone."""
    arms = {"choice": choice, "single": Partition.singles(choice.tasks), "together": Partition.together(choice.tasks)}
    drawn = Partition.random_of_shape(choice.shape, choice.tasks, seeded("random baseline", seed), avoid=choice)
    arms |= {} if drawn == choice else {"random": drawn}
    return arms if compared is None else arms | {"compared": compared}


def prove(
    trainer: Trainer,
    choice: Partition,
    *,
    learnable: Mapping[str, bool] | None = None,
    compared: Partition | None = None,
    forms: Mapping[Group, Form] | None = None,
) -> Proof:
    """Retrains the choice, singles, all-together and a random grouping with fresh seeds, and opens test.

    Where the budget plans more looks (:func:`grouping.spending.plan_looks`), groups of the choice with an undecided
    task are trained on with that task's reference until the whole is decided, no more seeds could decide it, or the
    looks or the hours are used up. Baselines keep the runs of the first look.

    A group of the choice of which every run fails is refuted; a task whose references fail cannot be judged.

    Args:
        trainer: Trains; its states of the test split must be cached.
        learnable: Which tasks' references beat the constant predictor on the select half; None reads it off the fresh
            references, for a grouping that no probe run preceded.
        compared: A grouping of the user's, as one more baseline.
        forms: Forms of groups that are not one shared adapter; a baseline with such a group has it in that form too.

    Raises:
        InputError: If no task can be judged.
        OutOfBudget: If a limit came before the first look; what was finished is in the ledger.
    """
    planned = plan_looks(trainer.budget.validation_seeds, trainer.budget.max_validation_seeds)
    arms = arms_of(choice, seed=trainer.seed, compared=compared)
    train = partial(_train, trainer, kept=_kept(choice), forms=forms or {})
    after = ", ".join(str(of.seeds) for of in planned)
    LOG.info("validation: looks after %s seeds at %s", after, "; ".join(f"{name} {arm}" for name, arm in arms.items()))
    runs = train(_groups(arms), sorted(trainer.tasks), planned[0])
    failures = runs.failures
    lost = [name for name in trainer.tasks if (name,) in failures]
    if len(lost) == len(trainer.tasks):
        raise InputError(f"no task can be judged; {failures[lost[0],]}", place="tasks")
    known = learnable or {name: skill.learnable for name, skill in skills(runs.references, trainer.tasks).items()}
    taken: list[Taken] = []
    for look, following in zip(planned, [*planned[1:], None], strict=True):
        measured = measure_groups(runs.groups, runs.references, trainer.tasks, split="test", unjudged=lost)
        verdict = judge(
            choice.groups,
            measured,
            runs.references,
            trainer.tasks,
            learnable=known,
            failures=failures,
            nominal=look.confidence,
        )
        seeds = {group: len(runs.groups[group]) for group in choice.groups if group in runs.groups}
        for name, of in verdict.tasks.items():
            LOG.info("validation: %s is %s after %d seeds: %s", name, of.status, look.seeds, of.reason)
        taken.append(Taken(look, verdict.status, seeds))
        open_ = [] if following is None else _worth_more(verdict, most=planned[-1].seeds)
        if following is None or not open_:
            break
        trainer.tell(f"undecided after {look.seeds} seeds: {', '.join(open_)}; up to {following.seeds} are trained")
        more = sorted({verdict.tasks[name].group for name in open_})
        try:
            runs |= train(more, _needed(more, open_, forms or {}), following)
        except OutOfBudget:
            trainer.tell("a limit came before the next look: the verdict is that of the look before")
            break
    return Proof(arms, runs, measured, verdict, planned, tuple(taken))


def validated_before(
    trainer: Trainer, choice: Partition, *, compared: Partition | None = None, forms: Mapping[Group, Form] | None = None
) -> bool:
    """Whether all runs of the first look at ``choice`` are in the ledger, so that it starts none."""
    jobs = trainer.wanted(
        _groups(arms_of(choice, seed=trainer.seed, compared=compared)),
        seeds=trainer.fresh_seeds(trainer.budget.validation_seeds),
        references=tuple(trainer.tasks),
        splits=SPLITS,
        weights_of=_kept(choice),
        forms=forms or {},
    )
    return all(trainer.ledger.get(job.key) is not None for job in jobs)


def _kept(choice: Partition) -> list[Group]:
    """Groups, and references, of which one run keeps its weights."""
    return [*choice.groups, *((task,) for task in choice.tasks)]


def _groups(arms: Mapping[str, Partition]) -> list[Group]:
    return sorted({group for arm in arms.values() for group in arm.groups if len(group) > 1})


def _train(
    trainer: Trainer,
    groups: Sequence[Group],
    references: Sequence[str],
    look: Look,
    *,
    kept: Sequence[Group],
    forms: Mapping[Group, Form],
) -> Runs:
    return trainer.run(
        groups,
        seeds=trainer.fresh_seeds(look.seeds),
        references=references,
        splits=SPLITS,
        weights_of=[group for group in kept if group in groups or group[0] in references],
        forms={group: form for group, form in forms.items() if group in groups},
        phase="validation",
    )


def _needed(groups: Sequence[Group], undecided: Sequence[str], forms: Mapping[Group, Form]) -> list[str]:
    """Tasks whose references go on: those that are undecided, and all members of groups that are merged from them."""
    merged = {name for group in groups if group in forms and forms[group].merges for name in group}
    return sorted({*undecided, *merged})


def _worth_more(verdict: Verdict, *, most: int) -> list[str]:
    """Undecided tasks that so many seeds could decide; none once the whole is decided."""
    if verdict.status != "undecided":
        return []
    undecided = [(name, of.settling) for name, of in verdict.tasks.items() if of.status == "undecided"]
    return sorted(name for name, of in undecided if of is not None and of.seeds is not None and of.seeds <= most)
