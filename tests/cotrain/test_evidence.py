"""What ``evidence.json`` says of the factors, from runs made of numbers."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from affinity.gains import measure_groups
from affinity.matrix import AffinityMatrix
from affinity.skill import Learnable
from cotrain import evidence
from cotrain.evidence import settings
from cotrain.json_text import to_json
from cotrain.measuring import Probes
from cotrain.suite import Suite, parse_suite
from reports import factor_words
from reports.inputs import parse
from reports.records import Evidence
from tasks.audit import Audit, audit
from tests.affinity.samples import World, run
from tests.tasks.audit.build import clean_texts, make_task
from trainers.methods import LoRA
from trainers.trainer import Runs


def audit_of(names: Mapping[str, object]) -> Audit:
    return audit([make_task(name, clean_texts(seed)) for seed, name in enumerate(names)])


def test_factors_of_probes_and_search_can_be_read_by_the_report() -> None:
    world = World(tasks=4, seeds=2, references=2, examples=80, noise=0.02, seed=0)
    measured = measure_groups(world.runs, world.references, world.tasks)
    learnt = dict.fromkeys(world.tasks, Learnable(skill=0.5, low=0.4, high=0.6, learnable=True))
    probes = Probes(Runs(world.runs, world.references), measured, learnt, world.tasks)
    triple = ("t0", "t1", "t2")
    losses = {name: world.references[name][0].members[name].losses["select"] - 0.5 for name in triple}
    searched = {triple: [run(triple, seed, losses) for seed in (0, 1)]}

    found = evidence.five_factors(world.tasks, audit_of(world.tasks), probes=probes, searched=searched)
    assert set(found["missing"]) == {"architecture"}
    assert [of["task"] for of in found["stability"]] == list(world.tasks)
    assert all(of["seeds"] > 0 for of in found["stability"])
    assert len(found["asymmetry"]["pairs"]) == len(list(combinations(world.tasks, 2)))
    (group,) = found["complementarity"]["groups"]
    assert group["group"] == triple
    assert group["excess"]["low"] > 0.2

    read = parse(Evidence, {"factors": json.loads(to_json(found))}, place="evidence.json")
    unsaid = [name for name, text in factor_words.sentences(read.factors) if text.startswith("Not measured")]
    assert unsaid == ["Model architecture"]


def test_a_given_grouping_has_only_the_factor_of_its_data() -> None:
    world = World(tasks=2, seeds=1, references=1, examples=20, noise=0.1, seed=0)
    found = evidence.five_factors(world.tasks, audit_of(world.tasks))
    assert [of["task"] for of in found["quality"]] == ["t0", "t1"]
    assert set(found["missing"]) == {"stability", "architecture", "complementarity", "asymmetry"}


def test_pairs_that_were_trained_are_measured_with_equally_short_singles() -> None:
    """Before the search or by it; others have no row."""
    world = World(tasks=3, seeds=2, references=2, examples=40, noise=0.02, seed=0)
    tasks = {
        name: replace(task, splits={**task.splits, "stop": task.splits["select"]}) for name, task in world.tasks.items()
    }
    first, *others = (group for group in world.runs if len(group) == 2)
    runs = Runs({first: world.runs[first]}, world.references)
    probes = Probes.of(runs, tasks)
    everything = Probes.of(Runs(world.runs, world.references), tasks)
    rows = evidence.step_matching(probes, passes=2, searched={others[0]: world.runs[others[0]]})
    expected = {(row["source"], row["target"]): row for row in evidence.step_matching(everything, passes=2)}
    assert len(expected) == 6
    assert {frozenset((row["source"], row["target"])) for row in rows} == {frozenset(first), frozenset(others[0])}
    for row in rows:
        same = expected[row["source"], row["target"]]
        for field in ("against_equal_passes", "against_reference"):
            assert row[field] == same[field]


def test_controls_say_whether_they_were_measured() -> None:
    world = World(tasks=3, seeds=2, references=2, examples=40, noise=0.02, seed=0)
    probes = Probes.of(Runs(world.runs, world.references), world.tasks)
    pair = ("t0", "t1")
    scores, errors = np.full((3, 3), 0.03), np.full((3, 3), 0.02)
    np.fill_diagonal(scores, 0)
    matrix = AffinityMatrix(tuple(world.tasks), scores, errors, estimator="hybrid")
    measured, predicted = evidence.controls(matrix, {pair: probes.measured[pair]}, ["t0"], predicted=True)
    assert (measured["target"], measured["measured"]) == ("t1", True)
    assert measured["score"] == probes.measured[pair].gain[1]
    assert (predicted["target"], predicted["measured"], predicted["score"]) == ("t2", False, 0.03)
    assert predicted["p"] == pytest.approx(0.0668, abs=1e-4)  # the normal tail beyond 1.5 errors
    assert [row["target"] for row in evidence.controls(matrix, {pair: probes.measured[pair]}, ["t0"])] == ["t1"]


def test_settings_tell_mixing_and_weights_where_they_were_chosen() -> None:
    """And an aggregator's shares: the mean over parts and seeds, with the extremes."""
    tasks = {name: {"data": "a.csv", "text": "x", "label": "y"} for name in "ab"}
    plain = parse_suite({"tasks": tasks})
    assert evidence.settings(plain, threads=1, device="cpu")["training"] == {}
    training = {"mixing": {"name": "temperature", "temperature": 2.5}, "weights": "class_balance"}
    chosen = parse_suite({"tasks": {**tasks, "b": {**tasks["b"], "weight": 3}}, "training": training})
    found = evidence.settings(chosen, threads=1, device="cpu")["training"]
    assert found == {"mixing": "temperature 2.5", "weights": "class_balance", "weight of b": 3.0}
    assert parse(Evidence, {"training": found}, place="").training == found


def test_shares_of_an_aggregators_weight_by_hand() -> None:
    world = World(tasks=2, seeds=2, references=2, examples=20, noise=0.1, seed=0)
    assert evidence.weight_shares([Runs(world.runs, world.references)]) == []
    shares = {"t0": ([0.2, 0.4], [0.6, 0.4]), "t1": ([0.8, 0.6], [0.4, 0.6])}
    runs = [
        replace(
            of,
            members={
                name: replace(member, share_curve=np.array(shares[name][place])) for name, member in of.members.items()
            },
        )
        for place, of in enumerate(world.runs["t0", "t1"])
    ]
    found = evidence.weight_shares([Runs({("t0", "t1"): runs}, world.references)])
    assert [(row["task"], round(row["share"], 9), row["least"], row["most"]) for row in found] == [
        ("t0", 0.4, 0.2, 0.6),
        ("t1", 0.6, 0.4, 0.8),
    ]
    assert parse(Evidence, {"weight_shares": found}, place="").weight_shares[1].task == "t1"


def test_settings_say_the_bits_of_the_base_model_and_no_setting_that_changes_nothing() -> None:
    found = settings(Suite(), threads=1, device="cpu")
    assert (found["base_model"], "rank_per_task" in found["method"]) == ("embedded", False)
    few = settings(Suite(base_model_bits=4, method=LoRA(rank_per_task=True)), threads=1, device="cuda:0")
    assert (few["base_model"], few["method"]["rank_per_task"]) == ("embedded (4 bits)", True)
