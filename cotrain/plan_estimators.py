"""What every estimator does before the search, as far as a plan counts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from affinity.anchor import HALVES
from affinity.estimators.linearized import ANCHOR_PASSES, PROBED
from trainers.budget import Budget
from trainers.methods import LoRA

SIMULATION = "simulated training"
"""Name of the step that trains on paper (:mod:`cotrain.plan_simulation`)."""
LOOKS = ("train", "stop", "stop", "select", "select")
"""Each anchor looks at its half of train, and at all held-out examples."""
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
    """Splits of every task of which gradients are taken, forward and backward, as often as they stand here."""
    share: float = 1.0
    """Of the adapted layers that are computed each time; the others are, once, for the texts of :data:`LOOKS`."""


def probed_share(method: LoRA) -> float:
    """Share of the layers that an estimator which simulates training looks at."""
    return PROBED if method.layers == "all" else 1.0


def estimator_work(
    name: str, tasks: Sequence[str], *, references: Groups, budget: Budget, share: float
) -> tuple[list[Work], str]:
    """The steps before the search, and a remark on what is not counted; it may be empty.

    Args:
        name: Of the estimator.
        tasks: Names of the tasks.
        references: One reference per task.
        budget: Passes and seeds.
        share: As :func:`probed_share` has it.
    """
    together = tuple(sorted(tasks))
    singles = references * max(budget.seeds, budget.reference_seeds)
    groups = [together] if name != "pairwise" else sorted({*combinations(together, 2), together})
    probes = Work(
        name="probe runs", groups=[*singles, *((group, 1.0) for group in groups for _ in range(budget.seeds))]
    )
    length = ANCHOR_PASSES / budget.passes / len(HALVES)
    on_paper = [
        Work(name="anchors and gradient pass", groups=[(together, length)] * len(HALVES), looks=LOOKS, share=share),
        Work(name=SIMULATION, groups=[]),
    ]
    steps = {
        "pairwise": [probes],
        "hybrid": [probes, *on_paper],
        "linearized": [*on_paper, probes],
        "lookahead": [probes],  # it looks ahead in the runs of all tasks together
        "cosine": [Work(name="gradients", groups=[], looks=("train",)), probes],
        "features": [probes],
    }
    uncounted = {"lookahead": "what `lookahead` reads ahead is not counted"}
    if name not in steps:
        return [probes], f"what the estimator `{name}` does itself is not counted"
    return steps[name], uncounted.get(name, "")
