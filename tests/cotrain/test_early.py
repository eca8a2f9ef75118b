"""Groups of the search are looked at first: what that tells and saves, resumed, and with several workers."""

import json
from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain.suite import load_suite, override
from tests.cotrain.five_tasks import TASKS
from tests.cotrain.test_recommend import jobs, stable

CLOSE = 1e-3
"""What is simulated in the main process has its threads, which order sums."""
BUDGET = {"early": True, "passes": 2, "seeds": 2, "models": 4}


def recommend(suite: Path, run: Path, *, workers: int = 1, **budget: Any) -> dict[str, Any]:
    settings = {f"budget.{name}": value for name, value in (BUDGET | budget).items()}
    settings |= {"training.learning_rate": 0.03, "seed": 0}  # groups differ far enough for one to be stopped
    run.mkdir(parents=True, exist_ok=True)
    (run / "machine.json").write_text('{"schema": 1, "threads": 1}')
    return cotrain.recommend(override(load_suite(suite), settings), out=run, workers=workers, validate=False)


def evidence(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "evidence.json").read_text())
    return found


@pytest.fixture(scope="module")
def looked(suite: Path) -> tuple[Path, dict[str, Any]]:
    run = suite.parent / "early"
    return run, recommend(suite, run)


def test_what_looks_tell_and_save_is_reported(looked: tuple[Path, dict[str, Any]]) -> None:
    run, answer = looked
    early = evidence(run)["early"]
    assert (early["passes"], early["of_passes"]) == (1, 2)
    assert 0 < early["looked"] <= 4
    assert early["slope"] is not None
    assert early["spread"] > 0
    assert early["members"] >= 2 * len(TASKS)  # those of all tasks together at least
    trained = {tuple(of["group"]): of["seeds"] for of in evidence(run)["measured"] if of["phase"] == "search"}
    stopped = {tuple(group) for group in early["stopped"]}
    assert not stopped & set(trained)
    assert len(stopped) + len(trained) == early["looked"]
    assert stopped, "the suite is chosen so that something is saved"
    assert 0 < early["tokens_saved"] < early["tokens_whole"]
    assert all(len(group) == 1 or tuple(group) in trained or len(group) == 5 for group in answer["groups"])
    table = json.loads((run / "figures" / "early.json").read_text())
    assert table
    assert "First looks" in (run / "report.html").read_text()


def test_runs_are_counted_once(looked: tuple[Path, dict[str, Any]]) -> None:
    run, answer = looked
    early = evidence(run)["early"]
    trained = [of["seeds"] for of in evidence(run)["measured"] if of["phase"] == "search"]
    assert answer["cost"]["search"]["jobs"] == sum(trained) + len(early["stopped"])


def test_a_run_that_goes_on_ends_alike(suite: Path, looked: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    run, answer = looked
    cut = [recommend(suite, tmp_path, max_jobs=count) for count in (15, 3, 2)]  # probe runs take 14
    assert not cut[0]["complete"]
    assert stable(recommend(suite, tmp_path)) == stable(answer)
    assert evidence(tmp_path)["early"] == evidence(run)["early"]
    assert set(jobs(tmp_path, gradients=False)) == set(jobs(run, gradients=False))


def test_two_workers_answer_alike(suite: Path, looked: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    run, answer = looked
    two = recommend(suite, tmp_path, workers=2)
    assert (two["groups"], two["verdict"]) == (answer["groups"], answer["verdict"])
    for name, value in evidence(run)["early"].items():
        found = evidence(tmp_path)["early"][name]
        assert found == (pytest.approx(value, rel=CLOSE) if isinstance(value, float) else value)


def test_with_one_pass_there_is_nothing_to_look_at(suite: Path, tmp_path: Path) -> None:
    recommend(suite, tmp_path, passes=1)
    early = evidence(tmp_path)["early"]
    assert (early["looked"], early["stopped"], early["slope"]) == (0, [], None)
