"""Files, rows and cells that are too large to be meant."""

import os
from pathlib import Path

import pytest

from tasks.errors import InputError
from tasks.paths import given_path
from tasks.tables import read_file, sizes


def test_a_device_that_never_ends_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"a\.csv: is no file"):
        read_file(path, name="a.csv")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jsonl")
    with pytest.raises(InputError, match=r"a\.jsonl: is no file"):
        read_file(tmp_path / "a.jsonl", name="a.jsonl")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.touch()
    os.truncate(path, 5 << 30)  # takes no room
    with pytest.raises(InputError, match=r"has 5\.0 GiB, expected 4 at most"):
        read_file(path, name="a.parquet")


def test_a_cell_of_ten_megabytes_is_read_and_a_larger_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"code,label\n{'x' * (10 << 20)},1\n")
    assert len(str(read_file(path, name="a.csv").column("code")[0])) == 10 << 20
    path.write_text(f"code,label\ny,0\n{'x' * (17 << 20)},1\n")
    with pytest.raises(InputError, match=r"a\.csv:\d: a cell has more than 16,777,216 characters; shorten it"):
        read_file(path, name="a.csv")


def test_a_line_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.tables.json_records.LONGEST_LINE", 100)
    path = tmp_path / "a.jsonl"
    path.write_text('{"code": "x"}\n{"code": "' + "x" * 100 + '"}\n')
    with pytest.raises(InputError, match=r"a\.jsonl:2: has more than 100 characters"):
        read_file(path, name="a.jsonl")
    assert sizes.LONGEST_LINE > 10 << 20


@pytest.mark.parametrize("text", ["x" * 5000, "~nobody-of-this-name/x"])
def test_what_can_be_no_path_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"^base_model: `.{1,100}` is no path that can be read \([^\n]{5,80}\)$"):
        given_path(text, tmp_path, place="base_model", home=True)
