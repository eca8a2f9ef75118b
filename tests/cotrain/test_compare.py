"""``cotrain compare`` on two real runs of one suite whose settings differ."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain.load_tasks import load_tasks
from cotrain.suite import load_suite, override
from tests.cotrain.five_tasks import MIXED, TASKS
from tests.cotrain.samples import run
from tests.cotrain.test_imports import imported


@pytest.fixture
def runs(suite: Path, found: dict[str, Any], mixed: tuple[Path, dict[str, Any]]) -> tuple[Path, Path]:
    """The finished run, and one of three of its tasks with another estimator, which ended before test was opened."""
    assert found["verdict"]
    return suite.parent / "run", mixed[0]


def test_two_runs_side_by_side(runs: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "pages" / "compared.html"
    found = cotrain.compare(*runs, out=page)
    assert found["schema"] == 1
    assert found["tasks"]["shared"] == tuple(sorted(MIXED))
    assert found["tasks"]["only"] == {"a": ("find", "hue"), "b": ()}
    estimators = {"a": "hybrid", "b": "pairwise"}
    settings = {of["field"]: of["value"] for of in found["differing"]}
    assert settings["estimator"] == estimators
    assert settings["training.mixing"] == {"a": "proportional", "b": "name temperature, temperature 3.0"}
    assert {of["area"] for of in found["differing"]} == {"settings"}  # the same data, on the same machine
    assert {side: of["estimator"] for side, of in found["runs"].items()} == estimators
    matrices = [json.loads((of / "affinity.json").read_text()) for of in runs]
    assert len(found["affinities"]["pairs"]) == 6
    for pair in found["affinities"]["pairs"]:
        for matrix, side in zip(matrices, "ab", strict=True):
            source, target = (matrix["tasks"].index(pair[end]) for end in ("source", "target"))
            assert pair["score"][side] == matrix["scores"][source][target]
            assert pair["error"][side] == matrix["errors"][source][target]
        assert pair["difference"]["value"] == pair["score"]["b"] - pair["score"]["a"]
    answers = [json.loads((of / "recommendation.json").read_text()) for of in runs]
    for answer, side in zip(answers, "ab", strict=True):
        assert found["groupings"]["groups"][side] == tuple(tuple(group) for group in answer["groups"])
        assert found["costs"]["adapters"][side] == len(answer["groups"])
        assert found["costs"]["phases"]["probe"][side] == answer["cost"]["probe"]
    assert found["costs"]["phases"]["validation"]["b"] is None
    assert {row["why_not"] for row in found["per_task"]} == {"not measured on test in both runs"}
    assert page.read_text().startswith("<!doctype html>")


def test_test_examples_of_a_file_of_their_own_are_the_same_for_every_seed(runs: tuple[Path, Path], suite: Path) -> None:
    marks = json.loads((runs[0] / "fingerprints.json").read_text())
    other = load_tasks(override(load_suite(suite), {"seed": 7}))
    same = {name for name, task in other.items() if marks["tests"][name] == task.test_fingerprint}
    assert same == {"hue"}  # the others are split at random
    assert all(marks[f"tasks.{name}"] != other[name].fingerprint for name in TASKS)
    wider = load_tasks(override(load_suite(suite), {"tasks.same.margin": 9.0}))["same"]
    assert marks["tests"]["same"] == wider.test_fingerprint
    assert marks["tasks.same"] != wider.fingerprint


def test_the_command_prints_answers_or_pure_json(runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(of) for of in runs]
    code, out, err = run(capsys, "compare", *folders)
    assert (code, err) == (0, [])
    names = re.match(r"(\S+) and (\S+), side by side\n", out)
    assert names is not None
    assert [folder.endswith(name) for folder, name in zip(folders, names.groups(), strict=True)] == [True, True]
    assert "Do they recommend the same groups?" in out
    code, out, err = run(capsys, "compare", *folders, "--json")
    assert (code, err) == (0, [])
    assert json.loads(out)["runs"]["b"]["estimator"] == "pairwise"


@pytest.mark.parametrize(("name", "message"), [("page.txt", "ends in .html"), ("run.html", "this is a folder")])
def test_a_page_goes_nowhere_else(name: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.html").mkdir()
    code, out, err = run(capsys, "compare", "x", "y", "--out", str(tmp_path / name))
    assert (code, out, len(err)) == (2, "", 1)
    assert message in err[0]


def test_comparing_needs_no_torch(runs: tuple[Path, Path]) -> None:
    command = f"main(['compare', {str(runs[0])!r}, {str(runs[1])!r}, '--json'])"
    assert "torch" not in imported(f"from cotrain.app import main; {command}")
