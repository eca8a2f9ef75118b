"""The page about the machine: what is wrong with it, and what to do."""

import json
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import torch

from cotrain import cores, doctor
from cotrain.doctor import Check, examine
from cotrain.doctor_numbers import devices, judged, numbers, speed
from tests.cotrain.samples import run

Usage = namedtuple("Usage", ["total", "used", "free"])


def looked(look: str, folder: Path | None = None) -> list[Check]:
    """What one look finds."""
    found = getattr(doctor, f"_{look}")
    return list(found() if folder is None else found(folder))


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "allowed_cores", lambda: 8)
    monkeypatch.setattr(cores, "quota", lambda: 2.0)
    for name in doctor.THREADS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize(
    ("settings", "threads", "remedy"),
    [
        ({"OMP_NUM_THREADS": "2"}, 8, ""),
        ({"OMP_NUM_THREADS": "8"}, 8, "set OMP_NUM_THREADS=2 or less"),
        ({"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "4"}, 1, "set MKL_NUM_THREADS=2 or less"),
        ({}, 2, ""),
        ({}, 8, "set OMP_NUM_THREADS=2 or less"),
    ],
)
def test_threads_that_outnumber_the_quota(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], threads: int, remedy: str
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    check = looked("cores")[-1]
    assert (check.name, check.level) == ("threads", "wrong" if remedy else "fine")
    assert remedy in check.remedy


def test_a_cuda_build_without_a_gpu_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    (check,) = devices()
    assert check.level == "advice"
    assert "built for CUDA 13.0, but finds no GPU" in check.found
    assert "nvidia-smi" in check.remedy
    monkeypatch.setattr(torch.version, "cuda", None)
    (check,) = devices()
    assert check.level == "fine"


def test_number_types_are_timed_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert speed(torch.float32, torch.device("cpu")) > 0
    slow = judged(80e9, 20e9, taken=True)
    assert slow.level == "wrong"
    assert slow.found == "4.0 times slower than fp32 here (20 against 80 GFLOP/s in one product of matrices)"
    assert judged(80e9, 20e9, taken=False).level == "fine"
    assert judged(80e9, 320e9, taken=True).found.startswith("4.0 times as fast as fp32 here (320 against 80 GFLOP/s")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert list(numbers()) == []


def test_caches_and_disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COTRAIN_CACHE", str(tmp_path / "file" / "below"))
    cache = looked("caches")[0]
    assert (cache.level, cache.remedy) == ("wrong", "name another folder in COTRAIN_CACHE")
    monkeypatch.setenv("COTRAIN_CACHE", str(tmp_path / "cache"))
    assert looked("caches")[0].level == "fine"
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(2**40, 2**40 - 2**29, 2**29))
    (disk,) = looked("disks", tmp_path)
    assert disk.found == "0.5 GiB free for the cache, 0.5 GiB free for run folders here"
    assert disk.remedy == "free some, or name a folder on another disk in COTRAIN_CACHE and --out"


def test_files_that_hide_packages_libraries_or_modules(tmp_path: Path) -> None:
    assert [check.level for check in looked("shadows", tmp_path)] == ["fine"]
    for name in ("tasks.py", "random.py", "test.py", "sys.py", "mine.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").write_text("")
    (tmp_path / "datasets").mkdir()
    found = [check.found for check in looked("shadows", tmp_path)]
    assert [line.partition(": would hide ")[2] for line in found] == [
        "cotrain's package `tasks` in a notebook or script of that folder",
        "the library `numpy` in a notebook or script of that folder",
        "Python's own module `random` in a notebook or script of that folder",
    ]


def test_a_look_that_fails_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("no\ndriver")

    monkeypatch.setattr(torch.cuda, "is_available", fail)
    found = {check.name: check for check in examine(tmp_path)}
    assert found["devices"].found == "RuntimeError: no driver"
    assert found["numbers"].level == "wrong"
    assert found["names"].level == "fine"


def test_the_page_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    code, out, err = run(capsys, "doctor", "--json")
    found = json.loads(out)
    assert (code, err, found["schema"], found["ok"]) == (0, [], 1, True), out
    assert {"torch", "cores", "threads", "device", "cache", "disk", "names"} <= {of["name"] for of in found["checks"]}
    Path("numpy.py").write_text("")
    code, out, _ = run(capsys, "--json", "doctor")
    found = json.loads(out)
    assert (code, found["ok"]) == (1, False)
    (wrong,) = [of for of in found["checks"] if of["level"] == "wrong"]
    assert wrong["remedy"] == "rename it before you import cotrain there"
    assert os.fspath(tmp_path / "numpy.py") in wrong["found"]
