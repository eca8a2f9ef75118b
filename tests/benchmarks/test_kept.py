"""Measurements survive, and are not mixed with others."""

from pathlib import Path

import pytest

from benchmarks.kept import Kept


def refused() -> int:
    raise AssertionError("measured again")


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "measured.json"
    assert Kept(path, {"passes": 1}).measured("a", lambda: (1, 2)) == [1, 2]
    again = Kept(path, {"passes": 1})
    assert "a" in again
    assert "b" not in again
    assert again.measured("a", refused) == [1, 2]


def test_a_failed_measurement_leaves_nothing(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "measured.json", {})
    with pytest.raises(AssertionError, match="measured again"):
        kept.measured("a", refused)
    assert "a" not in kept


def test_other_settings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "measured.json"
    Kept(path, {"passes": 1}).measured("a", lambda: 1)
    with pytest.raises(SystemExit, match="name another folder"):
        Kept(path, {"passes": 2})
