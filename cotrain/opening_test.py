"""Opening test: noting the look, and retraining what it judges."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cotrain.proving import Proof, prove
from cotrain.running import Session
from grouping.partition import Group, Partition
from trainers.cost import Cost
from trainers.forms import Form


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What one look at test judges; all of it is settled before."""

    choice: Partition
    """The grouping."""
    compared: Partition | None = None
    """The user's own, as one more baseline."""
    forms: Mapping[Group, Form] | None = None
    """Forms of its groups that are not one shared adapter."""
    form_names: Mapping[str, Any] | None = None
    """The same by the groups' names, with their settings, as they enter the look's identity."""


def open_test(session: Session, judged: Judged) -> int:
    """Notes that test is about to be opened, and how often it was by then."""
    budget = session.suite.budget
    planned: dict[str, Any] = {
        "seed": session.suite.seed,
        "passes": budget.passes,
        "seeds": budget.validation_seeds,
    }
    if budget.max_validation_seeds is not None:
        planned["max_seeds"] = budget.max_validation_seeds
    if judged.compared is not None:
        planned["compared"] = judged.compared.groups
    if judged.forms:
        planned["forms"] = judged.form_names
    openings = session.folder.open_test(
        judged.choice.groups,
        settings=planned,
        tests={name: task.fingerprint for name, task in session.trainer.tasks.items()},
    )
    session.progress.line(f"opening the test split (look {openings} at these data) to judge {judged.choice}")
    return openings


def prove_opened(
    session: Session, judged: Judged, *, learnable: Mapping[str, bool] | None = None
) -> tuple[Proof, Cost]:
    """Validation, and what it cost.

    Raises:
        OutOfBudget: If a limit came first.
    """
    prefix = session.cache_layers(["test"])
    trainer = replace(session.trainer, keep_references=False)  # those that are merged are kept all the same
    proof = prove(trainer, judged.choice, learnable=learnable, compared=judged.compared, forms=judged.forms)
    return proof, prefix + proof.runs.cost
