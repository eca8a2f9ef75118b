"""What columns mean follows from their names and contents; what they leave open is told."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tasks.errors import InputError
from tasks.guessing import guess_entry
from tasks.tables import read_file

ROWS = 24
CODE = [f"def f{i}(x): return x + {i}" for i in range(ROWS)]
OTHER = [f"def g{i}(y): return y - {i} or None" for i in range(ROWS)]
FLAG = [i % 2 for i in range(ROWS)]


def guess(tmp_path: Path, form: str = "parquet", **columns: Any) -> dict[str, Any]:
    frame = pd.DataFrame(columns)
    path = tmp_path / f"task.{form}"
    {"parquet": frame.to_parquet, "csv": frame.to_csv}[form](path, index=False)
    return guess_entry(read_file(path, name=path.name))


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("columns", "entry"),
    [
        ({"code": CODE, "label": FLAG}, {"text": "code", "label": "label"}),
        ({"id": range(ROWS), "body": CODE, "target": FLAG}, {"text": "body", "label": "target"}),
        ({"func1": CODE, "func2": OTHER, "is_clone": FLAG}, {"text": ["func1", "func2"], "label": "is_clone"}),
        ({"left": CODE, "right": OTHER, "same": FLAG}, {"text": ["left", "right"], "label": "same"}),
        (
            {"code": CODE, "kind": ["a rather long class name", "another long class name"] * (ROWS // 2)},
            {"text": "code", "label": "kind"},
        ),
        (
            {"project": ["p", "q", "r"] * (ROWS // 3), "code": CODE, "label": FLAG},
            {"text": "code", "label": "label", "group_by": "project"},
        ),
        (
            {"code": CODE, "label": FLAG, "fold": ["train", "dev", "test"] * (ROWS // 3)},
            {"text": "code", "label": "label", "split": "fold"},
        ),
        ({"code": CODE, "label": FLAG, "split": ["train", "valid"] * (ROWS // 2)}, {"text": "code", "label": "label"}),
        ({"docstring": OTHER, "code": CODE}, {"kind": "retrieval", "query": "docstring", "document": "code"}),
        ({"code": CODE, "summary": OTHER}, {"kind": "retrieval", "query": "summary", "document": "code"}),
        ({"instruction": CODE, "output": OTHER}, {"kind": "text", "prompt": "instruction", "completion": "output"}),
        ({"code": CODE, "slow": FLAG, "unsafe": FLAG[::-1]}, {"text": "code", "label": ["slow", "unsafe"]}),
        (
            {"code": CODE, "notes": [f"see the remark number {i}" for i in range(ROWS)], "x": OTHER, "label": FLAG},
            {"text": "code", "label": "label"},
        ),
    ],
)
def test_what_is_said_of_columns(tmp_path: Path, form: str, columns: dict[str, Any], entry: dict[str, Any]) -> None:
    assert guess(tmp_path, form, **columns) == entry


def test_lists_are_of_lines_or_of_the_text(tmp_path: Path) -> None:
    lines = [f"a = {i}\nb = {i}" for i in range(ROWS)]
    code = [f"{text}  # a longer line of code" for text in lines]
    of_lines = guess(tmp_path, code=code, label=[[0, 1]] * ROWS)
    assert of_lines == {"kind": "tokens", "text": "code", "label": "label"}
    assert guess(tmp_path, code=CODE, label=[["io"], ["io", "net"]] * (ROWS // 2)) == {"text": "code", "label": "label"}


def test_many_numbers_are_amounts(tmp_path: Path) -> None:
    code = [f"def f{i}(x): return x + {i}" for i in range(100)]
    assert guess(tmp_path, code=code, label=range(100))["kind"] == "regression"


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"code": CODE, "slow": FLAG, "kind": ["a", "b", "c"] * (ROWS // 3)}, "any of slow, kind could be the label"),
        ({"code": CODE}, "code: no column could be the label"),
        ({"code": CODE, "label": [*FLAG[1:], None]}, "no column could be the label"),
        ({"a": FLAG, "b": ["x"] * ROWS}, "no column is text, expected one or two beside the label"),
        ({"a": CODE, "b": OTHER, "c": CODE, "label": FLAG}, r"3 columns hold text \(a, b, c\), expected one or two"),
    ],
)
def test_what_is_open_is_told(tmp_path: Path, columns: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        guess(tmp_path, **columns)
