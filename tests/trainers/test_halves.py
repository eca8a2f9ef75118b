"""Halves of the training examples."""

import numpy as np
import pytest
import torch

from tests.trainers.samples import bench_of, every_kind
from trainers.bench import Bench
from trainers.halves import half_of, halved


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("bench"), every_kind(count=12))


def test_halves_share_nothing_and_leave_nothing_out(bench: Bench) -> None:
    for task in bench.tasks.values():
        both = np.concatenate([half_of(task, 0), half_of(task, 1)])
        assert sorted(both) == list(range(12))
        units = [set(task.splits["train"].units[half_of(task, half)]) for half in (0, 1)]
        assert not units[0] & units[1]


def test_a_half_reads_the_rows_that_it_says(bench: Bench) -> None:
    some = halved(bench, 1)
    assert halved(bench, 1) is some
    for name, task in bench.tasks.items():
        at = half_of(task, 1)
        rows = some.tasks[name].splits["train"]
        np.testing.assert_array_equal(rows.targets, task.splits["train"].targets[at])
        for side in range(task.sides):
            pooled = task.kind.pooled and side == 1
            place = np.array([0, 2])
            found = some.inputs(name, "train", side).batch(place, some.device)
            expected = bench.inputs(name, "train", side).batch(place if pooled else at[place], bench.device)
            torch.testing.assert_close(found.values, expected.values)
        assert some.tasks[name].splits["stop"] is task.splits["stop"]
