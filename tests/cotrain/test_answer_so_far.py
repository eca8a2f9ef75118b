"""At any moment the run folder holds a legal answer, and limits end in the best one so far."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain.answer_so_far import rank
from cotrain.run_folder import RunFolder
from cotrain.suite import load_suite, override
from reports.inputs import parse, read_run
from reports.records import Recommendation
from tests.cotrain.five_tasks import TASKS
from tests.cotrain.test_recommend import jobs, stable


def check_legal(answer: dict[str, Any]) -> None:
    """It has the schema's fields, and every task in one group."""
    parse(Recommendation, answer, place="recommendation.json")
    assert answer["schema"] == 1
    assert sorted(name for group in answer["groups"] for name in group) == sorted(TASKS)
    for name, place in answer["served_by"].items():
        assert name in answer["groups"][place]
    assert set(answer["tasks"]) == set(TASKS)
    assert answer["reason"]


def limited(suite: Path, run: Path, *, workers: int = 1, rate: float = 1e-3, **budget: Any) -> dict[str, Any]:
    settings = {f"budget.{name}": value for name, value in budget.items()} | {"training.learning_rate": rate}
    return cotrain.recommend(override(load_suite(suite), settings), out=run, workers=workers)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every answer that is written, as it then stands in a folder that can be read."""
    seen: list[dict[str, Any]] = []
    write = RunFolder.write

    def noted(self: RunFolder, name: str, text: str) -> Path:
        path = write(self, name, text)
        if name == "recommendation.json":
            seen.append(json.loads(path.read_text()))
            read_run(self.path)
        return path

    monkeypatch.setattr(RunFolder, "write", noted)
    return seen


def test_the_answer_grows_and_is_legal_whenever_it_is_written(
    suite: Path, found: dict[str, Any], tmp_path: Path, answers: list[dict[str, Any]]
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(suite.parent / "run" / "ledger.sqlite", run)
    shutil.copy(suite.parent / "run" / "machine.json", run)
    again = cotrain.recommend(suite, out=run, workers=1)
    assert stable(again) == stable(found)
    for answer in answers:
        check_legal(answer)
    assert [answer["progress"]["stage"] for answer in answers[:2]] == ["tasks read", "probe runs"]
    assert answers[0]["groups"] == [[name] for name in sorted(TASKS)]
    assert not any(answer["complete"] or answer["validated"] for answer in answers[:-1])
    assert (answers[-1]["complete"], answers[-1]["stopped"]) == (True, None)
    ranks = [rank(answer) for answer in answers]
    assert ranks == sorted(ranks)
    trained = [answer["progress"]["groups_trained"] for answer in answers]
    assert trained[1] == 1  # all tasks together
    assert trained[-1] >= trained[-2] > 0
    assert answers[-2]["tasks"]["hue"]["predicted"] is not None
    answers.clear()
    cotrain.recommend(suite, out=run, workers=1)
    assert [answer["complete"] for answer in answers] == [True]  # less is never written over it


@pytest.mark.parametrize("count", [0, 7, 14])
def test_a_number_of_runs_ends_in_the_best_so_far(
    suite: Path, found: dict[str, Any], tmp_path: Path, count: int
) -> None:
    one = limited(suite, tmp_path / "one", max_jobs=count)
    check_legal(one)
    assert len(jobs(tmp_path / "one", gradients=False)) == count
    assert not one["validated"]
    assert one["stopped"] is not None
    assert one["stopped"]["by"] == "jobs"
    assert one["verdict"] == "not validated"
    if count < 11:  # references and all together
        assert one["groups"] == [[name] for name in sorted(TASKS)]
    if count == 7:
        assert stable(cotrain.recommend(suite, out=tmp_path / "one", workers=1)) == stable(found)


def test_runs_are_left_for_validation(suite: Path, tmp_path: Path) -> None:
    """Probe runs take 14, validation at most 2 x (5 + 1 + 2 x 2) = 20: of 35 the search has one, too few for a
    batch of two groups; of 36 one batch."""
    for count, more in ((35, False), (36, True)):
        answer = limited(suite, tmp_path, rate=0.03, passes=2, seeds=2, models=4, max_jobs=count)
        assert answer["validated"]
        assert (answer["progress"]["groups_trained"] > 1) == more
        assert answer["stopped"] == {"by": "jobs", "after": "validation"}
        assert len(jobs(tmp_path, gradients=False)) <= count
        limits = json.loads((tmp_path / "evidence.json").read_text())["limits"]
        assert limits["validation_expected"]["jobs"] == 20
        assert (limits["kept_for_validation"], limits["search_stopped"]) == (True, "jobs")
        for name in ("recommendation.json", "ledger.sqlite", "study.sqlite", "suite.yaml"):
            (tmp_path / name).unlink()


def test_a_finished_run_is_its_answer_under_any_limit(suite: Path, found: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(suite.parent / "run", run)
    before = (run / "recommendation.json").read_text()
    assert stable(limited(suite, run, max_hours=1e-9)) == stable(found)
    assert (run / "recommendation.json").read_text() == before
    assert stable(limited(suite, run, max_jobs=0)) == stable(found)


def test_a_given_grouping_stays_as_it_is_where_a_limit_ends_its_validation(suite: Path, tmp_path: Path) -> None:
    grouping = [["hue", "number"], ["find", "same", "tags"]]
    loaded = override(load_suite(suite), {"budget.max_jobs": 3})
    answer = cotrain.validate(loaded, grouping=grouping, out=tmp_path / "run", workers=1)
    check_legal(answer)
    assert sorted(answer["groups"]) == [["find", "same", "tags"], ["hue", "number"]]
    assert (answer["verdict"], answer["complete"]) == ("not validated", False)
    assert (tmp_path / "run" / "report.html").exists()
    proof = cotrain.validate(suite, grouping=grouping, out=tmp_path / "run", workers=1)
    assert proof["validated"]


def test_killed_at_any_moment_the_folder_holds_a_legal_answer_and_the_run_goes_on(
    suite: Path, found: dict[str, Any], tmp_path: Path
) -> None:
    """Killed outright as soon as there is an answer, and within what comes after the references."""
    run = tmp_path / "killed"
    command = [sys.executable, "-m", "cotrain", "recommend", str(suite), "--out", str(run), "--workers", "1", "--quiet"]
    environment = os.environ | {"PYTHONPATH": str(Path(cotrain.__file__).parents[1])}
    for more in (0, 15):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd=suite.parent)
        while process.poll() is None and not ((run / "recommendation.json").exists() and _finished(run) >= more):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        check_legal(json.loads((run / "recommendation.json").read_text()))
        read_run(run)
    finished = jobs(run)
    assert 12 <= len(finished) < len(jobs(suite.parent / "run"))
    assert stable(cotrain.recommend(suite, out=run, workers=1)) == stable(found)
    assert finished.items() <= jobs(run).items()
    assert set(jobs(run)) == set(jobs(suite.parent / "run"))


def _finished(run: Path) -> int:
    try:
        return len(jobs(run)) if (run / "ledger.sqlite").exists() else 0
    except sqlite3.OperationalError:  # the table is not made yet
        return 0
