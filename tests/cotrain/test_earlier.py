"""Forecasts of earlier runs: which count, what they correct, and what is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cotrain
from cotrain.app import main
from cotrain.earlier import forecasts
from reports.inputs import read_run
from reports.report import render
from tests.cotrain.five_tasks import TASKS
from tests.cotrain.samples import run as command
from tests.cotrain.test_recommend import stable

BIAS = -0.05
"""Measured less predicted of the planted earlier runs."""
COPIED = ("affinity.json", "evidence.json", "recommendation.json", "fingerprints.json")


def planted(found_in: Path, folder: Path, *, seed: int, change: Callable[[dict[str, Any]], None] | None = None) -> Path:
    """An earlier run of the same base model and method: eight groups, measured lower than predicted."""
    folder.mkdir()
    for name in COPIED:
        shutil.copy(found_in / name, folder / name)
    evidence = json.loads((folder / "evidence.json").read_text())
    generator = np.random.default_rng(seed)
    evidence["measured"] = []
    for number in range(8):
        group = sorted(generator.choice(TASKS, 2 + number % 3, replace=False).tolist())
        predicted = {task: float(generator.normal(0, 0.03)) for task in group}
        gain = {task: value + BIAS + float(generator.normal(0, 0.005)) for task, value in predicted.items()}
        entry = {"group": group, "phase": "search", "seeds": 1, "gain": gain, "gain_error": dict.fromkeys(group, 0.004)}
        entry |= {"predicted": predicted, "predicted_error": dict.fromkeys(group, 0.003)}
        evidence["measured"].append(entry)
    if change is not None:
        change(evidence)
    (folder / "evidence.json").write_text(json.dumps(evidence))
    return folder


def begun(suite: Path, folder: Path) -> Path:
    """A run folder that has trained everything already, and found nothing."""
    folder.mkdir()
    shutil.copy(suite.parent / "run" / "ledger.sqlite", folder / "ledger.sqlite")
    return folder


@pytest.fixture(scope="module")
def corrected(
    suite: Path, found: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """A run that was given two biased earlier runs and one of another method."""
    folder = tmp_path_factory.mktemp("earlier")
    run = suite.parent / "run"

    def other_method(evidence: dict[str, Any]) -> None:
        evidence["method"]["r"] = 99

    earlier = [
        planted(run, folder / "one", seed=1),
        planted(run, folder / "two", seed=2),
        planted(run, folder / "three", seed=3, change=other_method),
    ]
    out = begun(suite, folder / "run")
    return folder, cotrain.recommend(suite, out=out, workers=1, validate=False, earlier=earlier)


def test_a_clear_bias_of_earlier_runs_is_corrected_and_said(corrected: tuple[Path, dict[str, Any]]) -> None:
    folder, found = corrected
    of = found["calibration"]
    assert of["earlier"] == [str(folder / "one"), str(folder / "two")]
    assert of["left_out"] == {str(folder / "three"): "another method (differs in r)"}
    assert of["applied"]["level"] == pytest.approx(BIAS, abs=0.005)
    assert of["forecasts"]["bias"] == "clear"
    assert of["forecasts"]["level"]["value"] == pytest.approx(BIAS, abs=0.01)
    page = (folder / "run" / "report.html").read_text()
    assert "predicted of untrained groups were shifted by" in page
    assert "another method (differs in r)" in page


def test_corrected_forecasts_are_read_as_they_were_before(corrected: tuple[Path, dict[str, Any]]) -> None:
    run = read_run(corrected[0] / "run")
    level = corrected[1]["calibration"]["applied"]["level"]
    plain = forecasts(run.evidence, run.recommendation, name="x").search
    said = {(e.group, task): value for e in run.evidence.measured for task, value in (e.predicted or {}).items()}
    for point in plain:
        shifted = said[point.group, point.task]
        assert shifted is not None
        assert point.predicted + level == pytest.approx(shifted, abs=0.003)  # the slope is nearly 1


def test_other_earlier_runs_are_refused_once_they_have_decided(
    suite: Path, corrected: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, found = corrected
    arguments = ["recommend", str(suite), "--out", str(folder / "run"), "--workers", "1", "--no-validate", "--quiet"]
    code, _, err = command(capsys, *arguments, "--earlier", str(folder / "one"))
    assert code == 2
    assert "was begun with other earlier runs" in err[-1]
    every = [part for name in ("one", "two", "three") for part in ("--earlier", str(folder / name))]
    assert main([*arguments, *every]) == 0
    again = json.loads((folder / "run" / "recommendation.json").read_text())
    assert stable(again) == stable(json.loads(json.dumps(found)))


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (["nowhere"], "no such folder"),
        (["one", "one"], "stands twice"),
        (["run"], "own folder"),
    ],
)
def test_what_cannot_be_an_earlier_run_is_refused(
    suite: Path,
    corrected: tuple[Path, dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    named: list[str],
    message: str,
) -> None:
    folder = corrected[0]
    flags = [part for name in named for part in ("--earlier", str(folder / name))]
    code, out, err = command(capsys, "recommend", str(suite), "--out", str(folder / "run"), "--workers", "1", *flags)
    assert (code, out) == (2, "")
    assert message in err[-1]


def test_without_earlier_runs_nothing_is_corrected(suite: Path, found: dict[str, Any]) -> None:
    of = found["calibration"]
    assert of["applied"] is None
    assert of["corrected"] is None
    assert of["earlier"] == []
    assert {"forecasts", "choice", "left_out"} <= set(of)
    render(suite.parent / "run")


def test_another_base_model_or_estimator_is_left_out(suite: Path, found: dict[str, Any], tmp_path: Path) -> None:
    run = suite.parent / "run"

    def other(evidence: dict[str, Any]) -> None:
        evidence["estimator"] = "pairwise"

    one, two = planted(run, tmp_path / "one", seed=1), planted(run, tmp_path / "two", seed=2, change=other)
    marks = json.loads((one / "fingerprints.json").read_text())
    (one / "fingerprints.json").write_text(json.dumps({**marks, "base_model": "other"}))
    again = cotrain.recommend(suite, out=begun(suite, tmp_path / "run"), workers=1, validate=False, earlier=[one, two])
    assert again["calibration"]["applied"] is None
    left = again["calibration"]["left_out"]
    assert left[str(one)].startswith("another base model")
    assert left[str(two)] == "another estimator (pairwise)"
    assert again["groups"] == found["groups"]
