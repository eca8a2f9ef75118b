import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import InputError
from tasks.mining import Mined, halves, shuffled
from tasks.mining.files import write_task
from tasks.mining.recipe import Row

CLASSES = {"text": "code", "label": "y", "kind": "multiclass", "group_by": "file"}
LABELS = {"text": "code", "label": ["y", "z"], "kind": "multilabel", "group_by": "file"}
SEARCH = {"query": "q", "document": "code", "kind": "retrieval", "group_by": "file"}


def suite_of(folder: Path, fields: dict[str, Any], train: int = 20) -> Mined:
    rows: dict[str, list[Row]] = {
        split: [
            {"file": f"{split}{n}.py", "q": f"q{split}{n}", "code": f"{split}{n}", "y": "ab"[n % 2], "z": n % 4 // 2}
            for n in range(size)
        ]
        for split, size in {"train": train, "validation": 12, "test": 16}.items()
    }
    note = write_task(folder, "t", fields, rows)
    return Mined(folder, {"t": note["entry"]}, {"t": note["counts"]}, {"t": ""})


def read(suite: Mined, entry: dict[str, Any]) -> dict[str, list[Row]]:
    return {
        split: [json.loads(line) for line in (suite.folder / path).read_text().splitlines()]
        for split, path in entry["data"].items()
    }


@pytest.mark.parametrize("fields", [CLASSES, LABELS, SEARCH])
def test_halves_divide_train_and_share_the_rest(tmp_path: Path, fields: dict[str, Any]) -> None:
    suite = suite_of(tmp_path, fields)
    entries = halves("t", suite, seed=1)
    assert list(entries) == ["t_half_a", "t_half_b"]
    whole, first, second = (read(suite, entry) for entry in (dict(suite.tasks["t"]), *entries.values()))
    texts = [{row["code"] for row in half["train"]} for half in (first, second)]
    assert not texts[0] & texts[1]
    assert texts[0] | texts[1] == {row["code"] for row in whole["train"]}
    assert len(texts[0]) == len(texts[1]) == 10
    for half in (first, second):
        assert (half["validation"], half["test"]) == (whole["validation"], whole["test"])
    for entry in entries.values():
        assert {name: value for name, value in entry.items() if name != "data"} == fields


def test_halves_keep_the_balance(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, CLASSES)
    for entry in halves("t", suite, seed=1).values():
        assert Counter(row["y"] for row in read(suite, entry)["train"]) == {"a": 5, "b": 5}


@pytest.mark.parametrize("fields", [CLASSES, LABELS, SEARCH])
def test_shuffling_moves_labels_inside_every_split(tmp_path: Path, fields: dict[str, Any]) -> None:
    suite = suite_of(tmp_path, fields)
    (entry,) = shuffled("t", suite, seed=1).values()
    kept, moved = ("q", ("code",)) if fields is SEARCH else ("code", ("y", "z") if fields is LABELS else ("y",))
    before, after = read(suite, dict(suite.tasks["t"])), read(suite, entry)
    for split in before:
        assert [row[kept] for row in after[split]] == [row[kept] for row in before[split]]
        old, new = ([tuple(row[name] for name in moved) for row in rows[split]] for rows in (before, after))
        assert Counter(new) == Counter(old)
        assert new != old


def test_a_seed_gives_the_same_files_and_another_one_others(tmp_path: Path) -> None:
    one, two = suite_of(tmp_path / "one", CLASSES), suite_of(tmp_path / "two", CLASSES)
    rows = [
        read(suite, next(iter(shuffled("t", suite, seed=seed).values())))["train"]
        for suite, seed in ((one, 1), (two, 1), (one, 2), (one, 1))
    ]
    assert rows[0] == rows[1] == rows[3]
    assert rows[0] != rows[2]


def test_one_row_cannot_be_halved(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 2 training rows"):
        halves("t", suite_of(tmp_path, CLASSES, train=1), seed=0)
