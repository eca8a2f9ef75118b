"""Folding, flat weights, the optimiser over many runs, and units of jobs."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from trainers.flat import Flat, adamw, clip_each
from trainers.folding import FOLDINGS, Folding, folds, passes
from trainers.stack_job import StackJob, stack_jobs
from trainers.train_job import TrainJob

EXACT = 1e-12
"""float64; one step after another in the same order of operations."""

shapes = st.lists(st.tuples(st.integers(1, 20), st.integers(1, 128)), min_size=1, max_size=12)


@given(shapes, st.floats(0, 1))
def test_a_pass_wastes_no_more_than_it_may(texts: list[tuple[int, int]], waste: float) -> None:
    found = passes(texts, Folding(positions=1, waste=waste))
    assert sorted(index for part in found for index in part) == list(range(len(texts)))
    for part in found:
        computed = sum(texts[index][0] for index in part) * max(texts[index][1] for index in part)
        own = sum(texts[index][0] * texts[index][1] for index in part)
        assert computed <= (1 + waste) * own * (1 + EXACT)


def test_passes_by_hand() -> None:
    texts = [(16, 50), (16, 100), (15, 50), (16, 97)]
    assert passes(texts, FOLDINGS["cpu"]) == [[1, 3], [0, 2]]
    assert passes(texts, Folding(positions=1, waste=1.0)) == [[1, 3, 0, 2]]


@given(st.lists(shapes, min_size=1, max_size=8), st.integers(1, 5000))
def test_a_fold_holds_no_more_than_it_may(batches: list[list[tuple[int, int]]], positions: int) -> None:
    found = folds(batches, Folding(positions=positions, waste=0.0))
    assert sorted(run for fold in found for run in fold) == list(range(len(batches)))
    sizes = [sum(rows * length for rows, length in batch) for batch in batches]
    assert all(len(fold) == 1 or sum(sizes[run] for run in fold) <= positions for fold in found)


def test_runs_of_similar_length_share_a_fold() -> None:
    batches = [[(16, 50)], [(16, 10)], [(16, 48)], [(16, 12)]]
    assert folds(batches, Folding(positions=16 * 60, waste=0.0)) == [[1, 3], [2], [0]]


def test_steps_equal_those_of_torch() -> None:
    generator = torch.Generator().manual_seed(0)

    def weights(size: int) -> list[nn.Parameter]:
        return [nn.Parameter(torch.randn(size, 3, generator=generator, dtype=torch.float64)) for _ in range(2)]

    runs = [weights(2), weights(4), weights(3)]
    copies = [[nn.Parameter(parameter.detach().clone()) for parameter in run] for run in runs]
    rates, decays, limits = [1e-2, 3e-2, 1e-3], [0.1, 0.0, 0.5], [0.5, 100.0, 2.0]
    flats = [Flat(run) for run in runs]
    optimizers = [
        torch.optim.AdamW(run, lr=rate, weight_decay=decay)
        for run, rate, decay in zip(copies, rates, decays, strict=True)
    ]
    for step in range(20):
        moving = [index for index in range(3) if index != 1 or step % 3]  # one run rests now and then
        for index in moving:
            for run in (runs[index], copies[index]):
                loss = sum(((parameter - step % 5) ** 2).sum() for parameter in run)
                assert isinstance(loss, torch.Tensor)
                loss.backward()
            torch.nn.utils.clip_grad_norm_(copies[index], limits[index])
            optimizers[index].step()
            optimizers[index].zero_grad()
        clip_each([(flats[index],) for index in moving], [limits[index] for index in moving])
        adamw([flats[index] for index in moving], [rates[index] for index in moving], [decays[i] for i in moving])
    for run, copy in zip(runs, copies, strict=True):
        for own, other in zip(run, copy, strict=True):
            torch.testing.assert_close(own, other, atol=EXACT, rtol=0)


def job(seed: int, size: float) -> TrainJob:
    return TrainJob(
        group=("a",), seed=seed, passes=1, limit=None, splits=("select",), keep_weights=False, context="", size=size
    )


def members(units: list[Any]) -> list[list[int]]:
    return [[member.seed for member in unit.members] for unit in units]


def test_stacks_hold_runs_of_similar_size_and_are_as_equal_as_can_be() -> None:
    jobs = [job(seed, size) for seed, size in enumerate([1, 5, 2, 9, 3])]
    assert members(stack_jobs(jobs, size=4, workers=1)) == [[3, 1, 4], [2, 0]]
    assert members(stack_jobs(jobs, size=1, workers=3)) == [[0], [1], [2], [3], [4]]
    assert stack_jobs([], size=4, workers=2) == []


@given(st.integers(0, 40), st.integers(1, 9), st.integers(1, 6))
def test_every_run_is_in_one_stack_and_no_worker_is_idle(count: int, size: int, workers: int) -> None:
    found = members(stack_jobs([job(seed, seed) for seed in range(count)], size=size, workers=workers))
    assert sorted(seed for part in found for seed in part) == list(range(count))
    assert all(len(part) <= size for part in found)
    assert len(found) >= min(count, workers)


def test_a_stack_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="stacks of 1 run or more, but got 0"):
        stack_jobs([], size=0, workers=1)


def test_a_stack_has_the_key_of_its_members() -> None:
    one, other = job(0, 1), job(1, 2)
    assert StackJob(members=(one, other)).key != StackJob(members=(one, job(2, 2))).key
    assert StackJob(members=(one, other)).size == 3
