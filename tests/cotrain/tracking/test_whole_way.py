"""From a real run to a tracker: live, and from the log of a run that was over before anybody asked."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cotrain.app import main
from cotrain.run_folder import RunFolder
from cotrain.suite import load_suite, to_plain
from cotrain.tracking.tracked import tracked
from tests.cotrain.test_recommend import jobs
from tests.cotrain.tracking.contract import Seen
from tests.cotrain.tracking.test_tensorboard import read

pytest.importorskip("tensorboard")


@pytest.fixture(scope="module")
def run(suite: Path, found: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a finished run that no tracker was told of."""
    return Path(shutil.copytree(suite.parent / "run", tmp_path_factory.mktemp("told") / "run"))


@pytest.fixture(scope="module")
def seen(suite: Path, run: Path) -> Seen:
    with RunFolder(run) as folder, tracked(folder, ["tensorboard"], to_plain(load_suite(suite).suite), tell=print):
        pass
    return read(run / "tensorboard")


def test_every_training_run_of_the_ledger_is_in_the_log_once(run: Path) -> None:
    logged = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    trained = [event["key"] for event in logged if event["event"] == "trained"]
    assert sorted(trained) == sorted(jobs(run, gradients=False))


def test_curves_are_those_of_the_report(run: Path, seen: Seen) -> None:
    evidence = json.loads((run / "evidence.json").read_text())["curves"]
    compared = 0
    for task, groups in evidence.items():
        for group, seeds in groups.items():
            for of in seeds:
                name = (
                    f"{task} (reference), seed {of['seed']}" if group == "reference" else f"{group}, seed {of['seed']}"
                )
                assert seen.curves[name, f"eval_loss/{task}"] == pytest.approx(of["stop"], rel=1e-5)  # six digits
                compared += 1
    assert compared == 5 * (2 + 2) + 5 * (1 + 2)  # references; all together, which is the choice or a baseline


def test_the_answer_is_that_of_the_run(found: dict[str, Any], seen: Seen) -> None:
    assert seen.words["verdict"] == found["verdict"]
    assert seen.figures["mean_gain"] == pytest.approx(found["baselines"]["choice"]["mean_gain"], rel=1e-5)
    assert seen.figures["cost/flops"] == pytest.approx(found["cost"]["total"]["flops"], rel=1e-5)
    assert {"heatmap", "curves"} <= seen.pictures


def test_a_command_tells_what_it_is_asked_to_tell(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--estimator", "pairwise", "--tasks", "hue,same", "--workers", "1", "--json"]
    assert main(["heatmap", str(suite), "--out", str(tmp_path / "run"), "--report-to", "tensorboard", *options]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["tasks"] == ["hue", "same"]
    assert f"tensorboard: {tmp_path / 'run' / 'tensorboard'}" in captured.err.splitlines()
    seen = read(tmp_path / "run" / "tensorboard")
    assert seen.settings["estimator"] == "pairwise"
    assert seen.settings["machine.workers"] == "1"
    assert "hue+same, seed 42" in seen.runs
    assert len(seen.runs) == len(jobs(tmp_path / "run")) == len(seen.spent)
    assert seen.spent == sorted(seen.spent)
    assert seen.pictures == {"heatmap"}
