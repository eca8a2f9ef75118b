import pytest

from cotrain.plan_makespan import in_batches, makespan


def test_the_longest_run_is_begun_first() -> None:
    assert makespan([1, 1, 1, 1, 4], 2) == 4
    assert makespan([3, 3, 2, 2, 2], 2) == 7  # 6 would do: a third above it at most


@pytest.mark.parametrize("workers", [1, 3])
def test_nothing_takes_no_time(workers: int) -> None:
    assert makespan([], workers) == 0


def test_one_worker_does_all_after_another() -> None:
    assert makespan([1, 2, 3], 1) == in_batches([1, 2, 3], [1, 2], 1) == 6


def test_more_workers_than_runs_wait_for_the_longest() -> None:
    assert makespan([2, 5], 8) == 5


def test_batches_wait_for_each_other() -> None:
    assert in_batches([2, 2, 2, 2], [4], 2) == 4
    assert in_batches([2, 2, 2, 2], [1, 1, 2], 2) == 6
    assert in_batches([2, 2, 2, 2], [0, 4], 4) == 2
