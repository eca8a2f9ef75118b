"""Complete reruns: other seeds, the same data and answer, through the same ledger."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain import rerunning
from cotrain.rerunning import APART
from cotrain.suite import load_suite, override
from tasks.errors import InputError
from trainers.run_jobs import OutOfTime
from trainers.trainer import FRESH


def count(run: Path) -> int:
    with sqlite3.connect(run / "ledger.sqlite") as connection:
        (number,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
    return int(number)


@pytest.fixture(scope="module")
def rerun(suite: Path, found: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The finished run, to which a rerun is added."""
    out = tmp_path_factory.mktemp("reruns") / "run"
    shutil.copytree(suite.parent / "run", out)
    loaded = override(load_suite(suite), {"budget.reruns": 1})
    return out, cotrain.recommend(loaded, out=out, workers=1)


def test_the_answer_stays_and_test_is_not_opened_again(
    found: dict[str, Any], rerun: tuple[Path, dict[str, Any]]
) -> None:
    again = rerun[1]
    kept = ("groups", "served_by", "tasks", "verdict", "baselines", "test_openings", "apart", "calibration")
    assert {name: again[name] for name in kept} == {name: found[name] for name in kept}
    assert "stability" not in found
    assert "reruns" not in found["cost"]


def test_reruns_are_compared_and_paid_for(suite: Path, rerun: tuple[Path, dict[str, Any]]) -> None:
    out, again = rerun
    of = again["stability"]
    assert (of["wanted"], of["done"]) == (1, 1)
    assert [run["seed"] for run in of["runs"]] == [42, 42 + APART]
    assert [list(group) for group in of["runs"][0]["groups"]] == again["groups"]
    assert of["runs"][0]["rand"] == 1.0
    assert of["runs"][1]["rand"] == of["rand"][0][1] == of["mean_rand"]
    spent = again["cost"]
    assert spent["reruns"]["jobs"] >= 5 * 2 + 1 + 2  # references, all together, anchors
    assert spent["total"]["flops"] == pytest.approx(
        sum(spent[name]["flops"] for name in ("probe", "search", "validation", "reruns"))
    )
    assert count(out) - count(suite.parent / "run") >= spent["reruns"]["jobs"]
    page = (out / "report.html").read_text()
    assert "1 complete rerun with other seeds on the same data" in page
    assert "by the other runs" in page


def test_finished_reruns_are_found_again(suite: Path, rerun: tuple[Path, dict[str, Any]]) -> None:
    out, before = rerun
    trained = count(out)
    after = cotrain.recommend(override(load_suite(suite), {"budget.reruns": 1}), out=out, workers=1)
    assert count(out) == trained
    assert after["stability"] == before["stability"]
    read = json.loads((out / "recommendation.json").read_text())
    assert read["stability"] == json.loads(json.dumps(after["stability"]))


def test_a_time_limit_leaves_the_answer_and_says_how_far_reruns_came(
    suite: Path, found: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    shutil.copytree(suite.parent / "run", out)

    def late(*_: Any) -> None:
        raise OutOfTime("10 runs were not started before the time limit")

    monkeypatch.setattr(rerunning, "probe", late)
    again = cotrain.recommend(override(load_suite(suite), {"budget.reruns": 2}), out=out, workers=1)
    assert again["stability"] == {"wanted": 2, "done": 0}
    assert again["tasks"] == found["tasks"]
    assert "none of 2 complete reruns was finished" in (out / "report.html").read_text()


def test_a_rerun_that_cannot_measure_two_tasks_is_left_out(
    suite: Path, found: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    shutil.copytree(suite.parent / "run", out)

    def diverged(*_: Any) -> None:
        raise InputError("only task hue can be measured, expected two or more", place="tasks")

    monkeypatch.setattr(rerunning, "probe", diverged)
    again = cotrain.recommend(override(load_suite(suite), {"budget.reruns": 1}), out=out, workers=1)
    assert again["stability"] == {"wanted": 1, "done": 0}
    assert again["groups"] == found["groups"]
    assert "rerun 1 is left out" in (out / "log.jsonl").read_text()


def test_seeds_of_a_rerun_are_those_of_no_other_run() -> None:
    assert APART > 2 * FRESH


def test_a_plan_counts_reruns_and_says_when_asking_pays(suite: Path, found: dict[str, Any], tmp_path: Path) -> None:
    planned = cotrain.plan(override(load_suite(suite), {"budget.reruns": 2}), out=tmp_path / "run", workers=1)
    phases = planned["phases"]
    once = ["probe runs", "anchors and gradient pass", "simulated training", "search"]
    assert phases["reruns"]["jobs"] == 2 * sum(phases[name]["jobs"] for name in once)
    assert phases["reruns"]["tokens_backward"] == 2 * sum(phases[name]["tokens_backward"] for name in once)
    assert planned["jobs"] == sum(of["jobs"] for of in phases.values())
    best, asked = planned["break_even"]["best"], planned["break_even"]["asked"]
    assert (best["tasks"], best["adapters"], asked["adapters"]) == (5, 1, 3)
    assert best["asking"] == pytest.approx(planned["hours"] - phases["starting and drawing"]["hours"])
    assert best["texts"] < asked["texts"]
    assert best["retrainings"] == asked["retrainings"]
    plain = cotrain.plan(suite, out=tmp_path / "other", workers=1)
    assert "reruns" not in plain["phases"]
    assert list(phases) == [*list(plain["phases"]), "reruns"]
