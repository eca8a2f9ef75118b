"""``cotrain predict`` and ``cotrain.load``: what a run trained, on new examples."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cotrain
from cotrain.app import main
from cotrain.loaded_run import LoadedRun
from cotrain.suite import load_suite
from cotrain.workspace import read_workspace
from tasks.errors import InputError
from tests.cotrain.five_tasks import TASKS, WORDS


@pytest.fixture(scope="module")
def run(suite: Path, found: dict[str, Any]) -> LoadedRun:
    return cotrain.load(suite.parent / "run")


def test_the_metric_of_the_predictions_is_that_of_a_trained_run(suite: Path, run: LoadedRun) -> None:
    """Predictions on the test split are as right as the run that the adapter was kept from."""
    task = read_workspace(load_suite(suite)).tasks["hue"]
    rows = task.splits["test"]
    predicted = run.predict("hue", rows.texts[0], device="cpu")
    right = np.mean(
        [found["label"] == task.classes[target] for found, target in zip(predicted, rows.targets, strict=True)]
    )
    shown = json.loads((run.path / "recommendation.json").read_text())["tasks"]["hue"]
    assert right == pytest.approx(shown["grouped"] / 100 if shown["grouped"] > 1 else shown["grouped"], abs=0.3)
    assert all(sum(found["probabilities"].values()) == pytest.approx(1) for found in predicted)


def test_every_kind_speaks_its_own_words(run: LoadedRun) -> None:
    texts = ["red cold one two", "warm blue five six"]
    assert {found["label"] for found in run.predict("hue", texts)} <= {"red", "green", "blue"}
    assert {found["label"] for found in run.predict("same", texts, texts)} <= {"0", "1"}
    assert set(run.predict("number", texts)[0]["probabilities"]) == set(WORDS[:12])
    assert set(run.predict("tags", texts)[0]["probabilities"]) == {"is_red", "is_warm"}
    documents = run.predict("find", texts, [*texts, "three four"], top=2)
    assert [len(found["documents"]) for found in documents] == [2, 2]
    assert all(found["documents"][0]["score"] >= found["documents"][1]["score"] for found in documents)


def test_tasks_of_different_groups_take_turns_on_one_base_model(run: LoadedRun) -> None:
    texts = ["red cold one two", "warm blue five six"]
    first = {name: run.predict(name, texts) for name in ("hue", "number", "tags")}
    again = {name: run.predict(name, texts) for name in ("tags", "number", "hue")}
    assert first == again
    groups = run.groups()
    assert len(groups.weights) == len(run.recommendation.groups)
    assert sorted(groups.tasks) == sorted(TASKS)


def test_order_and_company_of_examples_do_not_matter(run: LoadedRun) -> None:
    texts = ["red", "warm blue five six one two three", "cold two"]
    together = run.predict("number", texts)
    for text, found in zip(
        reversed(texts), [run.predict("number", [text])[0] for text in reversed(texts)], strict=True
    ):
        wanted = together[texts.index(text)]
        assert found["probabilities"] == pytest.approx(wanted["probabilities"], abs=1e-5)


def test_the_command_reads_the_suites_columns_and_writes_lines(
    run: LoadedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame({"left": ["red one", "two"], "right": ["red one", "five"]})
    frame.to_csv(tmp_path / "new.csv", index=False)
    arguments = ["predict", str(run.path), str(tmp_path / "new.csv"), "--task", "same", "--device", "cpu"]
    assert main(arguments) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == run.predict("same", list(frame["left"]), list(frame["right"]), device="cpu")
    assert main([*arguments, "--out", str(tmp_path / "out.jsonl")]) == 0
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()] == lines
    assert main([*arguments[:4], "tags", "--columns", "right"]) == 0


def test_the_command_searches_documents(run: LoadedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "queries.jsonl").write_text('{"query": "red one"}\n')
    (tmp_path / "documents.jsonl").write_text('{"document": "red one two"}\n{"document": "blue five"}\n')
    files = [str(tmp_path / "queries.jsonl"), "--documents", str(tmp_path / "documents.jsonl")]
    assert main(["predict", str(run.path), *files, "--task", "find", "--top", "5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(place["row"] for place in found["documents"]) == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["new.csv", "--task", "hu"], ("no task `hu`", "did you mean `hue`")),
        (["new.csv", "--task", "hue"], ("no column `text`", "left, right")),
        (["none.csv", "--task", "hue"], ("none.csv", "no such file")),
        (["new.csv", "--task", "same", "--columns", "left"], ("--columns", "expected 2 columns, but got left")),
        (["new.csv", "--task", "find", "--columns", "left,right"], ("--documents", "what is searched")),
        (["new.csv", "--task", "hue", "--documents", "new.csv", "--columns", "left"], ("--documents", "multiclass")),
        (["new.csv", "--task", "hue", "--columns", "left", "--device", "abacus"], ("--device", "no device `abacus`")),
        (["new.csv", "--task", "hue", "--columns", "left", "--out", "no/such/place"], ("cannot be written",)),
    ],
)
def test_wrong_input_ends_in_one_line(
    run: LoadedRun,
    arguments: list[str],
    words: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("new.csv").write_text("left,right\nred one,two\n")
    assert main(["predict", str(run.path), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words), error


def test_a_run_without_adapters_and_damaged_ones_are_refused(run: LoadedRun, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "run")
    copy = tmp_path / "run"
    (group, *_) = sorted((copy / "adapters").iterdir())
    (group / "adapter_model.safetensors").write_bytes(b"damaged")
    with pytest.raises(InputError, match="cannot read the weights of this group"):
        cotrain.load(copy).predict("hue", ["red"])
    described = json.loads((group / "heads.json").read_text())
    (group / "heads.json").write_text(json.dumps({**described, "base_identity": "another"}))
    with pytest.raises(InputError, match=r"another base model or method|not the one that"):
        cotrain.load(copy).predict("hue", ["red"])
    (group / "heads.json").write_text("{}")
    with pytest.raises(InputError, match="not the description of a trained group"):
        cotrain.load(copy).predict("hue", ["red"])
    shutil.rmtree(copy / "adapters")
    with pytest.raises(InputError, match="it was not validated"):
        cotrain.load(copy).predict("hue", ["red"])


def test_a_wrong_number_of_texts_is_refused(run: LoadedRun) -> None:
    with pytest.raises(ValueError, match="Expected 2 lists of texts for same, but got 1"):
        run.predict("same", ["red"])
    with pytest.raises(ValueError, match="as many texts on both sides"):
        run.predict("same", ["red"], ["red", "blue"])
    assert run.predict("hue", []) == []
