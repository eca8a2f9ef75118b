"""What ``--verbose`` says before the first run."""

import logging
from pathlib import Path

import pytest

from cotrain.decided import log_decisions
from cotrain.limits import Limits
from cotrain.place import Machine
from cotrain.suite import load_suite
from cotrain.workspace import read_workspace


def test_where_and_how_runs_are_trained(suite: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    workspace = read_workspace(load_suite(suite))
    spec = workspace.spec(cache=tmp_path, device="cpu", threads=1)
    arguments = (spec, workspace, Machine(workers=2), Limits(began=0.0))
    log_decisions(*arguments, workers=2, resumed=False)
    assert caplog.messages == [], "nobody asked"
    with caplog.at_level(logging.INFO, logger="cotrain"):
        log_decisions(*arguments, workers=2, resumed=True)
    said = dict(line.split(": ", 1) for line in caplog.messages)
    assert said["suite"].endswith("suite.yaml; the run folder goes on")
    assert said["device"] == "cpu (no GPU found)"
    assert said["workers"].startswith("2 (as asked for; ")
    assert said["numbers"].startswith("base model float32 (bfloat16 is taken on CUDA devices")
    assert said["batches"].startswith("16 examples a step, 64 texts a pass")
    assert said["method"].startswith("layers top-1, name lora, r 2, alpha 4")
    assert said["budget"].startswith("1 passes, 1 seeds of groups, 2 of references, 2 models for the search")
    assert said["task hue"].startswith("multiclass, accuracy; train 48, stop 24, select 24, test 40; data ")
    assert set(said) >= {"base model", "task same", "task number", "task find", "task tags"}
