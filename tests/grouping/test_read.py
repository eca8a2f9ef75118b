"""Groupings that users write: what is read, and where an error is said to be."""

import json
from pathlib import Path

import pytest

from grouping.partition import Partition
from grouping.read import read_grouping
from tasks.errors import InputError

TASKS = ("clone", "defect", "search")
EXPECTED = Partition.of([["clone", "search"], ["defect"]])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("g.json", '[["search", "clone"], ["defect"]]'),
        ("g.json", '\ufeff[["search", "clone"], ["defect"]]'),
        ("g.yaml", "- [search, clone]\n- [defect]\n"),
        ("g.yml", "# mine\n[[defect], [clone, search]]"),
        ("groups.txt", '[["search", "clone"], ["defect"]]'),
        ("recommendation.json", json.dumps({"schema": 1, "groups": [["defect"], ["search", "clone"]], "cost": {}})),
    ],
)
def test_reads(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert read_grouping(tmp_path / name, TASKS) == EXPECTED


def test_reads_what_a_partition_writes(tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text(EXPECTED.to_json(), encoding="utf-8")
    assert read_grouping(tmp_path / "g.json", TASKS) == EXPECTED


@pytest.mark.parametrize(
    ("name", "content", "place", "message"),
    [
        ("g.json", '[["clone", "serch"], ["defect"]]', ": group 1", "did you mean `search`?"),
        ("g.json", '[["clone"], ["defect"]]', "", "no group holds `search`"),
        ("g.json", '[["clone", "search"], ["defect", "clone"]]', ": group 2", "`clone` stands in group 1 already"),
        ("g.json", '[["clone", "search", "defect"], []]', ": group 2", "an empty group"),
        ("g.json", '["clone", "search", "defect"]', ": group 1", "found a text; expected a list of lists"),
        ("g.json", '{"clone": 0}', "", "no `groups` among the keys `clone`"),
        ("g.json", '{"groups": "clone"}', "", "found a text; expected a list of lists"),
        ("g.json", "3", "", "found a number"),
        ("g.json", '[["clone", 3]]', ": group 1", "found a number `3` instead of a task's name"),
        ("g.json", '[["clone", "search"],\n["defect"]', ": line 2, column 11", "invalid JSON"),
        ("g.json", "[" * 100_000, "", "nested too deeply"),
        ("g.yaml", "- [clone\n- [defect]\n", ": line 2", "invalid YAML"),
        ("g.yaml", "", "", "the file is empty"),
        ("g.yaml", "- [clone, true]\n", ": group 1", "found a truth value"),
    ],
)
def test_refuses_with_a_place(tmp_path: Path, name: str, content: str, place: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_grouping(path, TASKS)
    assert caught.value.place == f"{path}{place}"
    assert message in caught.value.message
    assert "\n" not in str(caught.value)


def test_refuses_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_grouping(tmp_path / "g.json", TASKS)
    with pytest.raises(InputError, match="cannot be read"):
        read_grouping(tmp_path, TASKS)
    (tmp_path / "g.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_grouping(tmp_path / "g.json", TASKS)
