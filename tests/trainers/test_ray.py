"""Jobs on a Ray cluster: whatever happens to workers, results are those of this process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest
import torch

from tasks.errors import InputError
from tests.trainers.executor_cases import ExecutorCases
from tests.trainers.samples import spec_of, word_task
from tests.trainers.squares import Gradual, Once, Pair, Square, double, refuse
from trainers.bench import open_bench
from trainers.executors import Executor, InProcess, RayActors, ray_actors
from trainers.executors.ray_cluster import Cluster, Need
from trainers.executors.workers import WorkerDied
from trainers.frozen_layers import prepare_elsewhere
from trainers.job import Single
from trainers.ledger import Ledger
from trainers.methods import LoRA
from trainers.run_jobs import run_jobs
from trainers.timed import CUT, Timed
from trainers.train_job import train_job


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(address=None, cores=2) as started:
        yield started


@pytest.fixture
def make(cluster: Cluster) -> Callable[[], Executor]:
    return partial(RayActors, double, 50, cluster=cluster)


class TestRayActors(ExecutorCases):
    """What every executor owes."""


def test_a_cluster_of_this_machine_listens_on_loopback_alone(cluster: Cluster) -> None:
    assert {name for node in cluster.nodes() for name in node if name.startswith("node:1")} == {"node:127.0.0.1"}
    listening = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # workers that an earlier test used end meanwhile
            listening += [of.laddr.ip for of in process.net_connections() if of.status == "LISTEN"]
    assert len(listening) > 3
    assert set(listening) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_its_token_is_in_no_file(cluster: Cluster) -> None:
    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64
    assert not (Path.home() / ".ray" / "auth_token").exists()


@pytest.mark.usefixtures("cluster")
def test_sigterm_does_what_it_did() -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_the_environment_says_is_as_before_afterwards() -> None:
    """In a process of its own: there is one cluster per process."""
    script = """
import os
from trainers.executors.ray_cluster import Cluster
before = dict(os.environ)
with Cluster(address=None, cores=1):
    assert os.environ["RAY_AUTH_MODE"] == "token"
assert {name: of for name, of in os.environ.items() if name.startswith("RAY_AUTH")} == {}
with Cluster(address=None, cores=1) as second:
    assert second.nodes()
"""
    environment = {name: of for name, of in os.environ.items() if not name.startswith("RAY_")}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, timeout=120)


def test_another_worker_takes_the_unit_of_one_that_died(make: Callable[[], Executor], tmp_path: Path) -> None:
    jobs = [Square(1), Square(2, trace=str(tmp_path / "trace"), fault="die once"), Square(3)]
    with make() as executor:
        assert run_jobs(jobs, executor, Ledger(tmp_path / "ledger")) == [101, 104, 109]


def test_what_kills_every_worker_ends_in_one_line(make: Callable[[], Executor], tmp_path: Path) -> None:
    with make() as executor, pytest.raises(WorkerDied, match="3 workers ended before they were done with square 2"):
        run_jobs([Square(2, fault="die")], executor, Ledger(tmp_path / "ledger"))


def test_a_unit_that_is_too_large_is_split(make: Callable[[], Executor]) -> None:
    with make() as executor:
        units = [Pair((Square(1), Square(2))), Single(Square(3))]
        assert sorted(executor.results(units)) == [(0, b"101 104"), (1, b"109")]


def test_a_deadline_ends_a_unit_in_its_worker(make: Callable[[], Executor]) -> None:
    with make() as executor:
        list(executor.results([Single(Square(1))]))  # workers begin
        unit, begun = Timed(Single(Gradual(2)), time.monotonic() + 0.5), time.monotonic()
        assert list(executor.results([unit])) == [(0, CUT)]
        assert 0.4 < time.monotonic() - begun < 5


def test_work_that_nobody_waits_for_ends_at_its_next_step(make: Callable[[], Executor]) -> None:
    with make() as executor:
        found = executor.results([Single(Square(1, size=2)), Single(Gradual(2))])
        assert next(found) == (0, b"101")
        begun = time.monotonic()
        found.close()  # type: ignore[attr-defined]  # a generator
        assert time.monotonic() - begun < 10
        assert list(executor.results([Single(Square(3))])) == [(0, b"109")]


def test_another_context_has_its_workers(make: Callable[[], Executor], cluster: Cluster) -> None:
    with make() as executor:
        assert list(executor.results([Single(Square(1))])) == [(0, b"101")]
        with executor.like(double, 100) as other:
            assert other.workers == executor.workers == 2
            assert list(other.results([Single(Square(1))])) == [(0, b"201")]
        assert list(executor.results([Single(Square(2))])) == [(0, b"104")]


def test_a_context_that_cannot_be_opened_says_why(cluster: Cluster, tmp_path: Path) -> None:
    with (
        RayActors(refuse, 0, cluster=cluster) as executor,
        pytest.raises(InputError, match=r"method\.targets: no layer of this name"),
    ):
        run_jobs([Square(1)], executor, Ledger(tmp_path / "ledger"))


def test_a_run_is_the_one_of_this_process(cluster: Cluster, tmp_path: Path) -> None:
    tasks = {"a": word_task("a", word=2, count=16), "b": word_task("b", word=3, count=16)}
    spec = replace(spec_of(tmp_path, tasks, method=LoRA(layers="top-1")), cache=tmp_path / "run" / "cache")
    job = train_job(spec, ["a", "b"], seed=0, passes=1)
    with RayActors(open_bench, spec, cluster=cluster, most=1) as executor:
        assert executor.workers == 1
        cost = prepare_elsewhere(executor, spec, ("train", "stop", "select"), advance=lambda _texts: None)
        assert cost.tokens_forward > 0
        (there,) = run_jobs([job], executor, Ledger(tmp_path / "there"))
    (here,) = run_jobs([job], InProcess(open_bench, spec), Ledger(tmp_path / "here"))
    for name, of in here.members.items():
        torch.testing.assert_close(there.members[name].losses["select"], of.losses["select"], rtol=0, atol=1e-6)
    assert not list((tmp_path / "run").glob(".seen*"))


def test_a_node_that_does_not_see_the_run_folder_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    spec = spec_of(tmp_path, {"a": word_task("a", word=2, count=16)})
    with RayActors(open_bench, spec, cluster=cluster) as executor:
        (mark,) = spec.cache.parent.glob(".seen*")
        mark.unlink()
        with pytest.raises(InputError, match="does not see the run folder; name one with --out that all nodes share"):
            list(executor.results([Single(Square(1))]))


def test_a_node_with_another_version_is_refused(
    cluster: Cluster, make: Callable[[], RayActors[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with make() as executor:
        monkeypatch.setattr(executor, "_versions", replace(executor._versions, torch="1.13.1"))
        with pytest.raises(InputError, match=r"this machine Python 3\.\d+, torch 1\.13\.1 and results of version"):
            list(executor.results([Single(Square(1))]))


def test_a_cluster_that_loses_its_nodes_may_get_others(
    cluster: Cluster, make: Callable[[], RayActors[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = iter([0, 0])
    with make() as executor:
        assert list(executor.results([Single(Square(1))])) == [(0, b"101")]
        executor._end()
        monkeypatch.setattr(cluster, "places", lambda _need: next(gone, 2))
        executor._looked -= ray_actors.LOOK
        assert list(executor.results([Single(Square(2))])) == [(0, b"104")]
        assert next(gone, None) is None
        executor._end()
        monkeypatch.setattr(cluster, "places", lambda _need: 0)
        monkeypatch.setattr(ray_actors, "AWAY", 0.0)
        executor._looked -= ray_actors.LOOK
        with pytest.raises(InputError, match="no node of the cluster has 1 cores for a worker"):
            list(executor.results([Single(Square(3))]))


def test_several_devices_of_a_worker_train_each_run_together(cluster: Cluster, tmp_path: Path) -> None:
    """Two processes of one worker, which need two cores."""
    tasks = {"a": word_task("a", word=2, count=16), "b": word_task("b", word=3, count=16)}
    alone = spec_of(tmp_path, tasks)
    spec = replace(alone, also=("cpu",))
    job, fails = train_job(alone, ["a", "b"], seed=0, passes=1), Once(str(tmp_path / "once"))
    with RayActors(open_bench, spec, cluster=cluster) as executor:
        assert executor.workers == 1
        there, died = run_jobs([job, fails], executor, Ledger(tmp_path / "there"))
    (here,) = run_jobs([job], InProcess(open_bench, alone), Ledger(tmp_path / "here"))
    assert died == "done"
    for name, of in here.members.items():
        torch.testing.assert_close(there.members[name].losses["select"], of.losses["select"], rtol=0, atol=1e-5)


def test_a_worker_that_fits_no_node_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    spec = replace(spec_of(tmp_path, {"a": word_task("a", word=2, count=16)}), threads=64)
    with RayActors(open_bench, spec, cluster=cluster) as executor:
        assert executor.workers == 1
        with pytest.raises(InputError, match="no node of the cluster has 64 cores for a worker"):
            list(executor.results([Single(Square(1))]))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("127.0.0.1:1", "nobody listens at 127.0.0.1:1"),
        ("here", "expected host:port or auto, but got here"),
        ("h:70000", "nobody listens at h:70000"),
        ("ray://h:1", "run the command on a machine of the cluster"),
    ],
)
def test_an_address_without_a_cluster_ends_in_one_line(address: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        Cluster(address=address, cores=1)


def test_workers_take_whole_nodes_places() -> None:
    need = Need.of("cpu", 4)
    assert [need.places({"CPU": cores}) for cores in (3.0, 4.0, 11.0)] == [0, 1, 2]
    assert [Need.of("cuda:0", 4).places(of) for of in ({"CPU": 8.0}, {"CPU": 8.0, "GPU": 2.0})] == [0, 2]
