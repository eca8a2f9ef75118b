"""From files to a task: formats, splits, units and the fingerprint."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.errors import InputError
from tasks.load import load_task
from tasks.spec import DataFiles, TaskSpec
from tasks.tables import hub
from tasks.task import SPLITS, Task
from tests.tasks.files import binary_rows, write

FOLDER_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)


def load(folder: Path, name: str = "clone", seed: int = 0, **fields: Any) -> Task:
    return load_task(name, TaskSpec(**{"text": "code", "label": "label", **fields}), folder=folder, seed=seed)


def texts(task: Task, split: str) -> set[str]:
    return set(task.splits[split].texts[0])


def test_by_hand(tmp_path: Path) -> None:
    """Three given files: train and test as they are, validation in two halves with both classes."""
    for name, start, count in (("train", 0, 10), ("valid", 10, 8), ("test", 18, 4)):
        write(tmp_path / "defect" / f"{name}.jsonl", binary_rows(count, start=start))
    files = DataFiles(train="defect/train.jsonl", validation="defect/valid.jsonl", test="defect/test.jsonl")
    task = load(tmp_path, data=files)
    assert task.splits["train"].texts[0] == tuple(row["code"] for row in binary_rows(10))
    assert task.splits["train"].targets.tolist() == [0, 1] * 5
    assert task.splits["test"].texts[0] == tuple(row["code"] for row in binary_rows(4, start=18))
    assert (
        sorted(task.splits["stop"].targets.tolist()) == sorted(task.splits["select"].targets.tolist()) == [0, 0, 1, 1]
    )
    assert texts(task, "stop") | texts(task, "select") == {row["code"] for row in binary_rows(8, start=10)}
    assert task.splits["test"].places[0] == "defect/test.jsonl line 1"
    assert (task.kind.name, task.classes, task.metric.name, task.sides, task.outputs) == (
        "binary",
        ("0", "1"),
        "accuracy",
        1,
        1,
    )


@FOLDER_FIXTURE
@given(seed=st.integers(0, 10_000), count=st.integers(60, 120), grouped=st.booleans())
def test_drawn_splits_are_whole(tmp_path: Path, seed: int, count: int, grouped: bool) -> None:
    write(tmp_path / "a.jsonl", binary_rows(count))
    task = load(tmp_path, seed=seed, data="a.jsonl", group_by="project" if grouped else None)
    found = [text for split in SPLITS for text in task.splits[split].texts[0]]
    assert sorted(found) == sorted(row["code"] for row in binary_rows(count))  # disjoint and exhaustive
    units = [set(task.splits[split].units.tolist()) for split in SPLITS]
    assert sum(map(len, units)) == len(set.union(*units))
    assert len(set.union(*units)) == (-(-count // 3) if grouped else count)
    assert abs(len(task.splits["train"]) - 0.6 * count) <= 4
    for split in SPLITS:
        assert abs(float(np.mean(task.splits[split].targets)) - 0.5) <= 0.25


def test_every_format_gives_the_same_task(tmp_path: Path) -> None:
    suffixes = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
    found = [load(tmp_path, data=write(tmp_path / f"a{suffix}", binary_rows(60))).fingerprint for suffix in suffixes]
    assert len(set(found)) == 1


def test_pinned(tmp_path: Path) -> None:
    """The hash and the draw of one small task: both must only change on purpose, or resumed runs are refused."""
    write(tmp_path / "a.jsonl", binary_rows(40))
    task = load(tmp_path, data="a.jsonl", seed=42)
    assert {split: len(task.splits[split]) for split in SPLITS} == {"train": 24, "stop": 4, "select": 4, "test": 8}
    assert task.fingerprint == PINNED


PINNED = "c878e4638ad6f17363fb27b8a8a8827f39e9a737de6323cce16d6443050aedfb"


def test_a_task_does_not_depend_on_others_or_on_the_order(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", binary_rows(60))
    alone = load(tmp_path, name="a", data="a.jsonl").fingerprint
    load(tmp_path, name="b", data="a.jsonl")
    assert load(tmp_path, name="a", data="a.jsonl").fingerprint == alone
    assert texts(load(tmp_path, name="b", data="a.jsonl"), "test") != texts(
        load(tmp_path, name="a", data="a.jsonl"), "test"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"metric": "f1"},
        {"margin": 2.0},
        {"max_length": 64},
        {"positive": 0},
        {"group_by": "project"},
        {"kind": "multiclass"},
        {"seed": 1},
        {"name": "other"},
        {"fractions": (0.7, 0.15, 0.15)},
    ],
)
def test_the_fingerprint_follows_the_meaning(tmp_path: Path, change: dict[str, Any]) -> None:
    write(tmp_path / "a.jsonl", binary_rows(60))
    assert load(tmp_path, data="a.jsonl", **change).fingerprint != load(tmp_path, data="a.jsonl").fingerprint


def test_the_fingerprint_follows_the_data(tmp_path: Path) -> None:
    rows = binary_rows(60)
    before = load(tmp_path, data=write(tmp_path / "a.jsonl", rows)).fingerprint
    rows[7] = {**rows[7], "code": rows[7]["code"] + " "}
    assert load(tmp_path, data=write(tmp_path / "a.jsonl", rows)).fingerprint != before


def test_a_split_column(tmp_path: Path) -> None:
    rows = [{**row, "split": ("train", "dev", "Test", "train")[i % 4]} for i, row in enumerate(binary_rows(80))]
    rows = [{**row, "label": (i // 4) % 2} for i, row in enumerate(rows)]
    task = load(tmp_path, data=write(tmp_path / "a.csv", rows))
    assert texts(task, "test") == {row["code"] for row in rows if row["split"] == "Test"}
    assert texts(task, "train") == {row["code"] for row in rows if row["split"] == "train"}
    renamed = [{("part" if key == "split" else key): value for key, value in row.items()} for row in rows]
    again = load(tmp_path, data=write(tmp_path / "b.csv", renamed), split="part")
    assert again.fingerprint == task.fingerprint


def test_what_is_left_out_is_drawn_from_train(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", binary_rows(80))
    write(tmp_path / "test.jsonl", binary_rows(10, start=100))
    task = load(tmp_path, data=DataFiles(train="train.jsonl", test="test.jsonl"))
    assert len(task.splits["train"]) == pytest.approx(60, abs=1)  # 0.6 of 0.8
    assert texts(task, "test") == {row["code"] for row in binary_rows(10, start=100)}


def test_a_pair_of_12_classes(tmp_path: Path) -> None:
    rows = [{"left": f"l{i}", "right": f"r{i}", "label": f"class {i % 12}"} for i in range(240)]
    task = load(tmp_path, data=write(tmp_path / "a.parquet", rows), text=("left", "right"), metric="macro_f1")
    assert (task.sides, task.outputs, task.kind.name) == (2, 12, "multiclass")
    test = task.splits["test"]
    for left, right, target in zip(*test.texts, test.targets, strict=True):
        assert left[1:] == right[1:]
        assert task.classes[target] == f"class {int(left[1:]) % 12}"


def test_several_labels(tmp_path: Path) -> None:
    rows = [{"code": f"c{i}", "label": [name for k, name in enumerate("abc") if i >> k & 1]} for i in range(64)]
    task = load(tmp_path, data=write(tmp_path / "a.parquet", rows))
    assert (task.kind.name, task.classes, task.outputs) == ("multilabel", ("a", "b", "c"), 3)
    train = task.splits["train"]
    for text, target in zip(train.texts[0], train.targets, strict=True):
        assert target.tolist() == [int(text[1:]) >> k & 1 for k in range(3)]


def test_amounts_are_standardised_on_train(tmp_path: Path) -> None:
    rows = [{"code": f"c{i}", "label": i + 0.5} for i in range(100)]
    task = load(tmp_path, data=write(tmp_path / "a.csv", rows))
    assert task.kind.name == "regression"
    assert float(np.mean(task.splits["train"].targets)) == pytest.approx(0.0, abs=1e-5)
    test = task.splits["test"]
    back = test.targets * task.spread + task.centre
    np.testing.assert_allclose(back, [int(text[1:]) + 0.5 for text in test.texts[0]], rtol=1e-5)
    assert test.targets.dtype == np.float32


def test_equal_documents_share_a_target_and_a_side(tmp_path: Path) -> None:
    rows = [{"query": f"q{i}", "document": f"d{i % 40}"} for i in range(80)]
    data = write(tmp_path / "a.jsonl", rows)
    task = load(tmp_path, data=data, text=None, label=None, query="query", document="document")
    assert (task.kind.name, task.metric.name, task.classes) == ("retrieval", "mrr", ())
    seen: dict[str, tuple[int, str]] = {}
    for split in SPLITS:
        for document, target in zip(task.splits[split].texts[1], task.splits[split].targets, strict=True):
            assert seen.setdefault(document, (int(target), split)) == (int(target), split)
    assert len({target for target, _ in seen.values()}) == 40


def test_a_saved_folder(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    whole = datasets.Dataset.from_list(binary_rows(60))
    whole.save_to_disk(tmp_path / "single")
    write(tmp_path / "a.jsonl", binary_rows(60))
    assert load(tmp_path, data="single").fingerprint == load(tmp_path, data="a.jsonl").fingerprint
    parts = {"train": binary_rows(40), "validation": binary_rows(10, start=40), "test": binary_rows(10, start=50)}
    datasets.DatasetDict({k: datasets.Dataset.from_list(v) for k, v in parts.items()}).save_to_disk(tmp_path / "three")
    task = load(tmp_path, data="three")
    assert texts(task, "test") == {row["code"] for row in parts["test"]}
    assert task.splits["test"].places[0] == "three[test] row 1"


def test_a_selection_of_a_saved_folder_keeps_its_rows(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list(binary_rows(80)).select(range(79, 19, -1)).save_to_disk(tmp_path / "some")
    task = load(tmp_path, data="some")
    assert set().union(*(texts(task, split) for split in SPLITS)) == {row["code"] for row in binary_rows(60, start=20)}


def test_a_hub_name_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    asked: list[tuple[Any, ...]] = []

    def old_release(path: str, config: str | None, *, trust_remote_code: bool = True) -> Any:
        asked.append((path, config, trust_remote_code))
        return datasets.DatasetDict({"train": datasets.Dataset.from_list(binary_rows(60))})

    monkeypatch.setattr(datasets, "load_dataset", old_release)
    task = load(tmp_path, data="org/name:part")
    assert asked == [("org/name", "part", False)]
    assert sum(map(len, task.splits.values())) == 60


def test_a_hub_name_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")

    def failing(path: str, config: str | None) -> Any:
        raise ConnectionError("no network\nmore")

    monkeypatch.setattr(datasets, "load_dataset", failing)
    with pytest.raises(InputError) as caught:
        load(tmp_path, data="org/name")
    assert str(caught.value) == (
        "tasks.clone.data: org/name: no file or folder of this name, and the hub data set failed: no network"
    )


def without_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)


def saved(folder: Path) -> str:
    folder.mkdir()
    (folder / "dataset_dict.json").write_text('{"splits": ["train"]}')
    return folder.name


@pytest.mark.parametrize("data", [lambda folder: "org/name", lambda folder: "imdb", lambda folder: saved(folder / "d")])
def test_the_optional_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Callable[[Path], str]
) -> None:
    without_datasets(monkeypatch)
    with pytest.raises(InputError) as caught:
        load(tmp_path, data=data(tmp_path))
    assert hub.EXTRA in str(caught.value)
    assert str(caught.value).startswith("tasks.clone.data: ")
