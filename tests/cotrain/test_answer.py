"""What the functions give: the object of the file, names for what is asked most, frames, cells of notebooks."""

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

import cotrain
from cotrain.answer import Answer
from tasks.errors import InputError
from tests.cotrain.five_tasks import TASKS
from tests.reports import samples


def test_an_answer_is_the_object_of_the_file_with_names(suite: Path, found: dict[str, Any]) -> None:
    assert isinstance(found, Answer)
    assert found == json.loads((suite.parent / "run" / "recommendation.json").read_text())
    assert found.groups == tuple(tuple(group) for group in found["groups"])
    assert (found.verdict, found.reason, found.served_by) == (found["verdict"], found["reason"], found["served_by"])
    assert found.record.tasks["hue"].delta == found["tasks"]["hue"]["delta"]
    frame = found.to_frame()
    assert sorted(frame.index) == sorted(TASKS)
    assert frame.loc["same", "margin"] == 5
    assert frame.loc["hue", "gain"] == found["tasks"]["hue"]["gain"]
    html = found._repr_html_()
    assert html.count("<table>") == 2
    assert all(f">{name}</td>" in html for name in TASKS)
    assert pickle.loads(pickle.dumps(found)) == copy.copy(found) == found


def test_a_run_has_a_frame_of_everything(found: dict[str, Any]) -> None:
    assert isinstance(found, Answer)
    run = found.run
    assert run.to_frame().equals(found.to_frame())
    assert run.matrix is not None
    assert run.matrix.to_frame().loc["hue", "same"] == run.matrix["hue", "same"]
    measured = run.measured.to_frame()
    assert set(measured.phase) >= {"probe", "validation"}
    assert set(measured.task) == set(TASKS)
    proposals = run.proposals.to_frame()
    assert proposals.chosen.sum() == 1
    trials = run.trials.to_frame()
    assert set(trials.study) == {"proposals", "trained"}
    trained = trials[(trials.study == "trained") & (trials.state == "complete")]
    assert trained["mean gain"].notna().all()
    assert {"single", "together"} <= set(run.baselines.to_frame().baseline)
    assert repr(run).startswith(("Train ", "Not validated"))
    assert run._repr_html_().count("<table>") == 3  # tasks, baselines, affinities


def test_names_from_data_are_escaped_in_cells(tmp_path: Path) -> None:
    value = samples.sample("six")
    text = json.dumps(value).replace("clone", "<script>x</script>")
    folder = samples.write(tmp_path / "run", json.loads(text))
    run = cotrain.load(folder)
    assert run.matrix is not None
    shown = (run, run.matrix, run.measured, run.proposals, Answer(json.loads(text)["recommendation.json"], folder))
    for html in (of._repr_html_() for of in shown):
        assert "&lt;script&gt;" in html
        assert "<script>" not in html


def test_a_run_without_studies_says_so(tmp_path: Path) -> None:
    run = cotrain.load(samples.write(tmp_path / "run", samples.sample("six")))
    with pytest.raises(InputError, match=r"study\.sqlite: no such file"):
        _ = run.trials
    (tmp_path / "run" / "study.sqlite").write_text("no database, but long enough to be looked at" * 9)
    with pytest.raises(InputError, match="the studies cannot be read"):
        _ = run.trials


@pytest.mark.parametrize("function", [cotrain.recommend, cotrain.heatmap, cotrain.plan])
def test_settings_take_the_place_of_the_suites(suite: Path, tmp_path: Path, function: Any) -> None:
    with pytest.raises(InputError, match=r"budget\.passes.*0"):
        function(suite, settings={"budget.passes": 0}, out=tmp_path)
    with pytest.raises(InputError, match=r"budget\.passs"):
        function(suite, settings={"budget.passs": 1}, out=tmp_path)
