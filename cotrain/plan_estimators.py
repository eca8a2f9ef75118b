"""What every estimator does before the search, as far as a plan counts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from affinity.estimators.linearized import ANCHOR_PASSES
from affinity.splits import SPLITS
from trainers.budget import Budget

SIMULATION = "simulated training"
"""Name of the step that trains on paper (:mod:`cotrain.plan_simulation`)."""
Groups = list[tuple[tuple[str, ...], float]]
"""Groups to train, each with the length of its run in budgets of passes."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One step of an estimator."""

    name: str
    """What is done."""
    groups: Groups
    """Training runs."""
    looks: Sequence[str] = ()
    """Splits of every task of which gradients are taken once, forward and backward."""


def estimator_work(name: str, tasks: Sequence[str], *, references: Groups, budget: Budget) -> tuple[list[Work], str]:
    """The steps before the search, and a remark on what is not counted; it may be empty.

    Args:
        name: Of the estimator.
        tasks: Names of the tasks.
        references: One reference per task.
        budget: Passes and seeds.
    """
    together = tuple(sorted(tasks))
    singles = references * max(budget.seeds, budget.reference_seeds)
    groups = [together] if name != "pairwise" else sorted({*combinations(together, 2), together})
    probes = Work(
        name="probe runs", groups=[*singles, *((group, 1.0) for group in groups for _ in range(budget.seeds))]
    )
    simulation = Work(name=SIMULATION, groups=[])
    steps = {
        "pairwise": [probes],
        "hybrid": [probes, Work(name="gradient pass", groups=[], looks=SPLITS), simulation],
        "linearized": [
            Work(name="anchor and gradient pass", groups=[(together, ANCHOR_PASSES / budget.passes)], looks=SPLITS),
            simulation,
            probes,
        ],
        "cosine": [Work(name="gradients", groups=[], looks=("train",)), probes],
    }
    if name not in steps:
        return [probes], f"what the estimator `{name}` does itself is not counted"
    return steps[name], ""
