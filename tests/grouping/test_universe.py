"""Groups by number: all of few tasks, or listed ones of many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.constraints import Constraints
from grouping.partition import all_partitions
from grouping.universe import (
    EveryGroup,
    SomeGroups,
    Universe,
    every_or_some,
    holding,
    rows_of,
    singles_and_together,
)
from tests.grouping.worlds import names

TASKS = names(4)
SOME = SomeGroups.of(TASKS, rows_of(["ab", "cd", "abc", "ab"], TASKS))


def test_every_single_and_all_together_are_listed_and_nothing_twice() -> None:
    groups = {SOME.group(place) for place in range(len(SOME.members))}
    assert groups == {*[(name,) for name in TASKS], TASKS, ("a", "b"), ("c", "d"), ("a", "b", "c")}
    assert len(SOME.members) == len(groups)
    with pytest.raises(KeyError):
        SOME.place("ad")


@pytest.mark.parametrize("universe", [EveryGroup(TASKS), SOME])
def test_numbers_go_both_ways(universe: Universe) -> None:
    singles, together = singles_and_together(universe)
    assert [universe.group(int(place)) for place in singles] == [(name,) for name in TASKS]
    assert universe.group(together) == TASKS
    for group in (("a", "b"), ("c", "d"), ("a", "b", "c")):
        assert universe.group(universe.place(group)) == group
        assert universe.members[universe.place(group)].tolist() == [name in group for name in TASKS]


@pytest.mark.parametrize("universe", [EveryGroup(TASKS), SOME])
def test_rules_and_what_cannot_be_trained(universe: Universe) -> None:
    allowed = Constraints.of(apart=[["a", "b"]]).among(universe.members, TASKS)
    barred = holding([("a", "b")], universe)
    for place, row in enumerate(universe.members):
        held = bool(row[0] and row[1])
        assert allowed[place] == (row.any() and not held)
        assert barred[place] == held
    assert not holding([], universe).any()


def test_few_tasks_have_all_groups() -> None:
    assert isinstance(every_or_some(TASKS, []), EveryGroup)
    many = [f"t{number:02d}" for number in range(17)]
    some = every_or_some(many, [many[:3]])
    assert isinstance(some, SomeGroups)
    assert len(some.members) == 17 + 2


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 6), st.integers(0, 2**32 - 1), st.floats(0, 0.7), st.integers(1, 6), st.booleans())
def test_the_best_partition_into_listed_groups(count: int, seed: int, left_out: float, most: int, fewest: bool) -> None:
    generator, tasks = np.random.default_rng(seed), names(count)
    every = EveryGroup(tasks).members[1:]
    listed = SomeGroups.of(tasks, every[generator.random(len(every)) >= left_out])
    values = generator.normal(size=len(listed.members))
    values[generator.random(len(values)) < left_out / 2] = -np.inf
    found = listed.solver(fewest=fewest).solve(values, tasks=tasks, max_groups=most)

    known = {listed.group(place) for place in range(len(listed.members))}
    sums = {
        of: float(values[listed.places(of)].sum())
        for of in all_partitions(tasks)
        if of.adapters <= most and set(of.groups) <= known
    }
    sums = {of: value for of, value in sums.items() if value > -np.inf}
    assert found.feasible == bool(sums)
    if not sums:
        return
    all_sums = sums
    if fewest:
        least = min(of.adapters for of in sums)
        sums = {of: value for of, value in sums.items() if of.adapters == least}
    (place,) = np.flatnonzero(found.values > -np.inf)
    partition = found.groupings[place]
    assert partition is not None
    assert partition.adapters == place + 1
    assert sums[partition] == pytest.approx(found.values[place])
    assert found.values[place] == pytest.approx(max(sums.values()))
    every = listed.solver(fewest=False, every=True).solve(values, tasks=tasks, max_groups=most)
    highest = -np.inf
    for number in range(1, most + 1):  # as many groups or fewer
        highest = max([highest, *(value for of, value in all_sums.items() if of.adapters == number)])
        assert every.values[:number].max(initial=-np.inf) == pytest.approx(highest)


def test_values_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected a value, or -inf, for 8 groups"):
        SOME.solver(fewest=False).solve(np.zeros(3), tasks=TASKS)
