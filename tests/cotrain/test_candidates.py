"""Lists of base models and methods: one suite for each pair."""

from pathlib import Path

import pytest

from cotrain.candidates import load_candidates
from cotrain.suite import load_suite
from tasks.errors import InputError
from trainers.methods import METHODS

TASKS = "tasks: {a: {data: a.csv, text: t, label: l}, b: {data: b.csv, text: t, label: l}}\n"


def write(folder: Path, head: str) -> Path:
    path = folder / "suite.yaml"
    path.write_text(head + TASKS)
    return path


def test_every_base_model_meets_every_method(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    path = write(
        tmp_path,
        "base_model: [embedded, base, org/base]\n"
        "method: [{name: lora, r: 4, layers: top-25%}, full, {name: serial, learning_rate: 5e-4}]\n",
    )
    found = load_candidates(path)
    assert [of.name for of in found][:4] == ["embedded-lora", "embedded-full", "embedded-serial", "base-lora"]
    assert {of.base_model for of in found} == {"embedded", "base", "base-2"}
    lora, full, serial, local = (of.loaded.suite for of in found[:4])
    assert (lora.method.name, lora.training.learning_rate) == ("lora", METHODS["lora"].learning_rate)
    assert (full.method.name, full.training.learning_rate) == ("full", METHODS["full"].learning_rate)
    assert serial.training.learning_rate == 5e-4
    assert local.base_model == str(tmp_path / "base")
    assert lora.method.lowest(30) == 22


def test_flags_take_the_place_of_lists_and_keep_known_settings(tmp_path: Path) -> None:
    path = write(tmp_path, "method: {name: lora, r: 4}\ntraining: {learning_rate: 2e-3, batch_size: 4}\n")
    lora, full = load_candidates(path, base_models=["org/model"], methods=["lora", "full"])
    assert (lora.base_model, lora.loaded.suite.base_model) == ("model", "org/model")
    assert (lora.loaded.suite.method.r, lora.loaded.suite.training.learning_rate) == (4, 2e-3)  # type: ignore[union-attr]
    assert full.loaded.suite.training.learning_rate == METHODS["full"].learning_rate
    assert full.loaded.suite.training.batch_size == 4
    assert [of.name for of in load_candidates(path)] == ["embedded-lora"]
    assert load_candidates(path)[0].loaded.suite == load_suite(path).suite


def test_a_name_takes_all_that_the_suite_has_of_it(tmp_path: Path) -> None:
    path = write(tmp_path, "method: [{name: lora, r: 4}, full, {name: lora, r: 16}]\n")
    found = load_candidates(path, methods=["lora"])
    assert [(of.name, of.loaded.suite.method.r) for of in found] == [  # type: ignore[union-attr]
        ("embedded-lora", 4),
        ("embedded-lora 2", 16),
    ]


def test_the_builtin_suite_keeps_its_settings() -> None:
    lora, full = load_candidates(None, methods=["lora", "full"])
    assert lora.loaded.suite.training.learning_rate == 1.5e-3
    assert full.loaded.suite.method.layers == "all"
    assert lora.loaded.builtin


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("base_model: []\n", "base_model: expected one or more"),
        ("base_model: [embedded, embedded]\n", "base_model: `embedded` stands twice"),
        ("method: []\n", "method: expected a method or more"),
        ("method: [lora, 3]\n", "method: expected a name or settings, but got 3"),
        ("method: [lora, lorra]\n", "method"),
        ("method: [{name: lora, learning_rate: fast}]\n", "method.learning_rate: expected a number, but got 'fast'"),
        ("method: [lora, full]\ntraining: {learning_rate: 1e-3}\n", "training.learning_rate: several methods"),
    ],
)
def test_lists_that_make_no_sense_are_refused(tmp_path: Path, head: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_candidates(write(tmp_path, head))


def test_no_suite_is_said_as_ever(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text("")
    with pytest.raises(InputError, match="this file is empty"):
        load_candidates(tmp_path / "suite.yaml")
    with pytest.raises(InputError, match="no such file"):
        load_candidates(tmp_path / "other.yaml")


def test_other_commands_take_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="base_model: expected one; only recommend, plan and reproduce"):
        load_suite(write(tmp_path, "base_model: [embedded, other]\n"))
