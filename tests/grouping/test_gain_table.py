"""Tables of measured gains: what is read, and where an error is said to be."""

import random
from pathlib import Path

import pandas as pd
import pytest

from grouping.gain_table import GainTable, is_gain_table
from tasks.errors import InputError

PUBLISHED = """subset,size,s,d,n,k,e
s,1,0.0,,,,
d,1,,0.0,,,
n,1,,,0.0,,
k,1,,,,0.0,
e,1,,,,,0.0
s+d,2,0.022515238213708245,-0.0814159292035397,,,
s+n,2,0.07948749844508031,,-0.1605168199278314,,
k+e,2,,,,-0.25,1e-3
s+d+n+k+e,5,0.1,-0.2,-0.3,0.4,-0.5
"""
"""As published tables are."""
SMALL = "subset,size,b,a\na+b,2,-0.2,0.5\n"


def read(folder: Path, content: str | bytes, name: str = "gains.csv") -> GainTable:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return GainTable.read(path)


def test_reads_the_published_form(tmp_path: Path) -> None:
    table = read(tmp_path, PUBLISHED)
    assert table.tasks == ("s", "d", "n", "k", "e"), "in the order of the columns"
    assert dict(table.gains) == {
        ("d", "s"): (-0.0814159292035397, 0.022515238213708245),
        ("n", "s"): (-0.1605168199278314, 0.07948749844508031),
        ("e", "k"): (1e-3, -0.25),
        ("d", "e", "k", "n", "s"): (-0.2, -0.5, 0.4, -0.3, 0.1),
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("gains.csv", SMALL),
        ("gains", SMALL),
        ("gains.txt", SMALL),
        ("gains.csv", "\ufeff" + SMALL.replace("\n", "\r\n")),
        ("gains.csv", "a,size,b,subset\n0.5,2.0,-0.2,b + a\n\n0,1,,a\n"),
        ("gains.tsv", SMALL.replace(",", "\t")),
        ("gains.jsonl", '{"subset": "a+b", "size": 2, "a": 0.5, "b": -0.2}\n{"subset": "b", "size": 1, "b": 0}\n'),
    ],
)
def test_other_forms_of_the_same(tmp_path: Path, name: str, content: str) -> None:
    table = read(tmp_path, content, name)
    assert sorted(table.tasks) == ["a", "b"]
    assert dict(table.gains) == {("a", "b"): (0.5, -0.2)}


def test_reads_parquet_with_missing_cells(tmp_path: Path) -> None:
    frame = pd.DataFrame({"subset": ["a", "a+b"], "size": [1, 2], "a": [0.0, 0.5], "b": [float("nan"), -0.2]})
    frame.to_parquet(tmp_path / "gains.parquet")
    assert dict(GainTable.read(tmp_path / "gains.parquet").gains) == {("a", "b"): (0.5, -0.2)}


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_and_of_names_says_nothing(tmp_path: Path, seed: int) -> None:
    header, *rows = PUBLISHED.splitlines()
    generator = random.Random(seed)
    generator.shuffle(rows)
    for number, row in enumerate(rows):
        subset, _, rest = row.partition(",")
        names = subset.split("+")
        generator.shuffle(names)
        rows[number] = f"{'+'.join(names)},{rest}"
    assert read(tmp_path, "\n".join([header, *rows])).gains == read(tmp_path, PUBLISHED).gains


HEADER = "subset,size,a,b,c\n"


@pytest.mark.parametrize(
    ("content", "place", "parts"),
    [
        ("", "", ("empty", "subset,size")),
        (" \n\n", "", ("empty",)),
        (b"subset,size,a\xff,b\n", ":1", ("UTF-8",)),
        (HEADER, "", ("no rows", "subset,size")),
        ("subst,size,a,b\na+b,2,1,1\n", "", ("no column `subset`", "did you mean `subst`")),
        ("subset,a,b\na+b,1,1\n", "", ("no column `size`", "`subset`, `a`, `b`")),
        ("subset,size,a\na,1,0\n", "", ("1 columns of tasks", "two or more")),
        ("subset,size,a,b,a\na+b,2,1,1,\n", "", ("column `a` occurs twice",)),
        ("subset,size,a,b,\na+b,2,1,1,\n", "", ("a column is called ``",)),
        ("subset,size,a,b,a+b\na+b,2,1,1,\n", "", ("a column is called `a+b`",)),
        ("subset,size,a, b\na+b,2,1,1\n", "", ("a column is called ` b`",)),
        (HEADER + "a+b,2,1,1\n", ":2", ("4 fields", "5")),
        (HEADER + "a+b,2,1,1,\na+d,2,1,,\n", ": line 3", ("no task `d`", "`a`, `b`, `c`")),
        ("subset,size,clone,defect\nclone+defct,2,1,1\n", ": line 2", ("`defct`", "did you mean `defect`")),
        (HEADER + "a++b,2,1,1,\n", ": line 2", ("no task ``",)),
        (HEADER + ",2,1,1,\n", ": line 2", ("subset is blank",)),
        (HEADER + "a+b+a,3,1,1,\n", ": line 2", ("`a` stands twice in `a+b+a`",)),
        (HEADER + "a+b,3,1,1,\n", ": line 2", ("size is 3", "`a+b` has 2 tasks")),
        (HEADER + "a+b,,1,1,\n", ": line 2", ("size is blank",)),
        (HEADER + "a+b,two,1,1,\n", ": line 2", ("the size", "`two`")),
        (HEADER + "a+b,2,1,,\n", ": line 2", ("the gain of `b` is blank", "`a+b`")),
        (HEADER + "a+b,2,1,1,0\n", ": line 2", ("found `0` for `c`", "not in `a+b`", "blank")),
        (HEADER + "a+b,2,1,nan,\n", ": line 2", ("finite number for the gain of `b`", "`nan`")),
        (HEADER + "a+b,2,-inf,1,\n", ": line 2", ("finite number for the gain of `a`", "`-inf`")),
        (HEADER + 'a+b,2,"0,1",1,\n', ": line 2", ("the gain of `a`", "`0,1`")),
        (HEADER + "a+b,2,1_0,1,\n", ": line 2", ("the gain of `a`", "`1_0`")),
        (HEADER + "a+b,2,1,1,\n\nb+a,2,2,2,\n", ": line 4", ("`a+b` stands on line 2 already", "keep one")),
        (HEADER + "a,1,0,,\na,1,0,,\n", ": line 3", ("`a` stands on line 2 already",)),
        (HEADER + "a,1,0.3937,,\na+b,2,1,1,\n", ": line 2", ("`a` alone is 0.3937", "expected 0", "losses")),
        (HEADER + "a,1,0,,\nb,1,,0,\n", "", ("no subset of two or more", "a+b,2")),
    ],
)
def test_refuses_with_a_place(tmp_path: Path, content: str | bytes, place: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert caught.value.place == f"{tmp_path / 'gains.csv'}{place}"
    for part in parts:
        assert part in caught.value.message


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: no such file; expected a table of gains"):
        GainTable.read(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        GainTable.read(tmp_path)


@pytest.mark.parametrize(
    ("tasks", "gains"),
    [
        (("a",), {}),
        (("a", "a"), {}),
        (("a", "b"), {("b", "a"): (0.0, 0.0)}),
        (("a", "b"), {("a", "c"): (0.0, 0.0)}),
        (("a", "b"), {("a",): (0.0,)}),
        (("a", "b"), {("a", "b"): (0.0,)}),
        (("a", "b"), {("a", "b"): (0.0, float("nan"))}),
    ],
)
def test_holds_what_it_says(tasks: tuple[str, ...], gains: dict[tuple[str, ...], tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match=r"^Expected "):
        GainTable(tasks, gains)


def test_is_told_by_its_columns() -> None:
    assert is_gain_table(["size", "a", "subset"])
    assert not is_gain_table(["group", "task", "score"])
