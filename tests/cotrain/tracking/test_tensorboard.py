"""TensorBoard: the files are read back by its own reader."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from cotrain.tracking.tensorboard import LONGEST, TensorBoard
from cotrain.tracking.tracker import About
from cotrain.tracking.trained_run import TrainedRun
from tests.cotrain.tracking.contract import Seen, TrackerContract, rows

pytest.importorskip("tensorboard")


def opened(folder: Path) -> Any:
    """All events of a folder."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0, "images": 0})
    found.Reload()
    return found


def text(events: Any, name: str) -> str:
    """The last text of a name."""
    found: bytes = events.Tensors(f"{name}/text_summary")[-1].tensor_proto.string_val[0]
    return found.decode()


def read(folder: Path) -> Seen:
    """A run with the runs within it."""
    whole = opened(folder)
    seen = Seen(settings=rows(text(whole, "settings")), runs=[path.name for path in folder.iterdir() if path.is_dir()])
    seen.curves = {
        (name, tag): [event.value for event in within.Scalars(tag)]
        for name in seen.runs
        for within in [opened(folder / name)]
        for tag in within.Tags()["scalars"]
        if "loss/" in tag
    }
    seen.spent = [event.value for event in whole.Scalars("spent/seconds")]
    seen.affinities = text(whole, "affinities")
    answer = rows(text(whole, "answer")) if "answer/text_summary" in whole.Tags()["tensors"] else {}
    seen.words = answer
    seen.figures = {name: float(value) for name, value in answer.items() if re.fullmatch(r"-?[\d.]+(e[+-]\d+)?", value)}
    seen.pictures = {tag.removeprefix("figures/") for tag in whole.Tags()["images"]}
    return seen


class TestTensorBoard(TrackerContract):
    name = "tensorboard"
    has_artifacts = False

    @classmethod
    def environment(cls, folder: Path) -> dict[str, str]:
        return {}

    @classmethod
    def lose(cls, folder: Path, run: Path) -> dict[str, str]:
        shutil.rmtree(run / "tensorboard")
        return {}

    @classmethod
    def read(cls, folder: Path, run: Path) -> Seen:
        return read(run / "tensorboard")


def about(run: Path, *, before: str | None = None) -> About:
    return About(name="run", folder=run, settings={"seed": 1, "base_model": None}, before=before)


def test_figures_of_the_whole_and_settings_are_in_the_table_of_hyperparameters(tmp_path: Path) -> None:
    tracker = TensorBoard(about(tmp_path))
    tracker.answered({"adapters": 2.0, "delta/a": 1.0}, {"verdict": "confirmed"})
    tracker.close("finished")
    tags = opened(tmp_path / "tensorboard").Tags()
    assert [tag for tag in tags["scalars"] if tag.startswith("summary/")] == ["summary/adapters"]
    plugins = opened(tmp_path / "tensorboard").summary_metadata
    assert any(of.plugin_data.plugin_name == "hparams" for of in plugins.values())


def test_another_place_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "elsewhere"))
    tracker = TensorBoard(about(tmp_path / "run"))
    tracker.close("finished")
    assert list((tmp_path / "elsewhere" / "run").iterdir())
    assert tracker.place == str(tmp_path / "elsewhere" / "run")
    assert not (tmp_path / "run").exists()


def test_a_group_of_many_members_has_a_folder_too(tmp_path: Path) -> None:
    tracker = TensorBoard(about(tmp_path))
    for seed in (1, 2):
        name = "+".join(f"task_{index:03}" for index in range(60)) + f", seed {seed}"
        run = {"name": name, "time": 0.0, "settings": {}, "passes": (1.0,), "spent": {"runs": seed}}
        tracker.trained(TrainedRun(**run, eval_loss={"a": [1.0]}, train_loss={}, figures={}))
    tracker.close("finished")
    within = [path.name for path in (tmp_path / "tensorboard").iterdir() if path.is_dir()]
    assert len(within) == 2
    assert all(len(name) == LONGEST for name in within)
