"""Every bad entry or file ends in one line that names the place, what was found and the remedy."""
# ruff: noqa: E501 - tables, one case a line

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tasks.errors import InputError
from tasks.load import load_task
from tasks.spec import DataFiles, TaskSpec
from tasks.tables import read_file
from tests.tasks.files import binary_rows, write

Rows = list[dict[str, Any]]
FILES = DataFiles(train="train.jsonl", validation="valid.jsonl", test="test.jsonl")


def changed(row: int, **values: Any) -> Callable[[Rows], Rows]:
    """The rows with ``values`` put into one of them."""
    return lambda rows: [{**old, **values} if i == row else old for i, old in enumerate(rows)]


def everywhere(**values: Any) -> Callable[[Rows], Rows]:
    return lambda rows: [{**row, **values} for row in rows]


def same(rows: Rows) -> Rows:
    return rows


def first(count: int) -> Callable[[Rows], Rows]:
    return lambda rows: rows[:count]


ONE_FILE: list[tuple[str, dict[str, Any], Callable[[Rows], Rows], str]] = [
    ("name", {"name": "a+b"}, same, "tasks.a+b: expected a name of letters, digits, `_`, `-` and `.`"),
    ("kind", {"kind": "binar"}, same, "tasks.t.kind: unknown kind `binar`; expected one of binary, multiclass, multilabel, regression, retrieval, tokens, text; did you mean `binary`?"),
    ("no text", {"text": None}, same, "tasks.t.text: expected a column; a task needs `text` and `label`, a retrieval `query` and `document`"),
    ("no label", {"label": None}, same, "tasks.t.label: expected a column; a task needs"),
    ("wrong column", {"label": "lable"}, same, "tasks.t.label: no column `lable` in a.jsonl; columns are code, label, project; did you mean `label`?"),
    ("wrong text column", {"text": "cod"}, same, "tasks.t.text: no column `cod` in a.jsonl; columns are code, label, project; did you mean `code`?"),
    ("wrong group", {"group_by": "repo"}, same, "tasks.t.group_by: no column `repo` in a.jsonl; columns are code, label, project"),
    ("three texts", {"text": ("a", "b", "c")}, same, "tasks.t.text: 3 columns, expected one name, or two columns for a pair"),
    ("one text in brackets", {"text": ("code",)}, same, "tasks.t.text: 1 columns, expected one name, or two columns for a pair"),
    ("equal sides", {"text": ("code", "code")}, same, "tasks.t.text: both sides are the column `code`; expected two"),
    ("label is text", {"label": "code"}, same, "tasks.t.label: column `code` is the text too; expected another column"),
    ("one flag", {"label": ("label",)}, same, "tasks.t.label: expected two or more different columns, or one name without brackets"),
    ("flags and kind", {"label": ("label", "project"), "kind": "binary"}, same, "tasks.t.label: several columns mean `kind: multilabel`, but the kind is binary"),
    ("label and query", {"query": "code", "document": "project"}, same, "tasks.t.text: a retrieval has only `query` and `document`; drop the field"),
    ("query alone", {"text": None, "label": None, "query": "code"}, same, "tasks.t.document: expected a column; a retrieval needs `query` and `document`"),
    ("query is document", {"text": None, "label": None, "query": "code", "document": "code"}, same, "tasks.t.document: column `code` is the query too; expected two columns"),
    ("query and kind", {"kind": "binary", "query": "code"}, same, "tasks.t.kind: `query` and `document` mean retrieval, but the kind is binary"),
    ("one document", {"text": None, "label": None, "query": "code", "document": "project"}, everywhere(project="p"), "tasks.t.data: validation has 0 rows, expected 8 or more, as it is halved to stop and to select; add examples or change `fractions` or the `split` column"),
    ("negative margin", {"margin": -1.0}, same, "tasks.t.margin: found -1, expected points of 0 or more"),
    ("margin NaN", {"margin": float("nan")}, same, "tasks.t.margin: found nan, expected points of 0 or more"),
    ("length", {"max_length": 0}, same, "tasks.t.max_length: found 0, expected 8 tokens or more"),
    ("fractions", {"fractions": (0.9, 0.2, 0.1)}, same, "tasks.t.fractions: expected three shares above 0 that sum to 1"),
    ("unknown metric", {"metric": "acuracy"}, same, "tasks.t.metric: unknown metric `acuracy`; for a binary task: accuracy, f1, macro_f1, mcc, auroc, average_precision; did you mean `accuracy`?"),
    ("metric of another kind", {"metric": "mrr"}, same, "tasks.t.metric: `mrr` does not fit a binary task; these do: accuracy, f1, macro_f1, mcc, auroc, average_precision"),
    ("empty text", {}, changed(16, code=" "), "tasks.t.text: column `code` is empty in a.jsonl line 17; expected text"),
    ("null text", {}, changed(16, code=None), "tasks.t.text: column `code` is empty in a.jsonl line 17; expected text"),
    ("NaN text", {}, changed(16, code=float("nan")), "tasks.t.text: column `code` is empty in a.jsonl line 17; expected text"),
    ("number as text", {}, changed(16, code=7), "tasks.t.text: column `code` holds the number 7 in a.jsonl line 17; expected text"),
    ("half a surrogate", {}, changed(16, code="\ud800"), "tasks.t.text: column `code` has half a surrogate pair in a.jsonl line 17"),
    ("NaN label", {}, changed(2, label=float("nan")), "tasks.t.label: column `label` has no value in a.jsonl line 3; fill it in or drop the row"),
    ("null group", {"group_by": "project"}, changed(4, project=None), "tasks.t.group_by: column `project` has no value in a.jsonl line 5"),
    ("one class", {}, everywhere(label="x"), "tasks.t.label: only one class, `x`, in all rows; expected two or more"),
    ("no number", {"kind": "regression"}, everywhere(label="x"), "tasks.t.label: found the text `x` in a.jsonl line 1, expected a finite number"),
    ("constant number", {"kind": "regression"}, everywhere(label=2), "tasks.t.label: train has the same value, 2, in every row; nothing to predict"),
    ("class that no row has", {"classes": (0, 1, 2)}, same, "tasks.t.label: no row has the class `2`, which the suite names; drop it from `classes`"),
    ("two rows", {}, first(2), "tasks.t.data: train has 2 rows, expected 8 or more; add examples or change `fractions` or the `split` column"),
    ("one unit", {"group_by": "project"}, everywhere(project="p"), "tasks.t.data: validation has 0 rows, expected 8 or more"),
    ("split column", {}, everywhere(split="held-out"), "tasks.t.split: column `split` holds the text `held-out` in a.jsonl line 1; expected train, validation or test, or another name for the column"),
    ("no train", {}, everywhere(split="test"), "tasks.t.split: column `split` marks no row as train"),
    ("missing split column", {"split": "part"}, same, "tasks.t.split: no column `part` in a.jsonl; columns are code, label, project"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "change", "message"), [case[1:] for case in ONE_FILE], ids=[c[0] for c in ONE_FILE])
def test_one_file(tmp_path: Path, fields: dict[str, Any], change: Callable[[Rows], Rows], message: str) -> None:
    data = write(tmp_path / "a.jsonl", change(binary_rows(60)))
    entry = {"data": data, "text": "code", "label": "label", **fields}
    name = entry.pop("name", "t")
    _refused(name, TaskSpec(**entry), tmp_path, message)


THREE_FILES: list[tuple[str, dict[str, Callable[[Rows], Rows]], dict[str, Any], str]] = [
    ("label of test only", {"test": changed(1, label=9)}, {}, "tasks.t.label: no training row has the label `9`, found in test.jsonl line 2; train needs every label"),
    ("label of validation only", {"valid": changed(3, label=9)}, {}, "tasks.t.label: no training row has the label `9`, found in valid.jsonl line 4"),
    ("train of one class", {"train": everywhere(label=1)}, {}, "tasks.t.label: train has only one class, `1`; nothing to predict"),
    ("test of one class", {"test": everywhere(label=0)}, {}, "tasks.t.label: test has only one class, `0`; nothing to predict"),
    ("validation with one positive", {"valid": lambda rows: changed(0, label=1)(everywhere(label=0)(rows))}, {}, "half of validation has only one class, `0`; nothing to predict"),
    ("constant test", {"test": everywhere(label=3)}, {"kind": "regression"}, "tasks.t.label: test has the same value, 3, in every row; nothing to predict"),
    ("column in one file only", {"test": lambda rows: [{"code": row["code"], "target": 1} for row in rows]}, {}, "tasks.t.label: no column `label` in test.jsonl; columns are code, target"),
    ("short train", {"train": first(7)}, {}, "tasks.t.data: train (train.jsonl) has 7 rows, expected 8 or more; add examples"),
    ("short validation", {"valid": first(2)}, {}, "tasks.t.data: validation (valid.jsonl) has 2 rows, expected 8 or more, as it is halved"),
    ("short test", {"test": first(1)}, {}, "tasks.t.data: test (test.jsonl) has 1 row, expected 4 or more; add examples"),
    ("one unit in validation", {"valid": everywhere(project="p")}, {"group_by": "project"}, "tasks.t.group_by: rows with one `project` stay together, which leaves the stop half of validation with 0 of the"),
    ("one unit in test", {"test": everywhere(project="p")}, {"group_by": "project"}, "tasks.t.group_by: rows with one `project` stay together, which leaves test with 1 of the"),
    ("split beside files", {}, {"split": "part"}, "tasks.t.split: the splits are given by files already; drop `split` or give one file"),
    ("one document in test", {"test": everywhere(project="p")}, {"text": None, "label": None, "query": "code", "document": "project"}, "tasks.t.document: test has 1 distinct documents, expected two or more to search among"),
    ("one document in test, by project", {"test": everywhere(code="p")}, {"text": None, "label": None, "query": "project", "document": "code", "group_by": "project"}, "tasks.t.document: test has 1 distinct documents"),
    ("one document in validation", {"valid": everywhere(project="p")}, {"text": None, "label": None, "query": "code", "document": "project"}, "tasks.t.document: the stop half of validation has 0 distinct documents"),
    ("same file twice", {}, {"data": DataFiles(train="train.jsonl", validation="valid.jsonl", test="./train.jsonl")}, "tasks.t.data.test: `./train.jsonl` is the train file too; every split needs examples of its own"),
    ("validation is train", {}, {"data": DataFiles(train="train.jsonl", validation="train.jsonl", test="test.jsonl")}, "tasks.t.data.validation: `train.jsonl` is the train file too"),
    ("missing file", {}, {"data": DataFiles(train="trian.jsonl", validation="valid.jsonl", test="test.jsonl")}, "tasks.t.data.train: no file `trian.jsonl`; the folder `data` holds more, test.jsonl, train.jsonl, valid.jsonl; did you mean `train.jsonl`?"),
    ("missing folder", {}, {"data": "dta/train.jsonl"}, "tasks.t.data: no file `dta/train.jsonl`; the folder `data` holds more, test.jsonl, train.jsonl, valid.jsonl"),
    ("slip in a folder's file", {}, {"data": "more/trian"}, "tasks.t.data: no file `more/trian`; the folder `more` holds train.csv; did you mean `train.csv`?"),
    ("slip in a name", {}, {"data": "trian"}, "tasks.t.data: no file `trian`; the folder `data` holds more, test.jsonl, train.jsonl, valid.jsonl; did you mean"),
    ("a folder", {}, {"data": "."}, "tasks.t.data: `.` is a folder with more, test.jsonl, train.jsonl, valid.jsonl; expected a file, a folder that `datasets` saved, or {train: FILE"),
    ("a folder for a split", {}, {"data": DataFiles(train=".")}, "tasks.t.data.train: `.` is a folder; expected a file or one saved `datasets.Dataset`"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "fields", "message"), [c[1:] for c in THREE_FILES], ids=[c[0] for c in THREE_FILES])
def test_three_files(
    tmp_path: Path, change: dict[str, Callable[[Rows], Rows]], fields: dict[str, Any], message: str
) -> None:
    folder = tmp_path / "data"
    for name, start in (("train", 0), ("valid", 20), ("test", 40)):
        write(folder / f"{name}.jsonl", change.get(name, same)(binary_rows(12, start=start)))
    write(folder / "more" / "train.csv", binary_rows(12))
    _refused("t", TaskSpec(**{"data": FILES, "text": "code", "label": "label", **fields}), folder, message)


@pytest.mark.parametrize(
    ("rows", "fields", "message"),
    [
        ([{"tags": ["a"], "n": i} for i in range(40)], {}, "tasks.t.label: 1 distinct labels in all lists"),
        (
            [{"tags": ["a", "b"] if i % 2 else ["a"]} for i in range(60)],
            {},
            "tasks.t.label: label `a` is set in every row of train; drop it",
        ),
        (
            [{"tags": ["a", "b"][i % 3 :][:1], "split": "train" if i < 20 else "test" if i > 50 else "dev"} for i in range(70)]
            + [{"tags": ["rare"], "split": "test"}],
            {},
            "tasks.t.label: no training row has the label `rare`, found in a.jsonl line 71; train needs every label",
        ),
        ([{"tags": i / 7} for i in range(60)], {"metric": "f1"}, "tasks.t.metric: `f1` does not fit a regression task; these do: r2, spearman"),
    ],
)  # fmt: skip
def test_labels(tmp_path: Path, rows: Rows, fields: dict[str, Any], message: str) -> None:
    data = write(tmp_path / "a.jsonl", [{"code": f"c{i}", **row} for i, row in enumerate(rows)])
    _refused("t", TaskSpec(data=data, text="code", label="tags", **fields), tmp_path, message)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"code": "x"}\n{"code" "y"}\n', "tasks.t.data: a.jsonl:2: invalid JSON (Expecting ':' delimiter"),
        ("a.csv", "code,label\nx,1\ny\n", "tasks.t.data: a.csv:3: 1 fields, expected the header's 2"),
        ("a.csv", "code,code\nx,1\n", "tasks.t.data: a.csv: column `code` occurs twice; rename one of them"),
        ("a.jsonl", "", "tasks.t.data: a.jsonl: is empty; expected examples"),
        ("a.pickle", "x", "tasks.t.data: a.pickle: cannot read a `.pickle` file; expected .jsonl, .json, .csv"),
    ],
)
def test_malformed_files(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    _refused("t", TaskSpec(data=name, text="code", label="label"), tmp_path, message)


def _refused(name: str, spec: TaskSpec, folder: Path, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_task(name, spec, folder=folder, seed=0)
    found = str(caught.value)
    assert message in found
    assert found.startswith(f"tasks.{name}")
    assert "\n" not in found
    assert str(folder) not in found


def test_a_parquet_file_whose_texts_or_dates_are_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(np.array([0, 1, 2], dtype=np.int32)), pa.py_buffer(b"a\xae")]
    )
    parquet.write_table(pa.table({"code": texts}), path)
    with pytest.raises(InputError, match=r"^a\.parquet: not a readable Parquet file \([^\n]+\)$"):
        read_file(path, name="a.parquet")
    parquet.write_table(pa.table({"when": pa.array([2**60], type=pa.timestamp("us"))}), path)
    with pytest.raises(InputError, match=r"^a\.parquet: (column `when` cannot be read|not a readable)"):
        read_file(path, name="a.parquet").column("when")
