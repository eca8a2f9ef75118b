"""What ``evidence.json`` says of the factors, from runs made of numbers."""

import json
from collections.abc import Mapping
from itertools import combinations

from affinity.gains import measure_groups
from affinity.skill import Learnable
from cotrain import evidence
from cotrain.json_text import to_json
from cotrain.measuring import Probes
from reports import factor_words
from reports.inputs import parse
from reports.records import Evidence
from tasks.audit import Audit, audit
from tests.affinity.samples import World, run
from tests.tasks.audit.build import clean_texts, make_task
from trainers.trainer import Runs


def audit_of(names: Mapping[str, object]) -> Audit:
    return audit([make_task(name, clean_texts(seed)) for seed, name in enumerate(names)])


def test_factors_of_probes_and_search_can_be_read_by_the_report() -> None:
    world = World(tasks=4, seeds=2, references=2, examples=80, noise=0.02, seed=0)
    measured = measure_groups(world.runs, world.references, world.tasks)
    learnt = dict.fromkeys(world.tasks, Learnable(skill=0.5, low=0.4, high=0.6, learnable=True))
    probes = Probes(Runs(world.runs, world.references), measured, learnt)
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
