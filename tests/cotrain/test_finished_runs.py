"""The functions that train nothing, beside the commands that do the same."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain.json_text import to_json
from cotrain.shadow import ROOT
from tasks.errors import InputError
from tests.cotrain.samples import run
from tests.cotrain.test_progress import Recorded

SCORES, GAINS = ROOT / "docs" / "scores.csv", ROOT / "docs" / "gains.csv"


def test_finished_runs_as_the_command_has_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = cotrain.from_scores(SCORES, adapters=2)
    assert done.picture is None
    _, out, _ = run(
        capsys, "heatmap", "--from", str(SCORES), "--adapters", "2", "--out", str(tmp_path / "drawn"), "--json"
    )
    assert json.loads(to_json(done.to_dict())) == json.loads(out)
    assert done.groups == (("clone", "nesting", "return_kind"), ("completion", "module_domain"))
    frame = done.to_frame()
    assert frame.loc["completion", "group"] == 2
    assert frame.loc["clone", "low"] < frame.loc["clone", "predicted"] < frame.loc["clone", "high"]
    assert done.matrix.to_frame().shape == (5, 5)
    assert repr(done).startswith("Recommended, of what was trained: 2 adapters for 5 tasks")
    assert done._repr_html_().count("<table>") == 2


def test_without_a_grouping_the_frame_is_empty(tmp_path: Path) -> None:
    (tmp_path / "gains.csv").write_text("subset,size,a,b,c\na+b,2,.1,.2,\n")
    done = cotrain.from_scores(tmp_path / "gains.csv", adapters=1, out=tmp_path / "drawn")
    assert done.groups is None
    assert done.to_frame().empty
    assert (tmp_path / "drawn" / "heatmap.png").exists()


def test_a_matrix_holds_no_runs(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(",a,b\na,0,.1\nb,.2,0\n")
    with pytest.raises(InputError, match="holds a matrix and no runs"):
        cotrain.from_scores(tmp_path / "m.csv")


def test_a_search_as_the_command_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Recorded()
    best = cotrain.search(
        GAINS, adapters=3, models=6, weights={"complexity": 2}, floors=-0.2,
        max_tasks=4, progress=shown,
    )  # fmt: skip
    flags = "--adapters 3 --models 6 --weights complexity=2 --floor -0.2 --max-tasks 4 --json"
    _, out, _ = run(capsys, "search", "--table", str(GAINS), *flags.split())
    assert json.loads(to_json(best.to_dict())) == json.loads(out)
    assert (best.groups, best.value) == (tuple(map(tuple, json.loads(out)["groups"])), json.loads(out)["value"])
    assert len(best.asked.to_frame()) == len(shown.notes) == 6
    frame = best.to_frame()
    assert frame.gain.to_dict() == json.loads(out)["gains"]
    weighted = math.fsum(gain * (2 if task == "complexity" else 1) for task, gain in frame.gain.items())
    assert weighted == pytest.approx(best.value)
    assert repr(best).startswith("group  serves")
    assert best._repr_html_().count("<table>") == 2


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"table": None}, "both or none"),
        ({"mode": "covers"}, "`mode` to be partition or cover, but got 'covers'"),
        ({"models": -1}, "`models` of 0 or more, but got -1"),
        ({"together": ["complexity", "clone"]}, "`together` to hold sets of tasks"),
        ({"apart": "complexity"}, "`apart` to hold sets of tasks"),
        ({"alone": "complexity"}, "`alone` to hold names of tasks"),
    ],
)
def test_what_a_search_refuses(settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        cotrain.search(**{"table": GAINS} | settings)


def test_what_finished_runs_refuse() -> None:
    with pytest.raises(ValueError, match="`adapters` of 1 or more, but got 0"):
        cotrain.from_scores(SCORES, adapters=0)
