"""What is known before the search: affinities by the suite's estimator, references, and all tasks together."""

import logging
from dataclasses import dataclass
from itertools import combinations

from affinity.estimators import Estimate, Estimator
from cotrain.measuring import CONSTANT, Probes
from trainers.cost import Cost
from trainers.runs import Runs
from trainers.trainer import Trainer

LOG = logging.getLogger("cotrain.run")


@dataclass(frozen=True, eq=False)
class Probed:
    """The begin of a search, about the tasks that could be measured.

    Args:
        trainer: Trains these tasks.
        estimate: Affinities between them.
        probes: Their references and all groups that were trained, all-together among them unless it diverged.
        cost: Of all this.
    """

    trainer: Trainer
    estimate: Estimate
    probes: Probes
    cost: Cost

    @property
    def pairs_trained(self) -> bool:
        """Whether every pair was trained, or tried; else affinities are predicted."""
        tried = {*self.probes.runs.groups, *self.probes.runs.failures}
        return all(pair in tried for pair in combinations(sorted(self.trainer.tasks), 2))


def probe(trainer: Trainer, estimator: Estimator) -> Probed:
    """Estimates affinities, trains what the estimator has left untrained, and measures everything.

    A task whose reference diverges is dropped, with the others going on; a task that no training reaches is told of.

    Raises:
        InputError: If fewer than two tasks can be measured.
        OutOfBudget: If a limit came first.
    """
    estimate = estimator.estimate(trainer)
    trainer = trainer.among(estimate.matrix.tasks)
    runs, cost = estimate.runs or Runs({}, {}), estimate.matrix.cost
    while untrained := _untrained(trainer, runs):
        more = _train(trainer, *untrained)
        runs, cost = runs | more, cost + more.cost
        lost = {name: why for name in trainer.tasks if (why := runs.failures.get((name,))) is not None}
        if lost:
            estimate = estimate.without(lost)
            trainer = trainer.among(estimate.matrix.tasks)
            runs = runs.among(estimate.matrix.tasks)
    probes = Probes.of(runs, trainer.tasks)
    for name in [name for name, skill in probes.skills.items() if skill.constant]:
        trainer.tell(f"task {name}: {CONSTANT}")
    for name, skill in probes.skills.items():
        can = "learnable" if skill.learnable else "not learnable"
        LOG.info(
            "task %s: %s, skill %.3f (%.3f to %.3f) on the select half", name, can, skill.skill, skill.low, skill.high
        )
    return Probed(trainer, estimate, probes, cost)


def _untrained(trainer: Trainer, runs: Runs) -> tuple[list[str], list[tuple[str, ...]]] | None:
    """References and groups that every search starts from and that were not tried yet; None if there are none."""
    together = tuple(sorted(trainer.tasks))
    references = [name for name in trainer.tasks if name not in runs.references]
    groups = [] if together in runs.groups or together in runs.failures else [together]
    return (references, groups) if references or groups else None


def _train(trainer: Trainer, references: list[str], groups: list[tuple[str, ...]]) -> Runs:
    budget = trainer.budget
    return trainer.run(
        groups,
        seeds=trainer.probe_seeds(budget.seeds),
        references=references,
        reference_seeds=trainer.probe_seeds(max(budget.seeds, budget.reference_seeds)),
        phase="probe runs" if references else "all tasks together",
    )
