"""Every estimator leads to a proposal, and what it predicted is not called measured."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affinity.estimators import ESTIMATORS
from cotrain import api
from cotrain.app import main
from cotrain.suite import load_suite, override
from reports.origin import KNOWN
from tests.cotrain.test_failures import TASKS, write


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("estimators"), {})


@pytest.fixture(scope="module")
def proposals(suite: Path) -> dict[str, dict[str, Any]]:
    """What every estimator ends in, filled by the tests."""
    return {}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_proposal(
    name: str, suite: Path, proposals: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    run = suite.parent / name
    capsys.readouterr()
    more = ["--workers", "1", "--no-validate", "--json", "--estimator", name]
    assert main(["recommend", str(suite), "--out", str(run), *more]) == 0
    found = proposals[name] = json.loads(capsys.readouterr().out)
    assert sorted(task for group in found["groups"] for task in group) == list(TASKS)
    assert all(np.isfinite(task["predicted"]) for task in found["tasks"].values())
    assert json.loads((run / "affinity.json").read_text())["estimator"] == name
    assert found["affinities"]["estimator"] == name
    assert found["cost"]["pairs_reference_modelled"] == (name != "pairwise")
    evidence = json.loads((run / "evidence.json").read_text())
    trained = {tuple(entry["group"]) for entry in evidence["measured"]}
    assert TASKS in trained
    assert {pair for pair in trained if len(pair) == 2} == {
        tuple(pair) for pair in found["affinities"]["trained_pairs"]
    }
    assert all(len(group) == 1 or tuple(group) in trained for group in found["groups"]), "only what was trained"
    assert KNOWN[name].sentence in (run / "report.html").read_text().replace("&#39;", "'")
    planned = api.plan(override(load_suite(suite), {"estimator": name}), out=run, workers=1, validate=False)
    before = [phase for phase in planned["phases"] if phase != "search"]
    assert sum(planned["phases"][phase]["jobs"] for phase in before) == found["cost"]["probe"]["jobs"]
    spent, counted = (found["cost"]["probe"]["tokens_backward"], planned["phases"])
    assert sum(counted[phase]["tokens_backward"] for phase in before) == pytest.approx(spent, rel=0.35)


def test_modelled_pairs_cost_what_trained_pairs_cost(proposals: dict[str, dict[str, Any]]) -> None:
    costs = {name: found["cost"]["pairs_reference"] for name, found in proposals.items()}
    for name in ("hybrid", "linearized", "cosine"):
        for field in ("jobs", "tokens_forward", "tokens_backward"):
            assert costs[name][field] == costs["pairwise"][field], f"{name}: {field}"
        assert costs[name]["flops"] == pytest.approx(costs["pairwise"]["flops"])
