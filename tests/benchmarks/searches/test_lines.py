"""Lines survive a kill."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.searches.lines import Lines, NotMeasured

KEY = ("case", "seeds")


def refused() -> dict[str, Any]:
    raise AssertionError("measured again")


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "runs.jsonl"
    fields = {"case": "a", "seeds": 2}
    assert Lines(path, key=KEY).measured(fields, lambda: {"value": [1]}) == fields | {"value": [1]}
    assert Lines(path, key=KEY).measured(fields, refused)["value"] == [1]
    assert Lines(path, key=KEY).measured(fields | {"seeds": 3}, lambda: {"value": [2]})["value"] == [2]


def test_a_line_that_was_cut_off_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    Lines(path, key=KEY).measured({"case": "a", "seeds": 1}, lambda: {"value": 1})
    with path.open("a") as file:
        file.write('{"case": "b", "see')
    found = Lines(path, key=KEY)
    found.measured({"case": "b", "seeds": 1}, lambda: {"value": 2})
    assert Lines(path, key=KEY).measured({"case": "b", "seeds": 1}, refused)["value"] == 2
    assert len(path.read_text().splitlines()) == 2


def test_nothing_is_measured_where_nothing_may_be(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    Lines(path, key=KEY).measured({"case": "a", "seeds": 1}, lambda: {"value": 1})
    closed = Lines(path, key=KEY, closed=True)
    assert closed.measured({"case": "a", "seeds": 1}, refused)["value"] == 1
    with pytest.raises(NotMeasured):
        closed.measured({"case": "b", "seeds": 1}, refused)
