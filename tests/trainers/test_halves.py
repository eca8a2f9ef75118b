"""Halves of the training examples."""

import numpy as np
import pytest
import torch

from tests.trainers.samples import bench_of, every_kind
from trainers.bench import Bench
from trainers.fitted_heads import fit_heads, fitted_heads
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


def test_heads_of_a_half_are_fitted_on_it_alone_with_the_penalty_of_the_whole(bench: Bench) -> None:
    some = halved(bench, 1)
    for name, task in bench.tasks.items():
        whole, heads = fitted_heads(bench, name), fitted_heads(some, name)
        assert heads.penalty == whole.penalty
        assert heads.tokens == 0  # features were known
        if task.kind.pooled:
            continue
        assert len(heads.frozen[0]) == len(half_of(task, 1))
        again = fit_heads(
            some.tasks[name],
            heads.frozen,
            tokens=0,
            hidden=bench.backbone.hidden,
            temperature=0.05,
            penalties=(whole.penalty,),
        )
        assert all(map(torch.equal, heads.whole.parameters(), again.whole.parameters()))
        assert not torch.equal(next(heads.whole.parameters()), next(whole.whole.parameters()))
