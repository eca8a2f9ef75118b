"""The way from affinities to a judged recommendation."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

from affinity.equal_sizes import Compared, compare_sizes, losing_pairs
from cotrain import evidence
from cotrain.accounting import Spending
from cotrain.affinity_files import save_affinities
from cotrain.answer_so_far import LIMITED, AnswerSoFar, ended
from cotrain.builtin import SHUFFLED
from cotrain.calibrating import calibration, correction_of
from cotrain.earlier import Earlier, read_earlier
from cotrain.estimator import find_estimator
from cotrain.finishing import draw_up, finish, served_groups, total_cost
from cotrain.forming import Formed, make_forms, overlapping
from cotrain.helping import likely_helpers
from cotrain.kept_for_validation import KeptForValidation
from cotrain.limits import reason, unfinished
from cotrain.measuring import Probes, TrainerOracle
from cotrain.opening_test import Judged, open_test, prove_opened
from cotrain.pairs_cost import pairs_cost
from cotrain.probing import Probed, probe
from cotrain.proving import Proof, validated_before
from cotrain.recommendation import Costs, Expected, recommendation
from cotrain.rerunning import rerun
from cotrain.running import PROBED, Session
from cotrain.searching import SearchedFor, choose_grouping
from cotrain.suite import rules_among
from cotrain.validation_time import validation_time
from cotrain.why import apart
from cotrain.wishes import Wishes
from grouping.grouped import helpers_of
from grouping.partition import Group, Partition
from grouping.rounds.outcome import Outcome
from grouping.rounds.so_far import SoFar
from grouping.universe import rows_of
from grouping.verdict import not_validated
from reports.origin import origin
from tasks.audit import Audit, audit
from trainers.cost import Cost
from trainers.methods import settings_of
from trainers.out_of_budget import OutOfBudget
from trainers.result import GroupResult

NOTHING_YET = "nothing is measured yet, so every task is trained alone; the run is in progress"
IN_PROGRESS = "the choice among what was trained so far, not validated; the run is in progress"


def run_recommendation(session: Session, wishes: Wishes, *, started: float) -> dict[str, Any]:
    """Affinities, search, validation, files and report; returns the object of ``recommendation.json``.

    Tasks that cannot be measured are named in it and take no part in what follows. Where a limit ends the work, it is
    the best answer so far, which is on disk at any moment (:mod:`cotrain.answer_so_far`).

    Args:
        started: Time of :func:`time.monotonic` when the command began.

    Raises:
        InputError: If an earlier run cannot be read.
    """
    grouping = session.suite.grouping
    objective = {"name": grouping.objective, "max_adapters": grouping.max_adapters, "confidence": None}
    earlier = read_earlier(
        wishes.earlier,
        session.folder,
        identity=session.workspace.fingerprints["base_model"],
        method=settings_of(session.suite.method),
        estimator=session.suite.estimator,
    )
    answer = AnswerSoFar(session, started, objective)
    answer.begin(Partition.singles(session.spec.tasks), NOTHING_YET)
    try:
        return _recommend(session, answer, wishes, earlier)
    except OutOfBudget as error:
        return answer.end(error)


def _recommend(session: Session, answer: AnswerSoFar, wishes: Wishes, earlier: Earlier) -> dict[str, Any]:
    suite, started, every = session.suite, answer.started, session.trainer
    correction = correction_of(earlier)
    with session.progress.phase("looking at the data", 1):
        trained_on = audit(list(session.workspace.tasks.values()), session.workspace.encoded)
    prefix = session.cache_layers(PROBED)
    merging = any(form.merges for form in suite.grouping.forms)
    probed = probe(replace(every, keep_references=merging), find_estimator(suite.estimator))
    trainer, estimate, probes = probed.trainer, probed.estimate, probed.probes
    session = replace(session, trainer=trainer)
    session.folder.log("probed", seconds=round(time.monotonic() - started, 1))
    save_affinities(session.folder, estimate.matrix)
    answer.probed, answer.costs = probed, Costs(probe=prefix + probed.cost)
    kept = _kept_for_validation(session, probes, wishes, frozen=prefix)

    def tell(now: SoFar, oracle: TrainerOracle) -> None:
        answer.costs = replace(answer.costs, search=oracle.cost)
        answer.tell(
            now.partition,
            IN_PROGRESS,
            stage="search" if oracle.asked else "probe runs",
            expected=Expected(gain=now.predicted, error=now.predicted_error),
            measured=now.measured,
            searched=oracle.asked,
            forms=Formed(chosen=overlapping(helpers_of(now.grouping))),
        )

    searched_for = choose_grouping(probed, suite, storage=session.storage, kept=kept, told=tell, correction=correction)
    outcome, oracle = searched_for.outcome, searched_for.oracle
    session.folder.log("chosen", groups=[list(group) for group in outcome.partition.groups], reason=outcome.reason)
    session.folder.log("searched", seconds=round(time.monotonic() - started, 1))
    cut = outcome.stopped if outcome.stopped in LIMITED else ""
    if cut:
        session.progress.line(outcome.reason)
    formed = _formed(session, searched_for, probes)
    judged = Judged(
        choice=outcome.partition,
        compared=None if wishes.compared is None else _among(wishes.compared, trainer.tasks),
        forms=formed.chosen,
        form_names=formed.names(outcome.partition.groups),
    )
    proof, openings, spent, began = None, 0, Cost(), time.monotonic()
    if wishes.validate and (unfinished(session.limits) or _validated_before(session, judged)):
        openings = open_test(session, judged)
        try:
            proof, spent = prove_opened(session, judged, learnable=probes.learnable)
        except OutOfBudget as error:
            cut = error.kind
            session.progress.line(f"validation was not done, so the choice is not validated: {reason(error)}")
    elif wishes.validate:
        session.progress.line("nothing is left of the limits for validation: the choice is not validated")
    lasted = time.monotonic() - began
    at_equal_sizes = _at_equal_sizes(session, probed, searched=oracle.asked) if wishes.equal_sizes else None
    again = rerun(every, suite, outcome, correction=correction) if wishes.reruns and suite.budget.reruns else None
    verdict = proof.verdict if proof else not_validated(outcome.partition.groups, trainer.tasks)
    found = recommendation(
        verdict,
        tasks=session.spec.tasks,
        objective=dict(answer.objective) | {"confidence": outcome.confidence},
        expected=_expected(outcome, formed),
        prior=session.prior(),
        learnable=probes.learnable,
        proof=proof,
        openings=openings,
        smoke=suite.budget.smoke,
        costs=Costs(
            probe=prefix + probed.cost,
            search=searched_for.cost,
            validation=spent,
            reruns=None if again is None else again.cost,
            equal_sizes=None if at_equal_sizes is None else at_equal_sizes.cost,
            forms=formed.cost if suite.grouping.forms else None,
            pairs_reference=pairs_cost(probed),
            wall_seconds=answer.wall_seconds(),
        ),
        dropped=estimate.dropped,
        affinities=evidence.affinities(suite.estimator, probed, searched=oracle.asked),
        equal_sizes=None if at_equal_sizes is None else at_equal_sizes.pairs,
        probability_best=next((of.best for of in outcome.proposals if of.chosen), None),
        forms=formed.names(outcome.partition.groups) if formed.rows or formed.chosen else None,
    ) | ended(outcome, cut=cut, validated=proof is not None)
    shown = _shown(session, probed, searched_for, proof, audited=trained_on, formed=formed)
    shown["limits"] = kept.to_dict(suite.budget, stopped=outcome.stopped, validation=lasted if proof else None)
    shown["calibration"] = found["calibration"] = calibration(shown, found, earlier, applied=correction)
    found["apart"] = apart(found, probed, outcome, suite, at_equal_sizes)
    if again is not None:
        found["stability"] = again.to_dict()
    spending = Spending(
        groups=served_groups(found),
        helpers={group: tuple(form.helpers) for group, form in formed.chosen.items() if form.helpers},
        references=probes.runs.references,
        trained={**probes.runs.groups, **oracle.asked},
        searched=oracle.runs,
        every=[probes.runs, oracle.runs, *([proof.runs] if proof else [])],
        total=total_cost(found),
        validated=proof is not None,
    )
    draw_up(session, found, spending)
    return finish(session, found, shown, proof, answer)


def _kept_for_validation(session: Session, probes: Probes, wishes: Wishes, *, frozen: Cost) -> KeptForValidation:
    """What of the limits the search leaves, and one line that says so."""
    needed = validation_time(
        session.trainer,
        probes.runs.references,
        probes.runs.groups,
        frozen=frozen,
        max_adapters=session.suite.grouping.max_adapters,
        compared=wishes.compared is not None,
    )
    kept = KeptForValidation.of(session.trainer, session.limits, needed, validate=wishes.validate)
    told = kept.sentence(validate=wishes.validate)
    if told:
        session.progress.line(told)
    return kept


def _validated_before(session: Session, judged: Judged) -> bool:
    return validated_before(session.trainer, judged.choice, compared=judged.compared, forms=judged.forms)


def _formed(session: Session, searched_for: SearchedFor, probes: Probes) -> Formed:
    """The chosen groups in the suite's other forms; none if a limit came before."""
    outcome = searched_for.outcome
    rules = rules_among(session.suite.grouping, outcome.gains.tasks)
    try:
        return make_forms(
            session.trainer,
            outcome.partition.groups,
            session.suite.grouping,
            probes=probes,
            known={**probes.runs.groups, **searched_for.oracle.asked},
            confidence=outcome.confidence,
            helpers=partial(likely_helpers, outcome.gains, apart=rules.apart),
            helped=outcome.helpers,
        )
    except OutOfBudget as error:
        session.trainer.tell(f"groups were not made in other forms, all have one adapter: {reason(error)}")
        return Formed(chosen=overlapping(outcome.helpers))


def _expected(outcome: Outcome, formed: Formed) -> Expected:
    """What was predicted of the choice, with what its forms were measured to add to one shared adapter."""
    gain, error = dict(outcome.predicted), dict(outcome.predicted_error)
    tasks, tried = tuple(outcome.gains.tasks), {row.group for row in formed.rows}
    for group in outcome.partition.groups:
        if group in outcome.helpers and group in tried:
            plain = outcome.gains.predict(rows_of([group], tasks))
            for name in group:
                place = tasks.index(name)
                gain[name], error[name] = float(plain.mean[0, place]), float(plain.error[0, place])
        for name, (more, spread) in formed.gain(group).items():
            gain[name] += more
            error[name] = float(np.hypot(error[name], spread))
    return Expected(gain=gain, error=error)


def _shown(
    session: Session,
    probed: Probed,
    searched_for: SearchedFor,
    proof: Proof | None,
    *,
    audited: Audit,
    formed: Formed,
) -> dict[str, Any]:
    """The object of ``evidence.json``."""
    suite, probes, oracle = session.suite, probed.probes, searched_for.oracle
    outcome, early = searched_for.outcome, searched_for.early
    proven = [proof.runs] if proof else []
    searched = {group: of for group, of in outcome.measured.items() if group in oracle.asked}
    return evidence.settings(suite, threads=session.spec.threads, device=session.spec.device) | {
        "curves": evidence.curves([probes.runs, *proven]),
        "measured": [
            *evidence.measured_groups(probes.measured, phase="probe"),
            *evidence.measured_groups(searched, phase="search", forecasts=evidence.forecasts(outcome)),
            *(evidence.measured_groups(proof.measured, phase="validation") if proof else []),
        ],
        "weight_shares": evidence.weight_shares([probes.runs, oracle.runs, *proven]),
        "failed": evidence.failed_groups([probes.runs, oracle.runs, *proven]),
        "proposals": [proposal.to_dict() for proposal in outcome.proposals],
        "step_matching": evidence.step_matching(probes, passes=suite.budget.passes, searched=oracle.asked),
        "skills": {name: asdict(of) for name, of in probes.skills.items()},
        "controls": _controls(probed, searched=oracle.asked),
        "audit": audited.to_dict(),
        "factors": evidence.five_factors(session.trainer.tasks, audited, probes=probes, searched=oracle.asked),
        "early": None if early is None else early.to_dict(),
        **({"forms": formed.to_list()} if formed.rows else {}),
    }


def _at_equal_sizes(
    session: Session, probed: Probed, *, searched: Mapping[Group, Sequence[GroupResult]]
) -> Compared | None:
    """Losing pairs at equal sizes; None if a limit came before."""
    learnable = probed.probes.learnable
    losing = losing_pairs(probed.estimate.matrix, probed.probes.with_groups(searched))
    pairs = [(source, target) for source, target in losing if learnable[target]]
    known = {**searched, **probed.probes.runs.groups}
    try:
        found = compare_sizes(session.trainer, pairs, references=probed.probes.runs.references, known=known)
    except OutOfBudget as error:
        session.trainer.tell(f"pairs were not trained at equal sizes, so that is not reported: {reason(error)}")
        return None
    if found.left:
        session.trainer.tell(f"{found.left} more pairs with a negative score were not trained at equal sizes")
    return found


def _among(partition: Partition, tasks: Collection[str]) -> Partition:
    """The partition of some of its tasks."""
    kept = [[name for name in group if name in tasks] for group in partition.groups]
    return Partition.of(group for group in kept if group)


def _controls(probed: Probed, *, searched: Mapping[Group, Sequence[GroupResult]]) -> list[Any]:
    matrix = probed.estimate.matrix
    sources = [name for name in matrix.tasks if name.endswith(SHUFFLED)]
    measured = probed.probes.with_groups(searched)
    return evidence.controls(matrix, measured, sources, predicted=origin(matrix.estimator).predicted)
