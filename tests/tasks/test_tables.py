"""Readers: the same rows from every format, and where each of them stands."""

import json
from pathlib import Path

import pytest

from tasks.errors import InputError
from tasks.tables import Table, read_file
from tests.tasks.files import write

ROWS = [
    {"code": "a = 1\nb = 2", "label": "x"},
    {"code": 'say("hé, \u2028 you")', "label": "y"},
    {"code": "c", "label": "x"},
]


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv", ".parquet"])
def test_every_format_gives_the_same_columns(tmp_path: Path, suffix: str) -> None:
    name = write(tmp_path / f"rows{suffix}", ROWS)
    table = read_file(tmp_path / name, name=name)
    assert table.columns == ("code", "label")
    assert table.column("code") == [row["code"] for row in ROWS]
    assert table.column("label") == ["x", "y", "x"]


@pytest.mark.parametrize(
    ("suffix", "places"),
    [
        (".jsonl", ["rows.jsonl line 1", "rows.jsonl line 2", "rows.jsonl line 3"]),
        (".json", ["rows.json row 1", "rows.json row 2", "rows.json row 3"]),
        (".csv", ["rows.csv line 2", "rows.csv line 4", "rows.csv line 5"]),  # the first record has two lines
        (".parquet", ["rows.parquet row 1", "rows.parquet row 2", "rows.parquet row 3"]),
    ],
)
def test_rows_are_found_again(tmp_path: Path, suffix: str, places: list[str]) -> None:
    name = write(tmp_path / f"rows{suffix}", ROWS)
    table = read_file(tmp_path / name, name=name)
    assert table.places() == places


def read(path: Path, content: str | bytes) -> Table:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path, name=path.name)


def test_blank_lines_and_a_byte_order_mark_are_skipped(tmp_path: Path) -> None:
    table = read(tmp_path / "a.jsonl", '\ufeff{"a": 1}\n\n{"b": 2}\n')
    assert table.columns == ("a", "b")
    assert table.column("a") == [1, None]
    assert table.places()[1] == "a.jsonl line 3"
    table = read(tmp_path / "a.csv", "\ufeffa,b\r\n\r\n1,2\r\n")
    assert table.columns == ("a", "b")
    assert table.places() == ["a.csv line 3"]


def test_json_lines_in_a_json_file(tmp_path: Path) -> None:
    assert read(tmp_path / "a.json", '{"a": 1}\n{"a": 2}\n').column("a") == [1, 2]


def test_long_fields_fit_and_the_limit_is_put_back(tmp_path: Path) -> None:
    import csv

    before = csv.field_size_limit()
    long = "x" * 200_000
    assert read(tmp_path / "a.csv", f"a,b\n{long},1\n").column("a") == [long]
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "", "a.jsonl: is empty; expected examples"),
        ("a.jsonl", " \n\n", "a.jsonl: is empty; expected examples"),
        ("a.csv", "a,b\n", "a.csv: has no rows; give at least one example"),
        ("a.json", "[]", "a.json: has no rows; give at least one example"),
        ("a.parquet", "", "a.parquet: is empty; expected examples"),
        ("a.parquet", "PAR1 no", "a.parquet: not a readable Parquet file"),
        ("a.jsonl", '{"a": 1}\n{"a": }\n', "a.jsonl:2: invalid JSON (Expecting value at column 7)"),
        ("a.jsonl", '{"a": 1}\n[1]\n', "a.jsonl:2: found an array, expected one object per line"),
        ("a.jsonl", '{"a": 1, "a": 2}\n', "a.jsonl:1: invalid JSON (column `a` occurs twice)"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: invalid JSON"),
        ("a.json", '{"a": [1, 2]}', "a.json: found an object, expected an array of objects, one per example"),
        ("a.json", '[{"a": 1},\n 3]', "a.json row 2: found a number, expected an object"),
        ("a.json", '[{"a": 1},\n {"a" 2}]', "a.json: invalid JSON (Expecting ':' delimiter at line 2 column 7)"),
        ("a.csv", "a,b\n1,2\n1,2,3\n", "a.csv:3: 3 fields, expected the header's 2; quote a field that holds a `,`"),
        ("a.csv", 'a,b\n"x\ny",2\n1\n', "a.csv:4: 1 fields, expected the header's 2"),
        ("a.tsv", "a\tb\n1\n", "a.tsv:2: 1 fields, expected the header's 2; quote a field that holds a `tab`"),
        ("a.csv", 'a,b\n1,2\n"x,2\n3,4\n', "a.csv:3: malformed record (unexpected end of data); check its quotes"),
        ("a.csv", "a,a\n1,2\n", "a.csv: column `a` occurs twice; rename one of them"),
        ("a.csv", b"a,b\n1,2\n\xff,3\n", "a.csv:3: not UTF-8 (byte 0xff); save the file as UTF-8"),
        ("a.pkl", "x", "a.pkl: cannot read a `.pkl` file; expected .jsonl, .json, .csv, .tsv, .parquet"),
    ],
)
def test_refuses(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path / name, content)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_json_reads_every_value_back(tmp_path: Path) -> None:
    values = [1, 1.5, True, None, "x", ["a", "b"]]
    table = read(tmp_path / "a.jsonl", "".join(json.dumps({"v": value}) + "\n" for value in values))
    assert table.column("v") == values
