"""What making the chosen groups in other forms takes, as far as a plan counts it."""

from collections.abc import Mapping, Sequence

from cotrain.plan_estimators import Groups, Work
from cotrain.plan_tokens import PlannedTokens
from trainers.budget import Budget
from trainers.forms import Form
from trainers.forms.merged import STRENGTHS


def form_work(
    forms: Sequence[Form], groups: Sequence[tuple[str, ...]], *, budget: Budget, tokens: Mapping[str, PlannedTokens]
) -> Work:
    """The step between search and validation: more seeds of the shared form, and all seeds of the others.

    A merged form trains nothing: it reads the stop half at every strength, and the select half once.

    Args:
        forms: Of the suite.
        groups: Groups that the choice is assumed to hold.
        tokens: Of every task.
    """
    seeds = max(budget.seeds, budget.reference_seeds)
    shared = [group for group in groups if len(group) > 1]
    runs: Groups = []
    for group in shared:
        others = [name for name in tokens if name not in group]
        trained = [(*group, *form.helpers) for of in forms for form in of.variants(group, others) if not form.merges]
        runs += [(group, 1.0)] * (seeds - budget.seeds) + [(of, 1.0) for of in trained for _ in range(seeds)]
    once = sum(
        len(STRENGTHS) * tokens[name].read["stop"] + tokens[name].read["select"] for group in shared for name in group
    )
    return Work(name="other forms", groups=runs, forward=float(once * seeds * sum(form.merges for form in forms)))
