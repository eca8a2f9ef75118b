"""Cores that a container may really use."""

from pathlib import Path

import pytest

from cotrain import cores


@pytest.mark.parametrize(
    ("text", "expected"), [("max 100000\n", None), ("150000 100000\n", 1.5), ("50000 100000\n", 0.5), ("odd\n", None)]
)
def test_quota_of_the_second_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: float | None
) -> None:
    (tmp_path / "cpu.max").write_text(text)
    monkeypatch.setattr(cores, "CGROUP_2", tmp_path / "cpu.max")
    monkeypatch.setattr(cores, "MEMBERSHIP", tmp_path / "none")
    assert cores.quota() == expected


def test_the_lowest_quota_of_all_groups_above_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, text in {"": "max 100000", "a": "400000 100000", "a/b": "300000 100000", "a/b/c": "max 100000"}.items():
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "cpu.max").write_text(text)
    (tmp_path / "own").write_text("1:cpu:/x\n0::/a/b/c\n")
    monkeypatch.setattr(cores, "CGROUP_2", tmp_path / "cpu.max")
    monkeypatch.setattr(cores, "MEMBERSHIP", tmp_path / "own")
    assert cores.quota() == 3.0


@pytest.mark.parametrize(("text", "expected"), [("-1\n", None), ("400000\n", 4.0)])
def test_quota_of_the_first_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: float | None
) -> None:
    (tmp_path / "cpu.cfs_quota_us").write_text(text)
    (tmp_path / "cpu.cfs_period_us").write_text("100000\n")
    monkeypatch.setattr(cores, "CGROUP_2", tmp_path / "none")
    monkeypatch.setattr(cores, "CGROUP_1", tmp_path / "cpu.cfs_quota_us")
    assert cores.quota() == expected


@pytest.mark.parametrize(("limit", "expected"), [(None, 8), (0.5, 1), (2.9, 2), (64.0, 8)])
def test_whole_cores_within_the_quota(monkeypatch: pytest.MonkeyPatch, limit: float | None, expected: int) -> None:
    monkeypatch.setattr(cores, "allowed_cores", lambda: 8)
    monkeypatch.setattr(cores, "quota", lambda: limit)
    assert cores.usable_cores() == expected
