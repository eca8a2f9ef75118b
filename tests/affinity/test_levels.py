"""A task's metric with its error: by hand, and against simulated worlds."""

import numpy as np
import pytest

from affinity.levels import level, levels, own_level
from affinity.variance import Readings
from grouping.statistics import t_interval
from tasks.encoding import EncodedTask
from tests.trainers.samples import SPLITS, rows_of, task_of, texts
from trainers.cost import Cost
from trainers.result import GroupResult, MemberResult

WORLDS = 200
COVERED = (0.90, 0.99)
"""Shares of intervals that hold the truth, at a stated 0.95 over :data:`WORLDS` worlds: three standard errors, and the
jackknife's blocks, which make them a little wide."""


def test_a_value_by_hand() -> None:
    readings = Readings(
        seeds=np.array([0, 1]),
        values=np.array([70.0, 74.0]),
        influence=np.array([[1.0, -1.0, 0.0, 0.0], [3.0, -1.0, -2.0, 0.0]]),
    )
    found = level(readings, run=8.0, run_freedom=1.0, shared=1.0)
    # runs: 8 / 2; sample: influence (2, -1, -1, 0), squares 6, times 4 / 3, less 1 / 2
    assert found.value == 72.0
    assert found.error == pytest.approx(np.sqrt(4.0 + 8.0 - 0.5))
    assert found.freedom == pytest.approx(11.5**2 / (4.0**2 / 1 + 7.5**2 / 3))


def test_one_run_has_the_noise_of_the_sample_alone() -> None:
    readings = Readings(np.array([3]), np.array([50.0]), np.array([[1.0, -1.0, 2.0, -2.0]]))
    found = own_level(readings)
    assert (found.value, found.runs, found.freedom) == (50.0, 1, 3.0)
    assert found.error == pytest.approx(np.sqrt(10 * 4 / 3))


def world(generator: np.random.Generator, *, runs: int, examples: int = 120) -> tuple[EncodedTask, list[GroupResult]]:
    """A binary task that runs answer right in 0.7 of all cases on average, some of them more often than others.

    A run has a level of its own, an example a difficulty of its own, and both decide together.
    """
    targets = np.arange(examples) % 2
    splits = {split: rows_of([texts(examples, generator)], targets.astype(np.int64), "binary") for split in SPLITS}
    task = task_of("a", "binary", splits, outputs=1, metric="accuracy")
    difficulty = generator.uniform(-0.2, 0.2, size=examples)
    found = []
    for seed in range(runs):
        chance = np.clip(0.7 + difficulty + generator.normal(scale=0.04), 0, 1)
        right = generator.random(examples) < chance
        scores = np.where(right == (targets == 1), 1.0, -1.0).astype(np.float32)[:, None]
        metric = {"test": float(right.mean())}
        none = np.empty(0)
        member = MemberResult(none, none, {}, {"test": scores}, metric)
        found.append(GroupResult(("a",), seed, True, none, 0, {"a": member}, 0, Cost()))
    return task, found


@pytest.mark.parametrize("runs", [2, 4])
def test_intervals_hold_the_truth_as_often_as_they_say(runs: int) -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(WORLDS):
        task, found = world(generator, runs=runs)
        of = levels({"a": found}, {}, {"a": task}, split="test")[0]["a"]
        interval = t_interval(of.value, of.error, of.freedom)
        held += interval.low <= 70.0 <= interval.high
    assert COVERED[0] <= held / WORLDS <= COVERED[1]


def test_references_and_groups_have_their_own_noise() -> None:
    task, found = world(np.random.default_rng(1), runs=4)
    alone, shared = levels({"a": found}, {("a", "b"): [*found]}, {"a": task}, split="test")
    assert (
        alone["a"].value
        == shared["a", ("a", "b")].value
        == pytest.approx(100 * np.mean([run.members["a"].metric["test"] for run in found]))
    )
