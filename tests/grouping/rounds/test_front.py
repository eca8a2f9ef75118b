"""The Pareto front against every partition."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.masks import all_members, mask_of
from grouping.partition import Partition, all_partitions
from grouping.rounds.front import pareto_front
from grouping.solvers import SubsetDP
from grouping.universe import EveryGroup
from tests.grouping.worlds import names


def test_by_hand() -> None:
    members = all_members(3)
    means = np.where(members, 0.0, np.nan)
    means[0b011, :2] = [0.3, -0.1]
    means[0b111] = [0.05, 0.05, 0.05]
    means[0b110, 1:] = [-0.2, -0.2]  # beaten by {a, b} {c} in all respects
    usable = np.arange(8) > 0
    front = pareto_front(means, usable, universe=EveryGroup(names(3)), solver=SubsetDP())
    # Two adapters gain 0.2 in all with a loser; all-together gains 0.15 without one, and beats singles.
    assert front == (Partition.together("abc"), Partition.of(["ab", "c"]))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1), st.floats(0, 0.8))
def test_nothing_beats_the_front_and_the_front_beats_all_else(count: int, seed: int, forbidden: float) -> None:
    generator, tasks = np.random.default_rng(seed), names(count)
    means = np.where(all_members(count), generator.normal(size=(1 << count, count)), np.nan)
    usable = generator.random(1 << count) >= forbidden
    usable[0] = False
    usable[1 << np.arange(count)] = True

    def figures(partition: Partition) -> tuple[float, float, float]:
        masks = [mask_of(group, tasks) for group in partition.groups]
        return partition.adapters, -round(float(np.nansum(means[masks])), 9), -round(float(np.nanmin(means[masks])), 9)

    every = {
        partition: figures(partition)
        for partition in all_partitions(tasks)
        if usable[[mask_of(group, tasks) for group in partition.groups]].all()
    }
    expected = {
        of
        for of in every.values()
        if not any(other != of and all(a <= b for a, b in zip(other, of, strict=True)) for other in every.values())
    }
    front = pareto_front(means, usable, universe=EveryGroup(tasks), solver=SubsetDP())
    assert {figures(partition) for partition in front} == expected
    assert len(front) == len(expected)
