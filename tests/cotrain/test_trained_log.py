"""Training runs in the log: each once, whoever trained it and when."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from affinity.lookahead import LookaheadRun
from cotrain.run_folder import RunFolder
from cotrain.trained_log import TrainedLog
from tests.cotrain.tracking.sample_run import Work, result


def logged(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (path / "log.jsonl").read_text().splitlines()]


def test_a_run_by_hand(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as folder:
        TrainedLog(folder)(
            Work("a+b, seed 3", key="f00"), result("a", "b", seed=3, a=[0.12345678, np.inf, 2]), "search"
        )
    (event,) = logged(tmp_path)
    assert {name: value for name, value in event.items() if name != "time"} == {
        "event": "trained",
        "run": "a+b, seed 3",
        "job": "a+b, seed 3",
        "key": "f00",
        "phase": "search",
        "group": ["a", "b"],
        "seed": 3,
        "reference": False,
        "passes": [0.5, 1.0, 1.5],
        "eval_loss": {"a": [0.123457, None, 2.0], "b": [1.0, 0.5, 0.333333]},
        "train_loss": {"a": [None, 0.5, 0.25], "b": [None, 0.5, 0.25]},
        "chosen": 1,
        "metric": {"a": 0.75, "b": 0.75},
        "steps": 12,
        "cost": {"seconds": 2.0, "flops": 1e9, "tokens_forward": 0, "tokens_backward": 0, "jobs": 1},
        "failed": None,
        "spent": {"runs": 1, "seconds": 2.0, "flops": 1e9},
    }


def test_test_scores_are_in_verdicts_alone(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as folder:
        TrainedLog(folder)(Work("a, seed 1"), result("a"), "validation")
    assert "0.99" not in (tmp_path / "log.jsonl").read_text()


def test_nothing_is_logged_twice_however_often_it_is_found(tmp_path: Path) -> None:
    for _ in range(2):
        with RunFolder(tmp_path) as folder:
            log = TrainedLog(folder)
            log(Work("a, seed 1"), result("a"), "probe runs")
            log(Work("a, seed 1", key="with weights"), result("a"), "probe runs")
            log(Work("b, seed 1"), result("b", failed="b: a loss is not finite"), "probe runs")
    assert [event["run"] for event in logged(tmp_path)] == ["a, seed 1", "b, seed 1"]
    assert logged(tmp_path)[1]["failed"] == "b: a loss is not finite"


def test_other_curves_of_the_same_name_are_another_run(tmp_path: Path) -> None:
    for curve in ([3.0, 2.0, 1.0], [3.0, 2.0, 1.5], [3.0, 2.0, 1.0]):
        with RunFolder(tmp_path) as folder:
            TrainedLog(folder)(Work("a, seed 1"), result("a", a=curve), "probe runs")
    assert [event["run"] for event in logged(tmp_path)] == ["a, seed 1", "a, seed 1 (2)"]
    assert logged(tmp_path)[1]["spent"] == {"runs": 2, "seconds": 4.0, "flops": 2e9}


def test_runs_that_look_ahead_count_and_other_results_do_not(tmp_path: Path) -> None:
    with RunFolder(tmp_path) as folder:
        log = TrainedLog(folder)
        log(Work("look-ahead in a+b, seed 1"), LookaheadRun(np.zeros((1, 2, 2)), result("a", "b")), "look-ahead runs")
        log(Work("gradients of a"), np.zeros(3), "gradients")
    assert [event["run"] for event in logged(tmp_path)] == ["look-ahead in a+b, seed 1"]
