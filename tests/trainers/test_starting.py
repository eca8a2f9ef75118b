"""Workers begin quickly, in the state that their parent has when it starts them."""

import multiprocessing
import os
import sys
from pathlib import Path

import pytest

from tests.trainers.squares import Square, double
from trainers.executors import Executor, Together, WorkerProcesses
from trainers.executors.starting import PRELOADED, start_context
from trainers.ledger import Ledger
from trainers.run_jobs import run_jobs


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every worker is a new interpreter")
def test_workers_on_cpus_share_their_imports() -> None:
    assert start_context("cpu").get_start_method() == "forkserver"
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        imported = pool.apply(_imported)
    assert set(PRELOADED) <= set(imported)


@pytest.mark.parametrize("device", ["cuda:0", "mps", "xpu"])
def test_workers_on_other_devices_are_new_interpreters(device: str) -> None:
    assert start_context(device).get_start_method() == "spawn"


@pytest.mark.parametrize("kind", ["workers", "together"])
def test_a_worker_sees_what_its_parent_sees(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after a first start, from which the server has its own environment and folder."""
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COTRAIN_CACHE", f"cache {number}")
        executor: Executor = WorkerProcesses(_told, 0, workers=1) if kind == "workers" else Together(_told, [0, 0])
        with executor:
            run_jobs([Square(1, "trace")], executor, Ledger(tmp_path / f"ledger {number}"))
        assert (folder / "told").read_text() == f"cache {number}"
        assert (folder / "trace").exists()


def _imported() -> list[str]:
    return sorted(sys.modules)


def _told(spec: int) -> int:
    Path("told").write_text(os.environ["COTRAIN_CACHE"])
    return double(spec)
