"""The trainer as the search's oracle: one run at a time, and each run counted once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from affinity.gains import measure_groups
from affinity.skill import Learnable
from cotrain.measuring import Probes, TrainerOracle
from tests.affinity.samples import World
from trainers.runs import Runs

PAIR, OTHER, PROBED = ("t0", "t1"), ("t1", "t2"), ("t0", "t2")


@dataclass
class Trains:
    """Gives the runs of a world, and fails those that are told to."""

    world: World
    failing: frozenset[tuple[tuple[str, ...], int]] = frozenset()
    trained: list[tuple[tuple[str, ...], int]] = field(default_factory=list)

    @property
    def tasks(self) -> Any:
        return self.world.tasks

    def probe_seeds(self, count: int) -> list[int]:
        return list(range(count))

    def wanted(self, groups: Sequence[tuple[str, ...]], *, seeds: Sequence[int]) -> list[Any]:
        return []

    def run(self, groups: Sequence[tuple[str, ...]], *, seeds: Sequence[int], phase: str) -> Runs:
        asked = [(group, seed) for group in groups for seed in seeds]
        self.trained += asked
        kept: dict[tuple[str, ...], list[Any]] = {}
        for group, seed in asked:
            if (group, seed) not in self.failing:
                kept.setdefault(group, []).append(self.world.runs[group][seed])
        return Runs(kept, {}, ())


def oracle(trainer: Trains) -> TrainerOracle:
    world = trainer.world
    runs = Runs({PROBED: world.runs[PROBED][:2]}, world.references)
    measured = measure_groups(runs.groups, runs.references, world.tasks)
    learnable = {name: Learnable(skill=0.5, low=0.4, high=0.6, learnable=True) for name in world.tasks}
    real: Any = trainer
    return TrainerOracle(real, Probes(runs, measured, learnable, world.tasks))


@pytest.fixture(scope="module")
def world() -> World:
    return World(tasks=3, seeds=3, references=3, examples=40, noise=0.02, seed=0)


def test_a_run_is_trained_and_counted_once_however_often_its_group_is_asked_for(world: World) -> None:
    trainer = Trains(world)
    asked = oracle(trainer)
    assert asked.measure([PAIR, OTHER])[PAIR].seeds == 1
    again = asked.again([PAIR])
    assert again[PAIR].seeds == 2
    assert asked.again([PAIR, OTHER])[OTHER].seeds == 2, "groups with different numbers of runs in one round"
    assert trainer.trained == [(PAIR, 0), (OTHER, 0), (PAIR, 1), (OTHER, 1), (PAIR, 2)]
    assert {group: len(of) for group, of in asked.asked.items()} == {PAIR: 3, OTHER: 2}
    assert asked.cost.jobs == sum(run.cost.jobs for group in (PAIR, OTHER) for run in asked.asked[group])
    assert len(asked.known[PROBED]) == 2


def test_two_runs_are_measured_as_if_they_were_trained_at_once(world: World) -> None:
    asked = oracle(Trains(world))
    asked.measure([PAIR])
    found = asked.again([PAIR])[PAIR]
    groups = {PAIR: world.runs[PAIR][:2], PROBED: world.runs[PROBED][:2]}
    expected = measure_groups(groups, world.references, world.tasks)[PAIR]
    np.testing.assert_allclose(found.gain, expected.gain)
    np.testing.assert_allclose(found.gain_error, expected.gain_error)


def test_a_group_whose_next_run_fails_is_left_out_and_keeps_what_it_has(world: World) -> None:
    asked = oracle(Trains(world, failing=frozenset({(PAIR, 1)})))
    asked.measure([PAIR])
    assert asked.again([PAIR]) == {}
    assert len(asked.asked[PAIR]) == 1
