"""Groupings that users write: what is read, and where an error is said to be."""

import json
from pathlib import Path

import pytest

from grouping.grouped import grouped
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


PAIR = [["clone", "search"], ["defect"]]
HELPED = grouped([(TASKS, ("clone", "search")), (("defect",), ("defect",))])


@pytest.mark.parametrize(
    "content",
    [
        {"groups": [list(TASKS), ["defect"]], "served_by": {"clone": 0, "search": 0, "defect": 1}},
        {"groups": [["defect"], ["search", "defect", "clone"]], "served_by": {"clone": 1, "search": 1, "defect": 0}},
        {
            "groups": PAIR,
            "forms": {"clone+search": {"name": "helped", "helper": "defect", "tries": None}},
        },
        {
            "groups": PAIR,
            "forms": {"clone+search": {"name": "helped", "helper": ["defect"]}},
        },
    ],
)
def test_reads_groups_with_helpers(tmp_path: Path, content: object) -> None:
    (tmp_path / "g.json").write_text(json.dumps(content), encoding="utf-8")
    assert read_grouping(tmp_path / "g.json", TASKS) == HELPED


def test_reads_what_a_cover_writes_and_passes_over_other_forms(tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text(HELPED.to_json(), encoding="utf-8")
    assert read_grouping(tmp_path / "g.json", TASKS) == HELPED
    plain = {"groups": PAIR, "forms": {"clone+search": {"name": "private", "rank": 2}}}
    (tmp_path / "g.json").write_text(json.dumps(plain), encoding="utf-8")
    assert read_grouping(tmp_path / "g.json", TASKS) == EXPECTED


ALONE = {
    "groups": [["clone", "search", "defect"], ["defect", "clone"]],
    "served_by": {"clone": 0, "search": 0, "defect": 1},
}


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"served_by": None}, "", "groups overlap, and no `served_by` says which of them serves each task"),
        ({"served_by": {"clone": 0, "search": 0}}, "", "no group for `defect`; expected a whole number from 0 to 1"),
        ({"served_by": {"clone": 0, "search": 0, "defect": 2}}, "", "no group for `defect`"),
        ({"served_by": {"clone": 0, "search": 0, "defect": True}}, "", "no group for `defect`"),
        (
            {"served_by": {"clone": 0, "search": 1, "defect": 0}},
            "",
            "by group 2, which does not hold it",
        ),
        ({}, "", "`defect` is served alone and has helpers; a task that is served alone is trained alone"),
        ({"groups": [["clone", "clone"], ["defect"]]}, ": group 1", "names a task twice"),
        ({"groups": [["clone", 3], ["clone"]]}, ": group 1", "found a number `3` instead of a task's name"),
        ({"groups": [["clone", "serch"], ["clone"]]}, ": group 1", "did you mean `search`?"),
        (
            {"groups": PAIR, "forms": {"clone+search": {"name": "helped", "helper": "x"}}},
            ": the helpers of clone+search",
            "no task `x`",
        ),
        (
            {"groups": PAIR, "forms": {"clone+search": {"name": "helped", "helper": 3}}},
            ": the helpers of clone+search",
            "found a number `3` instead of a task's name",
        ),
        (
            {"groups": PAIR, "forms": {"clone+search": {"name": "helped", "helper": ["defect", "defect"]}}},
            ": the helpers of clone+search",
            "`defect` stands in group 1 already",
        ),
        (
            {"groups": PAIR, "forms": {"defect": {"name": "helped", "helper": "clone"}}},
            "",
            "`defect` is served alone and has helpers",
        ),
    ],
)
def test_refuses_helpers_that_cannot_be(tmp_path: Path, changes: dict[str, object], place: str, message: str) -> None:
    path = tmp_path / "g.json"
    path.write_text(json.dumps({**ALONE, **changes}), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_grouping(path, TASKS)
    assert caught.value.place == f"{path}{place}"
    assert message in caught.value.message


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
