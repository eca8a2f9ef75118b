"""The way from affinities to a judged recommendation, and from a given grouping to its verdict."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from affinity.equal_sizes import Compared, compare_sizes, losing_pairs
from cotrain import evidence
from cotrain.accounting import Spending, account
from cotrain.builtin import SHUFFLED
from cotrain.calibrating import calibration, correction_of
from cotrain.earlier import read_earlier
from cotrain.estimator import find_estimator
from cotrain.forming import Formed, make_forms
from cotrain.measuring import Probes, TrainerOracle
from cotrain.pairs_cost import pairs_cost
from cotrain.probing import Probed, probe
from cotrain.proving import Proof, prove
from cotrain.recommendation import Costs, Expected, group_name, recommendation
from cotrain.rerunning import Reruns, rerun
from cotrain.running import Session
from cotrain.searching import choose_grouping
from cotrain.why import apart
from grouping.partition import Group, Partition
from grouping.rounds.outcome import Outcome
from grouping.study import study_url
from grouping.verdict import not_validated
from reports import render
from reports.origin import origin
from tasks.audit import audit
from trainers.cost import Cost
from trainers.methods import settings_of
from trainers.private_export import save_group
from trainers.result import GroupResult
from trainers.run_jobs import OutOfTime
from trainers.served import served_by

PROBED = ("train", "stop", "select")
"""Splits that probe runs read."""


def run_recommendation(
    session: Session,
    *,
    validate: bool,
    started: float,
    equal_sizes: bool = False,
    compared: Partition | None = None,
    reruns: bool = True,
    earlier: Sequence[Path] = (),
) -> dict[str, Any]:
    """Affinities, search, validation, files and report; returns the object of ``recommendation.json``.

    Tasks that cannot be measured are named in it and take no part in what follows.

    Args:
        started: Time of :func:`time.monotonic` when the command began.
        equal_sizes: Whether pairs with negative transfer are trained again with the larger data set cut.
        compared: A grouping of the user's, validated beside the choice; tasks that cannot be measured are taken out.
        reruns: Whether the reruns that the suite asks for are made.
        earlier: Folders of runs whose forecasts tell of a bias, which is corrected where it is clear.

    Raises:
        InputError: If an earlier run cannot be read.
    """
    suite, every = session.suite, session.trainer
    before = read_earlier(
        earlier,
        session.folder,
        identity=session.workspace.fingerprints["base_model"],
        method=settings_of(suite.method),
        estimator=suite.estimator,
    )
    correction = correction_of(before)
    trained_on = audit(list(session.workspace.tasks.values()), session.workspace.encoded)
    prefix = session.cache_layers(PROBED)
    merging = any(form.merges for form in suite.grouping.forms)
    probed = probe(replace(session.trainer, keep_references=merging), find_estimator(suite.estimator))
    trainer, estimate, probes = probed.trainer, probed.estimate, probed.probes
    session = replace(session, trainer=trainer)
    estimate.matrix.save(session.folder.path)
    outcome, oracle = choose_grouping(probed, suite, studies=study_url(session.folder.study), correction=correction)
    session.folder.log("chosen", groups=[list(group) for group in outcome.partition.groups], reason=outcome.reason)
    formed = _formed(session, outcome, oracle, probes)
    proof, openings, spent = None, 0, Cost()
    if validate:
        own = None if compared is None else _among(compared, trainer.tasks)
        openings = _open_test(session, outcome.partition, own, formed)
        try:
            proof, spent = _prove(session, outcome.partition, probes, own, formed)
        except OutOfTime:
            session.progress.line("the time limit came before validation was done: the choice is not validated")
    at_equal_sizes = _compared(session, probed, searched=oracle.asked) if equal_sizes else None
    again = rerun(every, suite, outcome, correction=correction) if reruns and suite.budget.reruns else None
    verdict = proof.verdict if proof else not_validated(outcome.partition.groups, trainer.tasks)
    found = recommendation(
        verdict,
        tasks=session.spec.tasks,
        objective={
            "name": suite.grouping.objective,
            "max_adapters": suite.grouping.max_adapters,
            "confidence": outcome.confidence,
        },
        expected=_expected(outcome, formed),
        prior=session.prior(),
        learnable=probes.learnable,
        proof=proof,
        openings=openings,
        costs=Costs(
            probe=prefix + probed.cost,
            search=oracle.cost,
            validation=spent,
            reruns=None if again is None else again.cost,
            equal_sizes=None if at_equal_sizes is None else at_equal_sizes.cost,
            forms=formed.cost if suite.grouping.forms else None,
            pairs_reference=pairs_cost(probed),
            wall_seconds=round(time.monotonic() - started, 1),
        ),
        dropped=estimate.dropped,
        affinities=evidence.affinities(suite.estimator, probed, searched=oracle.asked),
        equal_sizes=None if at_equal_sizes is None else at_equal_sizes.pairs,
        probability_best=next((of.best for of in outcome.proposals if of.chosen), None),
        forms=formed.names(outcome.partition.groups) if formed.rows else None,
    )
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
        **({"forms": formed.to_list()} if formed.rows else {}),
    }
    forecasts = calibration(shown, found, before, applied=correction)
    shown["calibration"] = forecasts
    found["calibration"] = forecasts
    found["apart"] = apart(found, probed, outcome, suite, at_equal_sizes)
    if again is not None:
        found["stability"] = _stable(again)
    spending = Spending(
        groups=_served(found),
        references=probes.runs.references,
        trained={**probes.runs.groups, **oracle.asked},
        searched=oracle.answers,
        every=[probes.runs, *oracle.answers, *([proof.runs] if proof else [])],
        total=_total(found),
        validated=proof is not None,
    )
    _draw_up(session, found, spending)
    return _finish(session, found, shown, proof)


def run_validation(
    session: Session, choice: Partition, *, started: float, compared: Partition | None = None
) -> dict[str, Any]:
    """A given grouping against its baselines, and another one; returns the object of ``recommendation.json``."""
    trainer, suite = session.trainer, session.suite
    trained_on = audit(list(session.workspace.tasks.values()), session.workspace.encoded)
    session.cache_layers(PROBED)
    if suite.grouping.forms:
        session.trainer.tell("`grouping.forms` is for `cotrain recommend`: here every group is one shared adapter")
    openings = _open_test(session, choice, compared)
    proof, spent = _prove(session, choice, None, compared)
    found = recommendation(
        proof.verdict,
        tasks=trainer.tasks,
        objective={"name": "given", "max_adapters": None, "confidence": None},
        expected=Expected(gain={}, error={}),
        prior=session.prior(),
        learnable={name: of.status != "not learnable" for name, of in proof.verdict.tasks.items()},
        proof=proof,
        openings=openings,
        costs=Costs(validation=spent, wall_seconds=round(time.monotonic() - started, 1)),
    )
    shown = evidence.settings(suite, threads=session.spec.threads, device=session.spec.device) | {
        "curves": evidence.curves([proof.runs]),
        "measured": evidence.measured_groups(proof.measured, phase="validation"),
        "weight_shares": evidence.weight_shares([proof.runs]),
        "failed": evidence.failed_groups([proof.runs]),
        "audit": trained_on.to_dict(),
        "factors": evidence.five_factors(trainer.tasks, trained_on),
    }
    spending = Spending(
        groups=_served(found),
        references=proof.runs.references,
        trained=proof.runs.groups,
        every=[proof.runs],
        total=_total(found),
        validated=True,
    )
    _draw_up(session, found, spending)
    return _finish(session, found, shown, proof)


def _served(found: Mapping[str, Any]) -> list[Group]:
    """The answer's groups without tasks that could not be measured."""
    return [tuple(group) for group in found["groups"] if not set(group) <= set(found["left_out"])]


def _total(found: Mapping[str, Any]) -> Cost:
    return Cost(**found["cost"]["total"])


def _draw_up(session: Session, found: dict[str, Any], spending: Spending) -> None:
    """The account of the costs, where everything that it needs was trained."""
    served = served_by(session.spec, groups={len(group) for group in spending.groups})
    found["cost"]["account"] = account(spending, served)


def _stable(again: Reruns) -> dict[str, Any]:
    """The object ``stability``: what was compared, or how far it came."""
    compared = {} if again.stability is None else again.stability.to_dict()
    return {"wanted": again.wanted, "done": again.done, **compared}


def _open_test(session: Session, choice: Partition, compared: Partition | None, formed: Formed | None = None) -> int:
    """Notes that test is about to be opened, and how often it was by then."""
    suite = session.suite
    planned: dict[str, Any] = {
        "seed": suite.seed,
        "passes": suite.budget.passes,
        "seeds": suite.budget.validation_seeds,
    }
    if suite.budget.max_validation_seeds is not None:
        planned["max_seeds"] = suite.budget.max_validation_seeds
    if compared is not None:
        planned["compared"] = compared.groups
    if formed is not None and formed.chosen:
        planned["forms"] = formed.names(choice.groups)
    openings = session.folder.open_test(
        choice.groups,
        settings=planned,
        tests={name: task.fingerprint for name, task in session.trainer.tasks.items()},
    )
    session.progress.line(f"opening the test split (look {openings} at these data) to judge {choice}")
    return openings


def _formed(session: Session, outcome: Outcome, oracle: TrainerOracle, probes: Probes) -> Formed:
    """The chosen groups in the suite's other forms; none if the time limit came before."""
    try:
        return make_forms(
            session.trainer,
            outcome.partition.groups,
            session.suite.grouping,
            probes=probes,
            known={**probes.runs.groups, **oracle.asked},
            confidence=outcome.confidence,
        )
    except OutOfTime:
        session.trainer.tell("the time limit came before groups were made in other forms: all have one shared adapter")
        return Formed()


def _expected(outcome: Outcome, formed: Formed) -> Expected:
    """What was predicted of the choice, with what its forms were measured to add."""
    gain, error = dict(outcome.predicted), dict(outcome.predicted_error)
    for group in outcome.partition.groups:
        for name, (more, spread) in formed.gain(group).items():
            gain[name] += more
            error[name] = float(np.hypot(error[name], spread))
    return Expected(gain=gain, error=error)


def _prove(
    session: Session,
    choice: Partition,
    probes: Probes | None,
    compared: Partition | None,
    formed: Formed | None = None,
) -> tuple[Proof, Cost]:
    """Validation, and what it cost."""
    prefix = session.cache_layers(["test"])
    forms = {} if formed is None else formed.chosen
    trainer = replace(session.trainer, keep_references=False)  # those that are merged are kept all the same
    known = probes.learnable if probes else None
    proof = prove(trainer, choice, learnable=known, compared=compared, forms=forms)
    return proof, prefix + proof.runs.cost


def _compared(session: Session, probed: Probed, *, searched: Mapping[Group, Sequence[GroupResult]]) -> Compared | None:
    """Losing pairs at equal sizes; None if the time limit came before."""
    learnable = probed.probes.learnable
    losing = losing_pairs(probed.estimate.matrix, probed.probes.with_groups(searched))
    pairs = [(source, target) for source, target in losing if learnable[target]]
    known = {**searched, **probed.probes.runs.groups}
    try:
        found = compare_sizes(session.trainer, pairs, references=probed.probes.runs.references, known=known)
    except OutOfTime:
        session.trainer.tell("the time limit came before pairs were trained at equal sizes: that is not reported")
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


def _finish(session: Session, found: dict[str, Any], shown: dict[str, Any], proof: Proof | None) -> dict[str, Any]:
    """Writes adapters, the JSON objects and the report."""
    folder = session.folder
    if proof is not None:
        for group in found["groups"]:
            runs = proof.runs.groups.get(tuple(group)) if len(group) > 1 else proof.runs.references.get(group[0])
            if runs:  # else a task that could not be measured
                save_group(
                    folder.adapters / group_name(group), runs[0], session.spec, texts=session.workspace.text_uses
                )
    folder.write_json("evidence.json", shown)
    folder.write_json("recommendation.json", found)
    render(folder.path)
    session.drop_cache()
    return found
