"""What every estimator does before the search, as far as a plan counts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from affinity.estimators import hybrid, linearized
from affinity.splits import SPLITS
from trainers.budget import Budget
from trainers.methods import Method

ANCHORED = "anchors and gradient pass"
"""Name of the step that goes before."""
SIMULATION = "simulated training"
"""Name of the step that trains on paper (:mod:`cotrain.plan_simulation`)."""
ANCHORS = {"hybrid": hybrid.ANCHORS, "linearized": linearized.ANCHORS}
"""Short runs from which gradients of all examples are taken, by estimator."""
Groups = list[tuple[tuple[str, ...], float]]
"""Groups to train, each with the length of its run in budgets of passes."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One step of an estimator."""

    name: str
    """What is done."""
    groups: Groups
    """Training runs."""
    batches: Sequence[int] = ()
    """Runs of each batch that waits for the one before; all runs at once where it is empty."""
    looks: Sequence[str] = ()
    """Splits of every task of which gradients are taken, forward and backward, as often as they stand here."""
    share: float = 1.0
    """Of the adapted layers that are computed each time; the others are, once, for the texts that are looked at."""
    forward: float = 0.0
    """Tokens that pass forward beside the runs."""


def probed_share(method: Method) -> float:
    """Share of the layers that an estimator which simulates training looks at."""
    return linearized.PROBED if method.layers == "all" else 1.0


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
    anchors, length = ANCHORS.get(name, 0), linearized.ANCHOR_PASSES / budget.passes / 2  # over half of the examples
    on_paper = [
        Work(name=ANCHORED, groups=[(together, length)] * anchors, looks=SPLITS * anchors, share=share),
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
