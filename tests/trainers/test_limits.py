"""Hard limits: a deadline cuts what is running and keeps it, and no more runs start than may."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.trainers.samples import bench_of, every_kind, spec_of, word_task
from tests.trainers.squares import Gradual, Square, double
from tests.trainers.test_kept_run import TRAINING, asked, same
from trainers import evaluate, interruption, loop
from trainers.allowance import Allowance
from trainers.bench import Bench, open_bench
from trainers.budget import Budget
from trainers.executors import Executor, InProcess, Together, WorkerProcesses
from trainers.interruption import check, together, until
from trainers.ledger import Ledger
from trainers.look_job import LookJob
from trainers.looks import look
from trainers.loop import train_run
from trainers.methods import LoRA
from trainers.out_of_budget import OutOfJobs, OutOfTime
from trainers.run_jobs import run_jobs
from trainers.train_job import train_job
from trainers.trainer import Trainer

GROUP = ("multiclass", "pair", "retrieval")
LONG_AGO = 0.0
"""A deadline that has passed on every machine that is up."""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return bench_of(tmp_path, every_kind(), method=LoRA(r=2, dropout=0.3), training=TRAINING)


def trainer_of(tmp_path: Path, **settings: object) -> Trainer:
    spec = spec_of(tmp_path, {name: word_task(name, word=word) for name, word in (("a", 2), ("b", 3), ("c", 4))})
    executor = InProcess(open_bench, spec)
    return Trainer(spec, executor, Ledger(tmp_path / "ledger"), Budget(passes=2), seed=0, **settings)  # type: ignore[arg-type]


class TestDeadline:
    def test_the_earlier_of_two_counts_and_is_given_back(self) -> None:
        with until(None), until(time.monotonic() + 1000):
            check()
            with until(LONG_AGO), pytest.raises(OutOfTime):
                check()
            with until(LONG_AGO), until(time.monotonic() + 1000), pytest.raises(OutOfTime):
                check()
            check()

    def test_several_processes_end_at_a_step_that_they_agree_on(self) -> None:
        with until(LONG_AGO), together(several=True):
            check()
            assert interruption.asked()
            assert isinstance(interruption.end(), OutOfTime)
        with until(LONG_AGO), together(several=False), pytest.raises(OutOfTime):
            check()

    @pytest.mark.parametrize("checks", [3, 17, 33])
    def test_a_run_is_kept_and_goes_on_bit_by_bit(
        self, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checks: int
    ) -> None:
        whole, keep, left = train_run(bench, asked()), tmp_path / "run.safetensors", iter(range(checks))

        def late() -> None:
            if next(left, None) is None:
                with until(LONG_AGO):
                    check()

        with monkeypatch.context() as patched:
            patched.setattr(loop, "check", late)
            patched.setattr(evaluate, "check", late)
            with pytest.raises(OutOfTime):
                train_run(bench, asked(), keep=keep)
        assert keep.exists()
        same(whole, train_run(bench, asked(), keep=keep))

    @pytest.mark.parametrize(
        "make",
        [
            lambda: InProcess(double, 50),
            lambda: WorkerProcesses(double, 50, workers=2),
            lambda: Together(double, [50, 50]),
        ],
    )
    def test_what_never_ends_is_cut_wherever_it_runs(self, make: Callable[[], Executor], tmp_path: Path) -> None:
        ledger = Ledger(tmp_path / "ledger")
        with make() as executor:
            run_jobs([Square(1)], executor, ledger)  # starts the processes
            with pytest.raises(OutOfTime, match="before all runs were done"):
                run_jobs([Gradual(2), Gradual(3)], executor, ledger, deadline=time.monotonic() + 0.3)
            assert [label for _, label, _ in ledger.finished()] == ["square 1"]
            assert run_jobs([Square(2)], executor, ledger) == [104]  # and the executor is as it was

    def test_frozen_layers_end_too(self, tmp_path: Path) -> None:
        from trainers.bench import prepare

        spec = replace(spec_of(tmp_path, {"a": word_task("a", word=2)}), cache=tmp_path / "empty")
        with until(LONG_AGO), pytest.raises(OutOfTime):
            prepare(spec, ["train"], threads=1)
        assert not list(spec.cache.glob("*.npy"))
        assert prepare(spec, ["train"], threads=1).tokens_forward > 0


class TestAllowance:
    @pytest.mark.parametrize("workers", [1, 2])
    def test_the_first_runs_are_done_whatever_the_workers(self, tmp_path: Path, workers: int) -> None:
        ledger = Ledger(tmp_path / "ledger")
        executor: Executor = InProcess(double, 50) if workers == 1 else WorkerProcesses(double, 50, workers=2)
        allowance = Allowance(2)
        with executor, pytest.raises(OutOfJobs, match="2 runs were not started"):
            run_jobs([Square(n, size=n) for n in (1, 2, 3, 4)], executor, ledger, allowance=allowance)
        assert sorted(label for _, label, _ in ledger.finished()) == ["square 1", "square 2"]
        assert allowance.left == 0

    def test_finished_begun_and_other_work_is_free(self, tmp_path: Path) -> None:
        ledger, allowance = Ledger(tmp_path / "ledger"), Allowance(1)
        with InProcess(double, 50) as executor:
            run_jobs([Square(1), Square(2)], executor, ledger)
            found = run_jobs(
                [Square(1), Square(2), Square(3), Square(4), Square(5, trains=False)], executor, ledger,
                allowance=allowance, started=lambda job: job.key == "square 4",
            )  # fmt: skip
        assert found == [101, 104, 109, 116, 125]
        assert allowance.left == 0

    def test_gradients_count_nothing_and_stacks_count_their_members(self, tmp_path: Path) -> None:
        from affinity.gradient_pass import GradientPass
        from affinity.gradients import GradientJob

        assert not GradientJob.trains
        assert not GradientPass.trains
        trainer = trainer_of(tmp_path, allowance=Allowance(3), stack=4)
        with pytest.raises(OutOfJobs, match="1 runs were not started"):
            trainer.run([("a", "b"), ("b", "c")], seeds=[0, 1])
        assert len(trainer.ledger.finished()) == 3

    def test_refusal(self) -> None:
        with pytest.raises(ValueError, match="0 runs or more, but got -1"):
            Allowance(-1)


class TestLooks:
    def test_the_first_part_of_a_run_is_that_of_the_whole_and_is_not_done_again(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        job = train_job(bench.spec, GROUP, seed=0, passes=2)
        whole = train_run(bench, job.asked)
        part = LookJob(train=job, points=2, grid=TRAINING.grid)
        seen = part.decode(part.encode(part.run(bench)))
        assert job.kept(bench.spec).exists()
        assert part.key != job.key
        assert part.size == job.size / 2
        np.testing.assert_array_equal(seen.grid, whole.grid[:2])
        for name, member in seen.members.items():
            np.testing.assert_array_equal(member.curve, whole.members[name].curve[:2])
            assert not member.losses
        assert seen.cost.tokens_backward == whole.cost.tokens_backward / 2
        assert seen.failed is None
        same(whole, job.run(bench))
        assert not job.kept(bench.spec).exists()

    def test_what_is_known_whole_is_looked_at_for_nothing(self, tmp_path: Path) -> None:
        trainer = trainer_of(tmp_path)
        trainer.run([("a", "b")], seeds=[0])
        found = look(trainer, [("a", "b"), ("b", "c")], seed=0, points=1, phase="looks")
        assert found.whole == {("a", "b")}
        assert found.cost([("a", "b")]).jobs == 0
        assert found.cost([("b", "c")]).jobs == 1
        assert set(found.results) == set(found.size) == {("a", "b"), ("b", "c")}

    def test_a_run_that_was_looked_at_goes_on_by_itself_and_is_counted_once(self, tmp_path: Path) -> None:
        trainer = trainer_of(tmp_path, allowance=Allowance(3), stack=4)
        look(trainer, [("a", "b"), ("b", "c")], seed=0, points=1, phase="looks")
        assert trainer.allowance is not None
        assert trainer.allowance.left == 1
        runs = trainer.run([("a", "b"), ("b", "c")], seeds=[0])
        assert trainer.allowance.left == 1
        alone = trainer_of(tmp_path / "alone").run([("a", "b")], seeds=[0])
        (first,), (second,) = runs.groups["a", "b"], alone.groups["a", "b"]
        np.testing.assert_array_equal(first.members["a"].losses["select"], second.members["a"].losses["select"])
