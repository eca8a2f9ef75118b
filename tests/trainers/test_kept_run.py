"""A run that was asked to end goes on, bit by bit, as if it had never stopped."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tests.trainers.samples import bench_of, every_kind, spec_of
from tests.trainers.test_support import SMALL
from trainers import evaluate, interruption, kept_run, loop
from trainers.bench import Bench, open_bench
from trainers.executors import WorkerProcesses
from trainers.interruption import Terminated, ending_at_checks, handled
from trainers.loop import train_run
from trainers.methods import LoRA
from trainers.result import GroupResult
from trainers.run import Run
from trainers.settings import Training
from trainers.train_job import TrainJob, train_job

TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2, grid=2)
GROUP = ("multiclass", "pair", "retrieval")


def asked(**fields: object) -> Run:
    return Run(group=GROUP, seed=0, passes=2, keep_weights=True, **fields)  # type: ignore[arg-type]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return bench_of(tmp_path, every_kind(), method=LoRA(r=2, dropout=0.3), training=TRAINING)


def ended_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the process be asked to end at the ``count``-th check from here on."""
    left = iter(range(count))

    def check() -> None:
        if next(left, None) is None:
            raise Terminated

    monkeypatch.setattr(loop, "check", check)
    monkeypatch.setattr(evaluate, "check", check)


def same(first: GroupResult, second: GroupResult) -> None:
    assert first.weights.keys() == second.weights.keys()
    for name, of in first.weights.items():
        np.testing.assert_array_equal(of, second.weights[name], err_msg=name)
    for name, member in first.members.items():
        np.testing.assert_array_equal(member.curve, second.members[name].curve)
        np.testing.assert_array_equal(member.train_curve, second.members[name].train_curve)
        np.testing.assert_array_equal(member.scores["select"], second.members[name].scores["select"])
    assert (first.steps, first.chosen, first.reference) == (second.steps, second.chosen, second.reference)
    assert (first.cost.tokens_forward, first.cost.tokens_backward) == (
        second.cost.tokens_forward,
        second.cost.tokens_backward,
    )


def test_it_may_end_anywhere(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train_run(bench, asked())
    keep, stops = tmp_path / "run.safetensors", 0
    for count in (0, 1, 2, 5, 6, 9, 13, 17, 21, 26, 33, 40, 41):
        with monkeypatch.context() as patched:
            ended_after(count, patched)
            try:
                same(whole, train_run(bench, asked(), keep=keep))
            except Terminated:
                stops += 1
                assert keep.exists()
                bench.adapter.reset(seed=99)
                continue
            assert not keep.exists()
    assert stops > 8
    same(whole, train_run(bench, asked(), keep=keep))
    assert not keep.exists()


def test_a_reference_goes_on_too(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(group=("multiclass",), seed=1, passes=1, limit=4, keep_weights=True)
    whole, keep = train_run(bench, run), tmp_path / "run.safetensors"
    with monkeypatch.context() as patched:
        ended_after(9, patched)
        with pytest.raises(Terminated):
            train_run(bench, run, keep=keep)
    same(whole, train_run(bench, run, keep=keep))


@pytest.mark.parametrize("name", sorted(SMALL))
def test_every_method_goes_on(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(tmp_path, every_kind(), method=SMALL[name], training=TRAINING)
    whole, keep = train_run(bench, asked()), tmp_path / "run.safetensors"
    with monkeypatch.context() as patched:
        ended_after(8, patched)
        with pytest.raises(Terminated):
            train_run(bench, asked(), keep=keep)
    same(whole, train_run(bench, asked(), keep=keep))


def test_it_is_kept_at_intervals(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed outright loses what came after the last interval, and nothing else."""
    whole, keep = train_run(bench, asked()), tmp_path / "run.safetensors"

    class Killed(Exception):
        pass

    def killed(self: object, name: str, rows: object) -> None:
        if self.steps == 7:  # type: ignore[attr-defined]
            raise Killed
        descend(self, name, rows)  # type: ignore[arg-type]

    descend = loop.SingleRun.descend
    with monkeypatch.context() as patched:
        patched.setattr(kept_run, "EVERY", -1.0)
        patched.setattr(loop.SingleRun, "descend", killed)
        with pytest.raises(Killed):
            train_run(bench, asked(), keep=keep)
    assert keep.exists()
    same(whole, train_run(bench, asked(), keep=keep))


def test_a_byte_that_the_disk_has_changed_is_a_new_beginning(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, keep = train_run(bench, asked()), tmp_path / "run.safetensors"
    with monkeypatch.context() as patched:
        ended_after(17, patched)
        with pytest.raises(Terminated):
            train_run(bench, asked(), keep=keep)
    kept = bytearray(keep.read_bytes())
    kept[-5] ^= 1  # of a weight
    keep.write_bytes(kept)
    same(whole, train_run(bench, asked(), keep=keep))


@pytest.mark.parametrize("content", [b"", b"damaged", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_a_damaged_file_is_a_new_beginning(bench: Bench, tmp_path: Path, content: bytes) -> None:
    keep = tmp_path / "run.safetensors"
    keep.write_bytes(content)
    same(train_run(bench, asked()), train_run(bench, asked(), keep=keep))


def test_the_file_of_another_run_is_not_taken_up(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = tmp_path / "run.safetensors"
    with monkeypatch.context() as patched:
        ended_after(3, patched)
        with pytest.raises(Terminated):
            train_run(bench, Run(group=("binary",), seed=0, passes=2), keep=keep)
    same(train_run(bench, asked()), train_run(bench, asked(), keep=keep))


def test_a_full_disk_ends_no_run(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(kept_run, "EVERY", -1.0)
    same(train_run(bench, asked()), train_run(bench, asked(), keep=tmp_path / "file" / "run.safetensors"))


def test_an_observed_run_is_not_kept(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="observed run"):
        train_run(bench, asked(), observe=lambda _run: None, keep=tmp_path / "run")


class Telling(TrainJob):
    """Says by a file that it has taken a step."""

    def run(self, context: Bench) -> GroupResult:
        check = loop.check

        def told() -> None:
            (context.spec.cache / "began").touch()
            check()

        loop.check = told  # type: ignore[attr-defined]  # in a process of its own
        return super().run(context)


def test_worker_processes_keep_what_they_run(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, every_kind(), training=TRAINING)
    job = Telling(**vars(train_job(spec, GROUP, seed=0, passes=100_000)))
    kept = spec.cache / "runs" / f"{job.key}.safetensors"
    executor = WorkerProcesses(open_bench, spec, workers=1)

    def wait() -> None:
        with suppress(Terminated, Exception):  # the executor is ended under it
            next(executor.results([job]))

    threading.Thread(target=wait, daemon=True).start()
    while not (spec.cache / "began").exists():
        time.sleep(0.01)
    executor.__exit__(KeyboardInterrupt, None, None)
    assert kept.exists()


@pytest.fixture
def signals() -> Iterator[None]:
    with handled():
        yield


@pytest.mark.usefixtures("signals")
def test_a_signal_waits_for_the_next_check() -> None:
    with ending_at_checks():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        reached = True
        with pytest.raises(Terminated):
            interruption.check()
    assert reached


@pytest.mark.usefixtures("signals")
def test_outside_of_runs_a_signal_ends_at_once() -> None:
    with pytest.raises(Terminated):
        os.kill(os.getpid(), signal.SIGTERM)


def test_an_error_after_the_signal_is_how_it_ends() -> None:
    """A library that was cut in the middle swallows the signal's exception, and raises one of its own."""

    def cut() -> None:
        with suppress(Terminated):
            os.kill(os.getpid(), signal.SIGTERM)
        raise ValueError("could not determine the shape")

    with pytest.raises(Terminated) as caught, handled():
        cut()
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(ValueError, match="without a signal"), handled():
        raise ValueError("without a signal")


def test_the_signal_is_given_back() -> None:
    with handled():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    interruption.check()
