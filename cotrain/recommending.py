"""The way from affinities to a judged recommendation, and from a given grouping to its verdict."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from affinity.equal_sizes import Compared, compare_sizes, losing_pairs
from cotrain import evidence
from cotrain.answer_so_far import LIMITED, AnswerSoFar, ended, rank
from cotrain.builtin import SHUFFLED
from cotrain.estimator import find_estimator
from cotrain.kept_for_validation import KeptForValidation
from cotrain.limits import reason, unfinished
from cotrain.measuring import Probes, TrainerOracle
from cotrain.pairs_cost import pairs_cost
from cotrain.probing import Probed, probe
from cotrain.proving import Proof, prove, validated_before
from cotrain.recommendation import Costs, Expected, group_name, recommendation
from cotrain.running import Session
from cotrain.searching import choose_grouping
from cotrain.validation_time import validation_time
from grouping.partition import Group, Partition
from grouping.rounds.so_far import SoFar
from grouping.study import study_url
from grouping.verdict import not_validated
from reports.origin import origin
from reports.records import GIVEN
from tasks.audit import audit
from trainers.cost import Cost
from trainers.export import save_adapter
from trainers.out_of_budget import OutOfBudget
from trainers.result import GroupResult

PROBED = ("train", "stop", "select")
"""Splits that probe runs read."""
NOTHING_YET = "nothing is measured yet, so every task is trained alone; the run is in progress"
NOT_YET = "the grouping is not validated yet; the run is in progress"
IN_PROGRESS = "the choice among what was trained so far, not validated; the run is in progress"


def run_recommendation(
    session: Session, *, validate: bool, started: float, equal_sizes: bool = False
) -> dict[str, Any]:
    """Affinities, search, validation, files and report; returns the object of ``recommendation.json``.

    Tasks that cannot be measured are named in it and take no part in what follows. Where a limit ends the work, it is
    the best answer so far, which is on disk at any moment (:mod:`cotrain.answer_so_far`).

    Args:
        started: Time of :func:`time.monotonic` when the command began.
        equal_sizes: Whether pairs with negative transfer are trained again with the larger data set cut.
    """
    grouping = session.suite.grouping
    objective = {"name": grouping.objective, "max_adapters": grouping.max_adapters, "confidence": None}
    answer = AnswerSoFar(session, started, objective)
    answer.begin(Partition.singles(session.spec.tasks), NOTHING_YET)
    try:
        return _recommend(session, answer, validate=validate, equal_sizes=equal_sizes)
    except OutOfBudget as error:
        return answer.end(error)


def _recommend(session: Session, answer: AnswerSoFar, *, validate: bool, equal_sizes: bool) -> dict[str, Any]:
    suite, started = session.suite, answer.started
    trained_on = audit(list(session.workspace.tasks.values()), session.workspace.encoded)
    prefix = session.cache_layers(PROBED)
    probed = probe(session.trainer, find_estimator(suite.estimator))
    trainer, estimate, probes = probed.trainer, probed.estimate, probed.probes
    session = replace(session, trainer=trainer)
    session.folder.log("probed", seconds=round(time.monotonic() - started, 1))
    estimate.matrix.save(session.folder.path)
    answer.probed, answer.costs = probed, Costs(probe=prefix + probed.cost)
    needed = validation_time(
        trainer,
        probes.runs.references,
        probes.runs.groups,
        frozen=prefix,
        max_adapters=suite.grouping.max_adapters,
    )
    kept = KeptForValidation.of(trainer, session.limits, needed, validate=validate)
    told = kept.sentence(validate=validate)
    if told:
        session.progress.line(told)

    def tell(now: SoFar, oracle: TrainerOracle) -> None:
        answer.costs = replace(answer.costs, search=oracle.cost)
        answer.tell(
            now.partition,
            IN_PROGRESS,
            stage="search" if oracle.asked else "probe runs",
            expected=Expected(gain=now.predicted, error=now.predicted_error),
            measured=now.measured,
            searched=oracle.asked,
        )

    searched_for = choose_grouping(probed, suite, studies=study_url(session.folder.study), kept=kept, told=tell)
    outcome, oracle, early = searched_for.outcome, searched_for.oracle, searched_for.early
    session.folder.log("chosen", groups=[list(group) for group in outcome.partition.groups], reason=outcome.reason)
    proof, openings, spent, cut = None, 0, Cost(), outcome.stopped if outcome.stopped in LIMITED else ""
    began = time.monotonic()
    session.folder.log("searched", seconds=round(began - started, 1))
    if cut:
        session.progress.line(outcome.reason)
    if validate and (unfinished(session.limits) or validated_before(trainer, outcome.partition)):
        openings = _open_test(session, outcome.partition)
        try:
            proof, spent = _prove(session, outcome.partition, probes)
        except OutOfBudget as error:
            cut = error.kind
            session.progress.line(f"validation was not done, so the choice is not validated: {reason(error)}")
    elif validate:
        session.progress.line("nothing is left of the limits for validation: the choice is not validated")
    lasted = time.monotonic() - began
    compared = _compared(session, probed, searched=oracle.asked) if equal_sizes else None
    verdict = proof.verdict if proof else not_validated(outcome.partition.groups, trainer.tasks)
    found = recommendation(
        verdict,
        tasks=session.spec.tasks,
        objective=dict(answer.objective) | {"confidence": outcome.confidence},
        expected=Expected(gain=outcome.predicted, error=outcome.predicted_error),
        prior=session.prior(),
        learnable=probes.learnable,
        proof=proof,
        openings=openings,
        costs=Costs(
            probe=prefix + probed.cost,
            search=searched_for.cost,
            validation=spent,
            equal_sizes=None if compared is None else compared.cost,
            pairs_reference=pairs_cost(probed),
            wall_seconds=round(time.monotonic() - started, 1),
        ),
        dropped=estimate.dropped,
        affinities=evidence.affinities(suite.estimator, probed, searched=oracle.asked),
        equal_sizes=None if compared is None else compared.pairs,
    ) | ended(outcome, cut=cut, validated=proof is not None)
    searched = {group: of for group, of in outcome.measured.items() if group in oracle.asked}
    shown = evidence.settings(suite, threads=session.spec.threads, device=session.spec.device) | {
        "curves": evidence.curves([probes.runs, *([proof.runs] if proof else [])]),
        "measured": [
            *evidence.measured_groups(probes.measured, phase="probe"),
            *evidence.measured_groups(searched, phase="search", forecasts=evidence.forecasts(outcome)),
            *(evidence.measured_groups(proof.measured, phase="validation") if proof else []),
        ],
        "weight_shares": evidence.weight_shares([probes.runs, *oracle.answers, *([proof.runs] if proof else [])]),
        "failed": evidence.failed_groups([probes.runs, *oracle.answers, *([proof.runs] if proof else [])]),
        "proposals": [proposal.to_dict() for proposal in outcome.proposals],
        "step_matching": evidence.step_matching(probes, passes=suite.budget.passes, searched=oracle.asked),
        "skills": {name: asdict(of) for name, of in probes.skills.items()},
        "controls": _controls(probed, searched=oracle.asked),
        "audit": trained_on.to_dict(),
        "factors": evidence.five_factors(trainer.tasks, trained_on, probes=probes, searched=oracle.asked),
        "early": None if early is None else early.to_dict(),
        "limits": kept.to_dict(suite.budget, stopped=outcome.stopped, validation=lasted if proof else None),
    }
    return _finish(session, found, shown, proof, answer)


def run_validation(session: Session, choice: Partition, *, started: float) -> dict[str, Any]:
    """A given grouping against its baselines; returns the object of ``recommendation.json``.

    Where a limit ends the work, the grouping stays as it is given, not validated.
    """
    answer = AnswerSoFar(session, started, {"name": GIVEN, "max_adapters": None, "confidence": None})
    answer.begin(choice, NOT_YET)
    try:
        return _validate(session, choice, answer)
    except OutOfBudget as error:
        return answer.end(error)


def _validate(session: Session, choice: Partition, answer: AnswerSoFar) -> dict[str, Any]:
    trainer, suite = session.trainer, session.suite
    trained_on = audit(list(session.workspace.tasks.values()), session.workspace.encoded)
    session.cache_layers(PROBED)
    openings = _open_test(session, choice)
    proof, spent = _prove(session, choice, None)
    found = recommendation(
        proof.verdict,
        tasks=trainer.tasks,
        objective=answer.objective,
        expected=Expected(gain={}, error={}),
        prior=session.prior(),
        learnable={name: of.status != "not learnable" for name, of in proof.verdict.tasks.items()},
        proof=proof,
        openings=openings,
        costs=Costs(validation=spent, wall_seconds=round(time.monotonic() - answer.started, 1)),
    ) | ended(None, cut="", validated=True)
    shown = evidence.settings(suite, threads=session.spec.threads, device=session.spec.device) | {
        "curves": evidence.curves([proof.runs]),
        "measured": evidence.measured_groups(proof.measured, phase="validation"),
        "weight_shares": evidence.weight_shares([proof.runs]),
        "failed": evidence.failed_groups([proof.runs]),
        "audit": trained_on.to_dict(),
        "factors": evidence.five_factors(trainer.tasks, trained_on),
    }
    return _finish(session, found, shown, proof, answer)


def _open_test(session: Session, choice: Partition) -> int:
    """Notes that test is about to be opened, and how often it was by then."""
    suite = session.suite
    openings = session.folder.open_test(
        choice.groups,
        settings={"seed": suite.seed, "passes": suite.budget.passes, "seeds": suite.budget.validation_seeds},
        tests={name: task.fingerprint for name, task in session.trainer.tasks.items()},
    )
    session.progress.line(f"opening the test split (look {openings} at these data) to judge {choice}")
    return openings


def _prove(session: Session, choice: Partition, probes: Probes | None) -> tuple[Proof, Cost]:
    """Validation, and what it cost."""
    prefix = session.cache_layers(["test"])
    proof = prove(session.trainer, choice, learnable=probes.learnable if probes else None)
    return proof, prefix + proof.runs.cost


def _compared(session: Session, probed: Probed, *, searched: Mapping[Group, Sequence[GroupResult]]) -> Compared | None:
    """Losing pairs at equal sizes; None if the time limit came before."""
    learnable = probed.probes.learnable
    losing = losing_pairs(probed.estimate.matrix, probed.probes.with_groups(searched))
    pairs = [(source, target) for source, target in losing if learnable[target]]
    known = {**searched, **probed.probes.runs.groups}
    try:
        found = compare_sizes(session.trainer, pairs, references=probed.probes.runs.references, known=known)
    except OutOfBudget as error:
        session.trainer.tell(f"pairs were not trained at equal sizes, which is not reported: {reason(error)}")
        return None
    if found.left:
        session.trainer.tell(f"{found.left} more pairs with a negative score were not trained at equal sizes")
    return found


def _controls(probed: Probed, *, searched: Mapping[Group, Sequence[GroupResult]]) -> list[Any]:
    matrix = probed.estimate.matrix
    sources = [name for name in matrix.tasks if name.endswith(SHUFFLED)]
    measured = probed.probes.with_groups(searched)
    return evidence.controls(matrix, measured, sources, predicted=origin(matrix.estimator).predicted)


def _finish(
    session: Session, found: dict[str, Any], shown: dict[str, Any], proof: Proof | None, answer: AnswerSoFar
) -> dict[str, Any]:
    """Writes adapters, the JSON objects and the report; an answer that says more than this one is left as it is."""
    folder = session.folder
    if proof is not None:
        for group in found["groups"]:
            runs = proof.runs.groups.get(tuple(group)) if len(group) > 1 else proof.runs.references.get(group[0])
            if runs:  # else a task that could not be measured
                save_adapter(
                    folder.adapters / group_name(group), runs[0], session.spec, texts=session.workspace.text_uses
                )
    better = answer.known()
    if not found["complete"] and better is not None and rank(better) > rank(found):
        return better
    folder.write_json("evidence.json", shown)
    folder.write_json("recommendation.json", found)
    if session.limits.may_draw(answer.drawing):
        answer.draw()
    else:
        session.progress.line(
            f"the report was not drawn within the time limit: `cotrain report {folder.path}` draws it"
        )
    if found["complete"]:
        session.drop_cache()
    return found
