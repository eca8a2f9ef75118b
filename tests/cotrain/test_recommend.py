"""The whole way on a user's own files, with a tiny model: outputs, refusals to repeat work, and the given grouping."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cotrain
from cotrain import recommending
from cotrain.app import main
from cotrain.running import Session
from cotrain.suite import load_suite, override
from tests.cotrain.five_tasks import TASKS


def stable(found: dict[str, Any]) -> dict[str, Any]:
    """A recommendation without clocks."""
    return {name: value for name, value in found.items() if name != "cost"}


def jobs(run: Path, *, gradients: bool | None = None) -> dict[str, float]:
    """Finished jobs of a run folder and when they finished: all, gradient passes alone, or the others alone."""
    with sqlite3.connect(run / "ledger.sqlite") as connection:
        found = list(connection.execute("SELECT key, finished, label FROM jobs"))
    return {key: at for key, at, label in found if gradients is None or label.startswith("gradients of") == gradients}


def test_every_kind_and_format_ends_in_a_judged_recommendation(suite: Path, found: dict[str, Any]) -> None:
    assert sorted(task for group in found["groups"] for task in group) == sorted(TASKS)
    assert found["verdict"] in ("confirmed", "refuted", "undecided", "not learnable")
    assert found["validated"]
    assert found["test_openings"] == 1
    for name in TASKS:
        task = found["tasks"][name]
        assert task["low"] <= task["delta"] <= task["high"]
        assert task["grouped"] == pytest.approx(task["single"] + task["delta"] / 100)
        assert task["prior"] is not None
        assert task["reason"]
    for name in ("single", "together", "choice"):
        assert set(found["baselines"][name]["tasks"]) == set(TASKS)
    assert found["baselines"]["together"]["adapters"] == 1
    assert found["baselines"]["single"]["mean_gain"] == 0
    work = [found["baselines"][name]["flops"] for name in ("choice", "single", "together")]
    assert min(work) > 0
    assert sum(work) < found["cost"]["validation"]["flops"]  # which has several seeds of each
    assert found["cost"]["probe"]["jobs"] == 5 * 2 + 1 + 2  # references, all together, anchors
    assert found["cost"]["search"]["jobs"] <= 2
    assert found["cost"]["pairs_reference"]["jobs"] == 5 * 2 + 10
    assert found["cost"]["pairs_reference_modelled"]
    assert found["affinities"]["estimator"] == "hybrid"
    assert found["affinities"]["pairs"] == 10
    assert found["tasks"]["same"]["margin"] == 5


def test_the_run_folder_holds_what_programs_rely_on(suite: Path, found: dict[str, Any]) -> None:
    run = suite.parent / "run"
    for name in [
        "suite.yaml",
        "ledger.sqlite",
        "study.sqlite",
        "affinity.json",
        "affinity.csv",
        "affinity.parquet",
        "recommendation.json",
        "evidence.json",
        "report.html",
        "figures/heatmap.png",
        "figures/heatmap.svg",
        "figures/heatmap.csv",
        "log.jsonl",
    ]:
        assert (run / name).stat().st_size > 0, name
    assert json.loads((run / "recommendation.json").read_text()) == json.loads(json.dumps(found))
    adapters = {folder.name for folder in (run / "adapters").iterdir()}
    assert adapters == {"+".join(group) for group in found["groups"]}
    assert not (run / "cache").exists()
    loaded = cotrain.load(run)
    assert loaded.matrix.tasks == tuple(TASKS)


def test_the_same_command_trains_nothing_again(suite: Path, found: dict[str, Any]) -> None:
    """Gradients are looked at again: their arrays are large, and went with the cached layers."""
    run = suite.parent / "run"
    trained, looked = jobs(run, gradients=False), jobs(run, gradients=True)
    assert len(looked) == 2 * len(TASKS)  # from both anchors
    again = cotrain.recommend(suite, out=run, workers=1)
    assert jobs(run, gradients=False) == trained
    assert set(jobs(run, gradients=True)) == set(looked)
    assert stable(again) == stable(found)
    assert not (run / "cache").exists()


def looked(run: Path) -> bool:
    """Whether a run has come to its gradients."""
    try:
        return (run / "ledger.sqlite").exists() and bool(jobs(run, gradients=True))
    except sqlite3.OperationalError:
        return False  # the file is there, its table is not


def test_an_ended_run_ends_as_if_it_had_not_been_ended(suite: Path, found: dict[str, Any], tmp_path: Path) -> None:
    run = tmp_path / "ended"
    command = [sys.executable, "-m", "cotrain", "recommend", str(suite), "--out", str(run), "--workers", "1", "--json"]
    environment = os.environ | {"PYTHONPATH": str(Path(cotrain.__file__).parents[1])}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=suite.parent
    )
    while process.poll() is None and not looked(run):
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate()
    assert process.returncode == 143, told
    assert told.splitlines()[-1] == "stopped; the same command goes on where it was"
    finished = jobs(run)
    assert 12 <= len(finished) < len(jobs(suite.parent / "run"))
    again = cotrain.recommend(suite, out=run, workers=1)
    assert finished.items() <= jobs(run).items()
    assert stable(again) == stable(found)
    assert set(jobs(run)) == set(jobs(suite.parent / "run"))


def test_without_validation_nothing_is_read_on_test(suite: Path, found: dict[str, Any], tmp_path: Path) -> None:
    proposal = cotrain.recommend(suite, out=tmp_path / "run", workers=1, validate=False)
    assert proposal["verdict"] == "not validated"
    assert not proposal["validated"]
    assert proposal["test_openings"] == 0
    assert all(task["delta"] is None and task["predicted"] is not None for task in proposal["tasks"].values())
    assert proposal["groups"] == (found["proposed"] or found["groups"])
    assert not (tmp_path / "run" / "adapters").exists()


def test_a_time_limit_ends_in_what_was_measured(
    suite: Path, found: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(suite.parent / "run", run)
    (run / "recommendation.json").unlink()
    with sqlite3.connect(run / "ledger.sqlite") as connection:  # as if it had ended before validation
        connection.execute("DELETE FROM jobs WHERE label LIKE '%, seed 10042'")
    with monkeypatch.context() as patched:
        plain = recommending.prove_opened

        def late(session: Session, *arguments: Any, **more: Any) -> Any:
            return plain(replace(session, trainer=replace(session.trainer, deadline=0.0)), *arguments, **more)

        patched.setattr(recommending, "prove_opened", late)
        cut = cotrain.recommend(override(load_suite(suite), {"budget.max_hours": 1.0}), out=run, workers=1)
    assert cut["verdict"] == "not validated"
    assert not cut["complete"]
    assert cut["stopped"] == {"by": "time", "after": "search"}
    assert cut["test_openings"] == 1
    assert (run / "cache").exists()
    assert cut["groups"] == (found["proposed"] or found["groups"])
    assert stable(cotrain.recommend(suite, out=run, workers=1)) == stable(found)


def test_a_time_limit_before_any_measurement_leaves_every_task_alone(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["recommend", str(suite), "--out", str(tmp_path), "--workers", "1", "--max-hours", "1e-9", "--quiet"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((tmp_path / "recommendation.json").read_text())
    assert sorted(found["groups"]) == [[name] for name in sorted(TASKS)]
    assert (found["verdict"], found["validated"], found["complete"]) == ("not validated", False, False)
    assert found["stopped"] == {"by": "time", "after": "tasks read"}
    assert (
        "no reference was done: the time limit came first; the same command with more hours goes on"
        in (found["reason"])
    )
    assert found["test_openings"] == 0
    assert main(["report", str(tmp_path)]) == 0
    assert "the answer so far is to train each of the 5 tasks alone" in capsys.readouterr().out
    assert main(["heatmap", str(suite), "--out", str(tmp_path), "--max-hours", "1e-9", "--quiet"]) == 2
    assert capsys.readouterr().err.startswith("error: budget.max_hours: ")


def test_a_given_grouping_is_judged_and_not_searched(suite: Path, tmp_path: Path) -> None:
    grouping = [["hue", "number"], ["same", "find", "tags"]]
    proof = cotrain.validate(suite, grouping=grouping, out=tmp_path / "run", workers=1)
    assert (proof["proposed"] or proof["groups"]) == [["find", "same", "tags"], ["hue", "number"]]
    assert all(task["predicted"] is None and task["delta"] is not None for task in proof["tasks"].values())
    assert (tmp_path / "run" / "report.html").exists()
    assert proof["cost"]["probe"]["jobs"] == 0


def test_two_given_groupings_are_held_against_each_other_by_planned_looks(suite: Path, tmp_path: Path) -> None:
    mine, yours = [["hue", "number"], ["same", "find", "tags"]], [["hue", "find"], ["number", "same", "tags"]]
    loaded = override(load_suite(suite), {"budget.validation_seeds": 2, "budget.max_validation_seeds": 4})
    proof = cotrain.validate(loaded, grouping=mine, compare=yours, out=tmp_path / "run", workers=1)
    assert proof["baselines"]["compared"]["groups"] == [["find", "hue"], ["number", "same", "tags"]]
    ahead = proof["comparisons"]["compared"]
    assert ahead["low"] <= ahead["gain"] <= ahead["high"]
    assert ahead["gain"] == pytest.approx(
        proof["baselines"]["choice"]["mean_gain"] - proof["baselines"]["compared"]["mean_gain"], abs=0.05
    )
    assert [look["seeds"] for look in proof["looks"]["planned"]] == [2, 4]
    assert proof["looks"]["taken"][-1]["verdict"] == proof["verdict"]
    assert set(proof["looks"]["taken"][0]["seeds"].values()) == {2}
    before = jobs(tmp_path / "run")
    again = cotrain.validate(loaded, grouping=mine, compare=yours, out=tmp_path / "run", workers=1)
    assert stable(again) == stable(proof)
    assert jobs(tmp_path / "run") == before
    other = cotrain.validate(loaded, grouping=mine, out=tmp_path / "run", workers=1)
    assert (proof["test_openings"], other["test_openings"]) == (1, 2)


def test_a_heatmap_needs_no_search(suite: Path, tmp_path: Path) -> None:
    matrix = cotrain.heatmap(suite, out=tmp_path / "run", workers=1, estimator="cosine")
    assert matrix.tasks == tuple(TASKS)
    assert (tmp_path / "run" / "figures" / "heatmap.png").exists()


def test_workers_share_the_layers_below_the_probed_ones(suite: Path, tmp_path: Path) -> None:
    every = override(load_suite(suite), {"method.layers": "all"})
    found = [
        cotrain.heatmap(every, out=tmp_path / str(workers), workers=workers, estimator="linearized")
        for workers in (1, 2)
    ]
    np.testing.assert_allclose(found[0].scores, found[1].scores, atol=1e-4)  # threads of a worker order sums
    assert np.isfinite(found[0].errors).all()
    assert not (tmp_path / "2" / "cache").exists()


def test_a_plan_trains_nothing_and_counts_what_a_run_trains(suite: Path, found: dict[str, Any], tmp_path: Path) -> None:
    planned = cotrain.plan(load_suite(suite), out=tmp_path / "run", workers=1)
    phases = ["probe runs", "anchors and gradient pass", "simulated training", "search", "validation"]
    assert list(planned["phases"]) == ["starting and drawing", *phases]
    assert sum(planned["phases"][phase]["jobs"] for phase in phases[:2]) == found["cost"]["probe"]["jobs"]
    assert planned["hours"] > 0
    assert not (tmp_path / "run").exists()


def test_a_plan_counts_the_layers_below_the_probed_ones_once(suite: Path, tmp_path: Path) -> None:
    every = override(load_suite(suite), {"method.layers": "all"})
    names = ("hybrid", "pairwise")
    hybrid, pairwise = (
        cotrain.plan(override(every, {"estimator": name}), out=tmp_path / "run", workers=1) for name in names
    )
    top = cotrain.plan(load_suite(suite), out=tmp_path / "run", workers=1)
    phase = "anchors and gradient pass"
    assert hybrid["phases"][phase]["tokens_forward"] > top["phases"][phase]["tokens_forward"]
    assert hybrid["phases"][phase]["tokens_backward"] == top["phases"][phase]["tokens_backward"]
    assert hybrid["disk_bytes"] > pairwise["disk_bytes"] + 4 * hybrid["phases"][phase]["tokens_backward"]


def test_a_plan_counts_the_gradients_of_a_sample(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, phase = load_suite(suite), "anchors and gradient pass"
    whole = cotrain.plan(loaded, out=tmp_path / "run", workers=1)
    monkeypatch.setattr("affinity.looked_at.ROOM", 1)
    monkeypatch.setattr("affinity.looked_at.FEWEST", 4)
    some = cotrain.plan(loaded, out=tmp_path / "run", workers=1)
    assert some["phases"][phase]["tokens_backward"] < whole["phases"][phase]["tokens_backward"]
    assert some["disk_bytes"] < whole["disk_bytes"]
    assert some["phases"]["search"]["tokens_backward"] == whole["phases"]["search"]["tokens_backward"]
