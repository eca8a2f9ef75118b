"""From a given grouping to its verdict."""

from typing import Any

from cotrain import evidence
from cotrain.accounting import Spending
from cotrain.answer_so_far import AnswerSoFar, ended
from cotrain.finishing import draw_up, finish, served_groups, total_cost
from cotrain.forming import Formed, overlapping
from cotrain.opening_test import Judged, open_test, prove_opened
from cotrain.recommendation import Costs, Expected, recommendation
from cotrain.running import PROBED, Session
from grouping.grouped import Grouped, helpers_of, serving
from grouping.partition import Partition
from reports.records import GIVEN
from tasks.audit import audit
from trainers.out_of_budget import OutOfBudget

NOT_YET = "the grouping is not validated yet; the run is in progress"


def run_validation(
    session: Session, choice: Grouped, *, started: float, compared: Partition | None = None
) -> dict[str, Any]:
    """A given grouping against its baselines, and another one; returns the object of ``recommendation.json``.

    Where a limit ends the work, the grouping stays as it is given, not validated.
    """
    answer = AnswerSoFar(session, started, {"name": GIVEN, "max_adapters": None, "confidence": None})
    partition, formed = serving(choice), Formed(chosen=overlapping(helpers_of(choice)))
    answer.begin(partition, NOT_YET, forms=formed)
    judged = Judged(choice=partition, compared=compared, forms=formed.chosen, form_names=formed.names(partition.groups))
    try:
        return _validate(session, judged, answer)
    except OutOfBudget as error:
        return answer.end(error)


def _validate(session: Session, judged: Judged, answer: AnswerSoFar) -> dict[str, Any]:
    trainer, suite = session.trainer, session.suite
    with session.progress.phase("looking at the data", 1):
        trained_on = audit(list(session.workspace.tasks.values()), session.workspace.encoded)
    session.cache_layers(PROBED)
    if suite.grouping.forms:
        trainer.tell("`grouping.forms` is for `cotrain recommend`: here every group is one shared adapter")
    openings = open_test(session, judged)
    proof, spent = prove_opened(session, judged)
    found = recommendation(
        proof.verdict,
        tasks=trainer.tasks,
        objective=answer.objective,
        expected=Expected(gain={}, error={}),
        prior=session.prior(),
        learnable={name: of.status != "not learnable" for name, of in proof.verdict.tasks.items()},
        proof=proof,
        openings=openings,
        smoke=suite.budget.smoke,
        forms=judged.form_names if judged.forms else None,
        costs=Costs(validation=spent, wall_seconds=answer.wall_seconds()),
    ) | ended(None, cut="", validated=True)
    shown = evidence.settings(suite, threads=session.spec.threads, device=session.spec.device) | {
        "curves": evidence.curves([proof.runs]),
        "measured": evidence.measured_groups(proof.measured, phase="validation"),
        "weight_shares": evidence.weight_shares([proof.runs]),
        "failed": evidence.failed_groups([proof.runs]),
        "audit": trained_on.to_dict(),
        "factors": evidence.five_factors(trainer.tasks, trained_on),
    }
    spending = Spending(
        groups=served_groups(found),
        references=proof.runs.references,
        trained=proof.runs.groups,
        every=[proof.runs],
        total=total_cost(found),
        validated=True,
    )
    draw_up(session, found, spending)
    return finish(session, found, shown, proof, answer)
