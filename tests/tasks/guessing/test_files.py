"""Which files are one task."""

from pathlib import Path

import pytest

from tasks.errors import InputError
from tasks.guessing import find_data


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x\n1\n")


def test_files_folders_and_files_by_split(tmp_path: Path) -> None:
    touch(tmp_path, "clone.csv", "defect_train.jsonl", "defect_test.jsonl", "readme.md", ".hidden.csv")
    touch(tmp_path, "flaky/train.csv", "flaky/dev.csv", "flaky/test.csv", "more/api misuse.csv", "more/deep/x.csv")
    found, left = find_data(tmp_path)
    assert left == {}
    assert found == {
        "clone": tmp_path / "clone.csv",
        "defect": {"train": tmp_path / "defect_train.jsonl", "test": tmp_path / "defect_test.jsonl"},
        "flaky": {
            "train": tmp_path / "flaky" / "train.csv",
            "validation": tmp_path / "flaky" / "dev.csv",
            "test": tmp_path / "flaky" / "test.csv",
        },
        "more_api_misuse": tmp_path / "more" / "api misuse.csv",
    }
    assert list(found) == sorted(found)


def test_without_a_train_file_a_split_is_a_name_like_others(tmp_path: Path) -> None:
    touch(tmp_path, "unit_test.csv", "eval.csv")
    assert set(find_data(tmp_path)[0]) == {"unit_test", "eval"}


def test_split_files_of_the_folder_itself_are_named_after_it(tmp_path: Path) -> None:
    touch(tmp_path / "smells", "train.csv", "valid.csv")
    assert list(find_data(tmp_path / "smells")[0]) == ["smells"]


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "clone.csv", "clone.jsonl")
    found, left = find_data(tmp_path)
    assert found == {"clone": tmp_path / "clone.csv"}
    assert left == {str(tmp_path / "clone.jsonl"): "another file is called `clone` already; rename one of them"}


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        find_data(tmp_path / "none")
    touch(tmp_path, "a.csv")
    with pytest.raises(InputError, match="is no folder"):
        find_data(tmp_path / "a.csv")
