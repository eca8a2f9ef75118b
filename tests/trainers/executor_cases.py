"""What every executor owes, whatever it is made of."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.errors import InputError
from tests.trainers.squares import Square
from trainers.executors import Executor
from trainers.ledger import Ledger
from trainers.run_jobs import OutOfTime, run_jobs


class ExecutorCases:
    """What every executor owes."""

    def test_results_are_complete_and_in_the_jobs_order(self, make: Callable[[], Executor], tmp_path: Path) -> None:
        with make() as executor:
            results = run_jobs([Square(number) for number in (3, 1, 2)], executor, Ledger(tmp_path / "ledger"))
        assert results == [109, 101, 104]

    def test_finished_jobs_are_not_done_again(self, make: Callable[[], Executor], tmp_path: Path) -> None:
        ledger, trace = Ledger(tmp_path / "ledger"), tmp_path / "trace"
        with make() as executor:
            for numbers in ([1, 2], [2, 3, 2]):
                run_jobs([Square(number, str(trace)) for number in numbers], executor, ledger)
        assert sorted(trace.read_text().split()) == ["1", "2", "3"]

    def test_every_result_is_told_as_it_is_done_or_found(self, make: Callable[[], Executor], tmp_path: Path) -> None:
        ledger = Ledger(tmp_path / "ledger")
        told: list[tuple[str, int, bool]] = []
        with make() as executor:
            for numbers in ([1], [1, 2]):
                run_jobs(
                    [Square(number) for number in numbers],
                    executor,
                    ledger,
                    finished=lambda job, result, computed: told.append((job.key, result, computed)),
                )
        assert told == [("square 1", 101, True), ("square 1", 101, False), ("square 2", 104, True)]

    def test_an_error_of_a_job_arrives_as_it_was(self, make: Callable[[], Executor], tmp_path: Path) -> None:
        with make() as executor, pytest.raises(InputError, match="square 2: no such number"):
            run_jobs([Square(1), Square(2, fault="fail")], executor, Ledger(tmp_path / "ledger"))

    def test_no_job_starts_after_the_deadline(self, make: Callable[[], Executor], tmp_path: Path) -> None:
        ledger = Ledger(tmp_path / "ledger")
        with make() as executor:
            with pytest.raises(OutOfTime, match="2 runs were not started"):
                run_jobs([Square(1), Square(2)], executor, ledger, deadline=time.monotonic() - 1)
            assert ledger.finished() == []
            run_jobs([Square(1)], executor, ledger)
            assert run_jobs([Square(1)], executor, ledger, deadline=time.monotonic() - 1) == [101]
