"""Proposals: what draws agree on, and floors that cannot all be kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.masks import mask_of
from grouping.objective import BestGain, FewestAdapters
from grouping.partition import Partition, all_partitions
from grouping.rounds.posterior import Posterior
from grouping.rounds.proposals import admissible, propose
from grouping.solvers import SubsetDP
from grouping.universe import EveryGroup
from tests.grouping.worlds import names

PAIR = 0b011
ALL = 0b111


def beliefs(total_draws: list[list[float]], shortfall_draws: list[list[float]] | None = None) -> Posterior:
    draws = np.array(total_draws)
    shortfalls = np.full(draws.shape, -np.inf) if shortfall_draws is None else np.array(shortfall_draws)
    draws[:, 0] = -np.inf
    totals = draws.mean(axis=0)
    return Posterior(EveryGroup(names(3)), np.full((8, 3), np.nan), totals, shortfalls.mean(axis=0), draws, shortfalls)


def test_shares_by_hand() -> None:
    none, pair, every = np.zeros(8), np.zeros(8), np.zeros(8)
    pair[PAIR], every[ALL] = 0.4, 0.3
    for draw in (none, pair, every):
        draw[[0b101, 0b110]] = -0.1
    found = propose(
        beliefs([none.tolist(), pair.tolist(), pair.tolist(), every.tolist()]),
        z=10.0,
        objective=BestGain(),
        solver=SubsetDP(),
    )
    both, alone = Partition.of(["ab", "c"]), Partition.singles("abc")
    # Of equal sums the fewest adapters win: where nothing gains, all three share one.
    assert found == {both: 0.5, Partition.together("abc"): 0.5, alone: 0.0}


def test_draws_that_break_a_floor_do_not_count() -> None:
    gain, broken, kept = np.zeros(8), np.full(8, -1.0), np.full(8, -1.0)
    gain[ALL], broken[ALL] = 1.0, 1.0
    found = propose(
        beliefs([gain.tolist()] * 2, [broken.tolist(), kept.tolist()]),
        z=0.0,
        objective=FewestAdapters(margins={}),
        solver=SubsetDP(),
    )
    assert found[Partition.together("abc")] == 0.5
    assert sum(share for partition, share in found.items() if partition.adapters == 2) == 0.5


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_floors_are_lowered_no_further_than_needed(seed: int, limit: int) -> None:
    generator, tasks = np.random.default_rng(seed), names(4)
    shortfall, allowed = generator.normal(loc=0.5, size=16), generator.random(16) < 0.8
    allowed[0] = False
    found = admissible(shortfall, allowed, tasks=tasks, objective=BestGain(max_adapters=limit), solver=SubsetDP())
    worst = []
    for partition in all_partitions(tasks):
        masks = [mask_of(group, tasks) for group in partition.groups]
        if partition.adapters <= limit and allowed[masks].all():
            worst.append(shortfall[masks].max())
    threshold = max(min(worst), 0.0) if worst else 0.0
    np.testing.assert_array_equal(found, allowed & (shortfall <= threshold))


def test_the_most_frequent_comes_first() -> None:
    pair, every = np.zeros(8), np.zeros(8)
    pair[PAIR], every[ALL] = 0.4, 0.3
    found = propose(
        beliefs([every.tolist(), every.tolist(), pair.tolist()]), z=0.0, objective=BestGain(), solver=SubsetDP()
    )
    assert list(found) == [Partition.together("abc"), Partition.of(["ab", "c"])]
    assert list(found.values()) == pytest.approx([2 / 3, 1 / 3])
