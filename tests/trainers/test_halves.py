"""Halves of the training examples."""

import numpy as np
import pytest
import torch

from tests.trainers.samples import bench_of, every_kind
from trainers.bench import Bench
from trainers.fitted_heads import fitted_heads, initial_head
from trainers.halves import half_of, halved
from trainers.head_fits import fit_heads


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


def test_runs_of_a_half_start_from_heads_that_it_alone_has_fitted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the penalty of the whole: what a search over that penalty alone finds on features of the half."""
    some = halved(bench, 1)
    for name, task in bench.tasks.items():
        whole, head = fitted_heads(bench, name), initial_head(some, name, seed=3)
        if task.kind.pooled:
            assert whole.penalty == 0
            continue
        at = torch.from_numpy(half_of(task, 1))
        monkeypatch.setattr("trainers.head_fits.PENALTIES", (whole.penalty,))
        again = fit_heads(
            some.tasks[name],
            tuple(side[at] for side in whole.frozen),
            tokens=0,
            hidden=bench.backbone.hidden,
            temperature=0.05,
        )
        found, expected, other = map(flat, (head, again.whole, whole.whole))
        assert (found - expected).norm() < 0.05 * (found - other).norm()


def flat(head: torch.nn.Module) -> torch.Tensor:
    """All weights."""
    return torch.cat([of.detach().flatten() for of in head.parameters()])


def test_retrieval_starts_at_its_temperature_and_runs_own_their_heads(bench: Bench) -> None:
    some = halved(bench, 0)
    first, second = (initial_head(some, "multiclass", seed=0) for _ in range(2))
    with torch.no_grad():
        next(first.parameters()).zero_()
    assert next(second.parameters()).any()
    for kept, drawn in zip(
        initial_head(some, "retrieval", seed=0).parameters(),
        initial_head(bench, "retrieval", seed=0).parameters(),
        strict=True,
    ):
        torch.testing.assert_close(kept, drawn)
