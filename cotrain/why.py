"""Why pairs of tasks do not share an adapter in the answer, as an object for ``recommendation.json``."""

from collections.abc import Mapping
from typing import Any

from affinity.equal_sizes import Compared
from cotrain.probing import Probed
from cotrain.suite import Suite, rules_among
from grouping.apart import Case, why_apart
from grouping.grouped import grouped
from grouping.masks import MAX_TASKS
from grouping.partition import Partition
from grouping.rounds.knowledge import Knowledge
from grouping.rounds.outcome import Outcome
from reports.apart_words import apart_sentence
from trainers.forms.helped import helpers_named


def apart(
    found: Mapping[str, Any], probed: Probed, outcome: Outcome, suite: Suite, compared: Compared | None
) -> list[dict[str, Any]]:
    """One entry per pair that is apart, each with its sentence.

    Args:
        found: The object of ``recommendation.json``.
        compared: What equal sizes showed, where that was asked for.

    Returns:
        Nothing where there are more tasks than the best grouping that has a pair together can be solved for.
    """
    tasks, forms = probed.trainer.tasks, found.get("forms") or {}
    if len(tasks) > MAX_TASKS:
        return []
    grouping = rules_among(suite.grouping, tuple(tasks))
    margins = {name: task.margin for name, task in tasks.items()}
    objective = grouping.to_objective(margins)
    failed = [group for round_ in outcome.rounds for group in round_.unavailable]
    case = Case(
        answer=grouped(
            ((*group, *helpers_named(forms.get("+".join(group), {}))), group)
            for group in Partition.of(found["groups"]).groups
        ),
        known=Knowledge(outcome.gains, outcome.deltas, outcome.measured, objective.weights),
        objective=objective,
        margins=margins if objective.has_floors else None,
        constraints=grouping.to_constraints(),
        unavailable=[*probed.probes.unavailable, *failed],
        learnable=found["learnable"],
        refuted=None if found["proposed"] is None else Partition.of(found["proposed"]),
        sized={(of.source, of.target): (of.verdict, of.reason) for of in (compared.pairs if compared else ())},
    )
    reasons = why_apart(case, seed=suite.seed)
    return [of.to_dict() | {"pair": list(of.pair), "sentence": apart_sentence(of)} for of in reasons]
