"""Rules over many tasks: met where they can be, ruled out where they cannot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.constraints import Constraints
from grouping.feasibility import feasible_labels
from grouping.partition import all_partitions
from tasks.errors import InputError
from tests.grouping.solvers.pairwise_worlds import meets, some_constraints
from tests.grouping.worlds import names


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 7), limit=st.integers(1, 7))
def test_agrees_with_all_partitions(seed: int, count: int, limit: int) -> None:
    generator, tasks = np.random.default_rng(seed), names(count)
    rules = some_constraints(tasks, generator)
    pairs = rules.pairs(tasks)
    labels = feasible_labels(pairs, limit)
    possible = any(p.adapters <= limit and meets(p, rules, tasks) for p in all_partitions(tasks))
    assert (labels is not None) == possible
    if labels is not None:
        of_tasks = labels[pairs.unit]
        members = np.unique(of_tasks)[:, None] == of_tasks
        assert len(members) <= limit
        assert all(rule.allows(members, tasks).all() for rule in rules.rules)


def test_where_the_greedy_way_takes_a_group_too_many() -> None:
    tasks = [f"t{at:02d}" for at in range(18)]
    sizes = (4, 4, 3, 3, 2, 2)  # first fit: 4 4, 3 3 2, 2; two groups of nine take 4 3 2 each
    starts = np.cumsum([0, *sizes])
    together = [tasks[start : start + size] for start, size in zip(starts, sizes, strict=False)]
    rules = Constraints.of(together=together, max_tasks=9)
    rules.check(tasks, max_adapters=2)
    labels = feasible_labels(rules.pairs(tasks), 2)
    assert labels is not None
    assert np.bincount(labels, weights=np.array(sizes)).tolist() == [9, 9]
    uneven = Constraints.of(together=[tasks[:5], tasks[5:10], tasks[10:15]], max_tasks=9)
    with pytest.raises(InputError, match="`max_adapters: 2`"):
        uneven.check(tasks, max_adapters=2)


def test_a_smallest_conflict_among_many_rules() -> None:
    tasks = [f"t{at:02d}" for at in range(40)]
    odd = [[tasks[at], tasks[(at + 1) % 5]] for at in range(5)]  # a cycle of five takes three groups
    even = [[tasks[at], tasks[at + 1]] for at in range(10, 39)]
    with pytest.raises(InputError) as caught:
        Constraints.of(apart=[*even, *odd], max_tasks=30).check(tasks, max_adapters=2)
    message = caught.value.message
    assert message.startswith("no grouping can meet `max_adapters: 2` and `apart: [t00, t01]`")
    assert message.count("apart") == 5
    assert "max_tasks" not in message


def test_units_follow_from_chains_and_carry_their_rules() -> None:
    pairs = Constraints.of(together=["ca", "ad"], apart=["db"], alone=["e"]).pairs(names(5))
    assert pairs.unit.tolist() == [0, 1, 0, 0, 2]
    assert pairs.sizes.tolist() == [3, 1, 1]
    assert pairs.unit_apart.tolist() == [[False, True, True], [True, False, True], [True, True, False]]
    assert pairs.largest == 5
