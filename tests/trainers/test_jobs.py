"""Jobs, ledger and executors: nothing finished is done again, wherever it runs."""

import multiprocessing
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tasks.errors import InputError
from tests.trainers.executor_cases import ExecutorCases
from tests.trainers.samples import spec_of, word_task
from tests.trainers.squares import Slow, Square, double, refuse
from trainers.bench import open_bench
from trainers.budget import Budget
from trainers.executors import EXECUTORS, Executor, InProcess, RayActors, Together, WorkerProcesses
from trainers.executors.workers import WorkerDied
from trainers.ledger import Ledger
from trainers.loop import SingleRun, train_group
from trainers.packing import pack, unpack
from trainers.run_jobs import run_jobs
from trainers.runs import Runs
from trainers.train_job import reference_limit, train_job
from trainers.trainer import Trainer


def in_process() -> Executor:
    return InProcess(double, 50)


def two_workers() -> Executor:
    return WorkerProcesses(double, 50, workers=2)


def two_together() -> Executor:
    return Together(double, [50, 50])


def test_a_listener_hears_of_every_job(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    jobs, ledger = [Square(number) for number in (1, 2)], Ledger(tmp_path / "ledger")
    with caplog.at_level("INFO", logger="cotrain.jobs"), in_process() as executor:
        run_jobs(jobs[:1], executor, ledger)
        run_jobs(jobs, executor, ledger)
    ends = ["done", "found finished", "done"]
    assert caplog.messages == [
        f"job {of.key[:12]} {of.label}: {end}" for of, end in zip([jobs[0], *jobs], ends, strict=True)
    ]


@pytest.mark.parametrize("make", [in_process, two_workers, two_together])
class TestExecutors(ExecutorCases):
    """Those of one machine."""


def test_every_executor_is_tested() -> None:
    assert set(EXECUTORS.values()) == {InProcess, WorkerProcesses, Together, RayActors}  # the last in test_ray.py


@pytest.mark.parametrize(
    "executor", [InProcess(refuse, 0), WorkerProcesses(refuse, 0, workers=2), Together(refuse, [0, 0])]
)
def test_a_context_that_cannot_be_opened_says_why(executor: Executor, tmp_path: Path) -> None:
    with executor, pytest.raises(InputError, match=r"method\.targets: no layer of this name"):
        run_jobs([Square(1)], executor, Ledger(tmp_path / "ledger"))


def test_larger_jobs_start_first(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    jobs = [Square(number, str(trace), size=number) for number in (1, 3, 2)]
    run_jobs(jobs, in_process(), Ledger(tmp_path / "ledger"))
    assert trace.read_text().split() == ["3", "2", "1"]


def test_a_dead_worker_ends_in_one_line_and_keeps_what_was_finished(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with two_workers() as executor, pytest.raises(WorkerDied, match="3 workers ended before they were done with squ"):
        run_jobs([Square(1, size=2), Square(2, fault="die")], executor, ledger)
    with two_workers() as executor:
        assert run_jobs([Square(1), Square(2)], executor, ledger) == [101, 104]


def test_what_a_worker_was_at_when_it_died_is_done_again(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    jobs = [Square(1), Square(2, str(trace), fault="die once"), Square(3, str(trace))]
    with two_workers() as executor:
        assert run_jobs(jobs, executor, Ledger(tmp_path / "ledger")) == [101, 104, 109]
    assert sorted(trace.read_text().split()) == ["2", "3"]


def test_an_error_leaves_the_executor_as_it_was_and_ends_the_workers(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="square 3: no such number"),
        WorkerProcesses(double, 50, workers=2) as executor,
    ):
        run_jobs([Square(3, fault="fail")], executor, Ledger(tmp_path / "ledger.sqlite"))
    assert not multiprocessing.active_children()


def test_a_worker_at_its_step_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """The other one, which waits for a job, ends at once; a lock that it held would be waited for without an end."""

    def ended_early() -> None:
        with WorkerProcesses(double, 50, workers=2) as executor:
            list(executor.results([Square(1), Square(2)]))  # both begin
            found = executor.results([Slow(3, trace=str(tmp_path / "trace"), size=2), Square(4)])
            assert next(found) == (1, b"116")
            while not (tmp_path / "trace").exists():
                time.sleep(0.01)
            raise ValueError("the driver has an error")

    with pytest.raises(ValueError, match="the driver has an error"):
        ended_early()


def test_a_damaged_result_is_computed_again(tmp_path: Path) -> None:
    ledger, trace = Ledger(tmp_path / "ledger"), tmp_path / "trace"
    ledger.put("square 4", "square 4", b"junk")
    assert run_jobs([Square(4, str(trace))], in_process(), ledger) == [116]
    assert ledger.get("square 4") == b"116"


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(b"not a database, " * 100)
    with pytest.raises(InputError, match=r"ledger: cannot use this ledger"):
        Ledger(path)


def test_the_first_result_of_a_key_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.put("k", "l", b"1")
    ledger.put("k", "l", b"2")
    assert ledger.get("k") == b"1"
    assert [row[0] for row in sqlite3.connect(tmp_path / "ledger").execute("SELECT key FROM jobs")] == ["k"]


def test_results_survive_packing(tmp_path: Path) -> None:
    bench = open_bench(spec_of(tmp_path, {"a": word_task("a", word=2)}))
    result = train_group(bench, ["a"], seed=0, passes=1, limit=2, splits=["select", "test"], keep_weights=True)
    again = unpack(pack(result))
    assert again.cost == result.cost
    assert (again.group, again.seed, again.reference, again.chosen) == (("a",), 0, True, result.chosen)
    np.testing.assert_array_equal(again.members["a"].losses["test"], result.members["a"].losses["test"])
    np.testing.assert_array_equal(again.members["a"].scores["select"], result.members["a"].scores["select"])
    assert again.members["a"].metric == result.members["a"].metric
    for name, values in result.weights.items():
        np.testing.assert_array_equal(again.weights[name], values)
    scalar = {"heads.a.log_scale": np.array(2.5, dtype=np.float32)}  # a retrieval's temperature
    assert unpack(pack(replace(result, weights=scalar))).weights["heads.a.log_scale"].shape == ()
    assert again.failed is None
    failed = replace(result, members={}, weights={}, failed="the loss of task a became nan")
    assert unpack(pack(failed)).failed == failed.failed
    with pytest.raises(ValueError, match="damaged"):
        unpack(pack(result)[:-20])


def test_a_jobs_key_follows_everything_that_decides_its_result(tmp_path: Path) -> None:
    tasks = {name: word_task(name, word=2) for name in "ab"}
    spec = spec_of(tmp_path, tasks)
    key = train_job(spec, ["a", "b"], seed=0, passes=2).key
    assert key == train_job(spec, ["b", "a"], seed=0, passes=2).key
    changed = {
        "seed": train_job(spec, ["a", "b"], seed=1, passes=2),
        "passes": train_job(spec, ["a", "b"], seed=0, passes=3),
        "splits": train_job(spec, ["a", "b"], seed=0, passes=2, splits=["test"]),
        "data": train_job(
            replace(spec, tasks=tasks | {"a": replace(tasks["a"], fingerprint="x")}), ["a", "b"], seed=0, passes=2
        ),
        "threads": train_job(replace(spec, threads=2), ["a", "b"], seed=0, passes=2),
        "training": train_job(
            replace(spec, training=replace(spec.training, batch_size=4)), ["a", "b"], seed=0, passes=2
        ),
        "method": train_job(replace(spec, method=replace(spec.method, r=4)), ["a", "b"], seed=0, passes=2),
    }
    assert len({key, *(job.key for job in changed.values())}) == 1 + len(changed)
    assert key == train_job(replace(spec, tasks=tasks | {"c": tasks["a"]}), ["a", "b"], seed=0, passes=2).key


def test_a_reference_may_take_the_steps_of_the_largest_group() -> None:
    tasks = {"a": word_task("a", word=2, count=32), "b": word_task("b", word=3, count=64)}
    assert reference_limit(tasks, "a", passes=2, batch_size=8) == 6  # (4 + 8) steps x 2 passes / 4 steps per pass
    assert reference_limit(tasks, "b", passes=2, batch_size=8) == 3


def test_a_reference_has_one_task(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, {name: word_task(name, word=2) for name in "ab"})
    with pytest.raises(ValueError, match="one task for a reference"):
        train_job(spec, ["a", "b"], seed=0, passes=1, reference=True)


def test_workers_train_what_one_process_trains(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, {name: word_task(name, word=word) for name, word in (("a", 2), ("b", 3))})
    found = []
    for number, make in enumerate((InProcess(open_bench, spec), WorkerProcesses(open_bench, spec, workers=2))):
        with make as executor:
            trainer = Trainer(spec, executor, Ledger(tmp_path / f"ledger{number}"), Budget(passes=1), seed=0)
            found.append(trainer.run([("a", "b"), ("a",)], seeds=[0, 1]))
    for left, right in zip(
        [*found[0].groups[("a", "b")], *found[0].references["a"]],
        [*found[1].groups[("a", "b")], *found[1].references["a"]],
        strict=True,
    ):
        np.testing.assert_array_equal(left.members["a"].losses["select"], right.members["a"].losses["select"])
    assert found[0].cost.jobs == 4


def test_a_failed_run_is_told_of_and_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the pair both seeds fail, of the single the first, whose weights would be kept: the next seed's are."""
    spec = spec_of(tmp_path, {name: word_task(name, word=word) for name, word in (("a", 2), ("b", 3))})
    told: list[str] = []
    plain = SingleRun.loss

    def loss(self: SingleRun, name: str, rows: np.ndarray) -> torch.Tensor:
        fails = len(self.group) > 1 or self.seed == 0
        return plain(self, name, rows) * (float("nan") if fails else 1.0)

    def runs() -> Runs:
        with InProcess(open_bench, spec) as executor:
            budget = Budget(passes=1)
            trainer = Trainer(spec, executor, Ledger(tmp_path / "ledger"), budget, seed=0, tell=told.append)
            return trainer.run(
                [("a", "b")], seeds=[0, 1], references=["a"], reference_seeds=[0, 1, 2], weights_of=[("a",)]
            )

    with monkeypatch.context() as patched:
        patched.setattr(SingleRun, "loss", loss)
        first = runs()
    again = runs()
    assert first.groups == again.groups == {}
    assert first.failures == again.failures
    assert list(first.failures) == [("a", "b")]
    assert [(run.seed, bool(run.weights)) for run in again.references["a"]] == [(1, True), (2, False)]
    assert told[:2] == told[2:]
    assert [line.split(": ")[0] for line in told[:2]] == ["task a", "group a+b is left out"]


def test_a_result_that_the_disk_has_changed_is_computed_again(tmp_path: Path) -> None:
    ledger, trace = Ledger(tmp_path / "ledger"), tmp_path / "trace"
    run_jobs([Square(4, str(trace))], in_process(), ledger)
    with sqlite3.connect(tmp_path / "ledger") as connection:
        connection.execute("UPDATE jobs SET result = ?", (b"117",))  # as well-formed as what was there
    assert run_jobs([Square(4, str(trace))], in_process(), ledger) == [116]
    assert ledger.get("square 4") == b"116"
    assert trace.read_text().split() == ["4", "4"]


def test_a_ledger_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger") as connection:
        connection.execute("CREATE TABLE jobs (key TEXT PRIMARY KEY, label TEXT, result BLOB, finished REAL)")
        connection.execute("INSERT INTO jobs VALUES ('k', 'l', ?, 1.0)", (b"1",))
    ledger = Ledger(tmp_path / "ledger")
    ledger.put("m", "l", b"2")
    assert [ledger.get(key) for key in ("k", "m")] == [b"1", b"2"]


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_what_can_be_read_of_a_torn_ledger_is_kept(tmp_path: Path, part: float) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    for number in range(60):
        ledger.put(f"{number:02}", f"job {number}", bytes([number]) * 3000)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    again = Ledger(path)
    kept = {key for key, _, _ in again.finished()}
    assert all(again.get(key) == bytes([int(key)]) * 3000 for key in kept)
    again.put("new", "new", b"1")
    assert Ledger(path).get("new") == b"1"
    assert path.with_name("ledger.sqlite.damaged").read_bytes() == content[: int(part * len(content))]
    assert len(kept) > 60 * part / 4


def test_a_ledger_that_cannot_be_written_is_not_to_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path / "ledger")
    monkeypatch.setattr(
        ledger, "_once", lambda _work: (_ for _ in ()).throw(sqlite3.OperationalError("database or disk is full"))
    )
    with pytest.raises(
        InputError, match=r"cannot be read or written \(database or disk is full\); see to it"
    ) as raised:
        ledger.put("k", "l", b"1")
    assert "remove" not in str(raised.value)
