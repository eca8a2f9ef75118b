"""The best partition of few and many tasks: exact where it says so, bounded everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.constraints import Constraints
from grouping.partition import Partition
from grouping.solvers import Effort, PairwiseValues, best_partition, solve_partition
from tasks.errors import InputError
from tests.grouping.solvers.pairwise_worlds import (
    KINDS,
    best_by_hand,
    block_effects,
    meets,
    some_constraints,
    some_values,
    worth,
)
from tests.grouping.worlds import names

ROUNDING = 1e-9
"""Sums of few values of size one, in another order and through linear programmes."""
LITTLE = Effort(shakes=20, programmes=4, rounds=30, bands=(4, 12))
"""Less than by default: what is tested here holds at any effort."""
SOME = Effort(shakes=30, programmes=5, rounds=300, bands=(4, 12))
"""Enough for 48 tasks with planted groups."""


def numbered(count: int) -> list[str]:
    return [f"t{at:03d}" for at in range(count)]


@pytest.fixture(params=["subset_dp", "every_group", "relaxation"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way of solving, on tasks few enough for the slow reference."""
    if request.param != "subset_dp":
        monkeypatch.setattr(best_partition, "MAX_TASKS", 0)
    if request.param == "relaxation":
        monkeypatch.setattr(best_partition, "MOST_UNITS", 0)
    return str(request.param)


@pytest.mark.parametrize("seed", range(40))
def test_agrees_with_all_partitions(method: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    count = int(generator.integers(1, 8))
    tasks, kind = names(count), KINDS[seed % len(KINDS)]
    values = some_values(count, kind, float(generator.choice([0.0, 0.5, 1.0])), generator)
    rules = some_constraints(tasks, generator) if seed % 4 else Constraints()
    limit = int(generator.integers(1, count + 2)) if generator.random() < 0.6 else None
    best = best_by_hand(values, tasks, rules, limit)
    if best == -np.inf:
        with pytest.raises(InputError, match="no grouping can meet"):
            solve_partition(values, tasks=tasks, constraints=rules, max_groups=limit)
        return
    solved = solve_partition(values, tasks=tasks, constraints=rules, max_groups=limit, effort=LITTLE)
    assert solved.method == method
    assert solved.partition.tasks == tasks
    assert solved.partition.adapters <= (limit or count)
    assert meets(solved.partition, rules, tasks)
    assert solved.value == pytest.approx(worth(solved.partition, values, tasks), abs=ROUNDING)
    assert solved.value == pytest.approx(best, abs=ROUNDING)  # so few tasks leave local moves no way to miss it
    assert solved.bound >= best - ROUNDING
    assert solved.gap >= 0
    assert method == "relaxation" or solved.gap == 0


@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 2**32 - 1), count=st.sampled_from([9, 18, 24]))
def test_the_order_of_tasks_does_not_matter_and_a_seed_repeats(seed: int, count: int) -> None:
    generator, tasks = np.random.default_rng(seed), numbered(count)
    values = some_values(count, "trends", 0.5, generator)
    order = generator.permutation(count)
    one = solve_partition(values, tasks=tasks, seed=seed, effort=LITTLE)
    other = solve_partition(values.ordered(order), tasks=[tasks[at] for at in order], seed=seed, effort=LITTLE)
    assert one == other == solve_partition(values, tasks=tasks, seed=seed, effort=LITTLE)


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_two_exact_ways_agree(power: float, monkeypatch: pytest.MonkeyPatch) -> None:
    generator, tasks = np.random.default_rng(5), numbered(12)
    values, rules = some_values(12, "trends", power, generator), Constraints.of(together=[tasks[:2]], max_tasks=5)
    by_subsets = solve_partition(values, tasks=tasks, constraints=rules, max_groups=4)
    monkeypatch.setattr(best_partition, "MAX_TASKS", 0)
    by_groups = solve_partition(values, tasks=tasks, constraints=rules, max_groups=4)
    assert by_groups.method == "every_group"
    assert by_groups.partition == by_subsets.partition
    assert by_groups.value == pytest.approx(by_subsets.value, abs=ROUNDING)


@pytest.mark.parametrize(("power", "capped"), [(0.0, False), (0.5, False), (1.0, True)])
def test_planted_groups_are_found_and_proven(power: float, capped: bool) -> None:
    effects, labels = block_effects(48, 8, np.random.default_rng(7))
    tasks = numbered(48)
    limit = 6 if capped else None
    values = PairwiseValues.shrinking(effects, power=power)
    solved = solve_partition(values, tasks=tasks, max_groups=limit, effort=SOME)
    assert solved.partition == Partition.from_labels(tasks, labels)
    assert solved.gap < 0.01


def test_constraints_hold_where_effects_pull_against_them() -> None:
    effects, labels = block_effects(40, 8, np.random.default_rng(3))
    tasks = numbered(40)
    rules = Constraints.of(
        together=[["t000", "t008", "t016"], ["t001", "t009"]],
        apart=[["t002", "t003", "t004"], ["t000", "t001"]],
        alone=["t039"],
        max_tasks=6,
    )
    values = PairwiseValues.shrinking(effects, power=0.5)
    solved = solve_partition(values, tasks=tasks, constraints=rules, max_groups=8, effort=LITTLE)
    assert meets(solved.partition, rules, tasks)
    assert solved.partition.adapters == 8  # 39 tasks in groups of six, and one alone
    free = solve_partition(values, tasks=tasks, effort=LITTLE)
    assert solved.value < free.value
    assert free.partition == Partition.from_labels(tasks, labels)


def test_rules_that_leave_no_choice() -> None:
    tasks = numbered(24)
    values = some_values(24, "noise", 0.5, np.random.default_rng(0))
    alone = solve_partition(values, tasks=tasks, constraints=Constraints.of(max_tasks=1), effort=LITTLE)
    assert (alone.partition, alone.value) == (Partition.singles(tasks), 0.0)
    one = solve_partition(values, tasks=tasks, max_groups=1, effort=LITTLE)
    assert one.partition == Partition.together(tasks)


@pytest.mark.parametrize("kind", ["zero", "negative"])
def test_singles_where_nothing_helps(kind: str) -> None:
    tasks = numbered(30)
    solved = solve_partition(some_values(30, kind, 0.5, np.random.default_rng(0)), tasks=tasks, effort=LITTLE)
    assert (solved.value, solved.gap) == (0.0, pytest.approx(0.0, abs=ROUNDING))


def test_a_conflict_among_many_tasks_is_named() -> None:
    tasks = numbered(60)
    rules = Constraints.of(together=[tasks[:3]], apart=[[tasks[0], tasks[2]]], alone=[tasks[9]])
    with pytest.raises(InputError) as caught:
        solve_partition(some_values(60, "zero", 1.0, np.random.default_rng(0)), tasks=tasks, constraints=rules)
    assert caught.value.message == (
        "no grouping can meet `together: [t000, t001]` and `together: [t001, t002]` and `apart: [t000, t002]`; "
        "drop or loosen one of them"
    )


def test_refusals() -> None:
    values = some_values(3, "noise", 1.0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="3 different tasks, but got 2 among 2"):
        solve_partition(values, tasks=names(2))
    with pytest.raises(ValueError, match="3 different tasks, but got 2 among 3"):
        solve_partition(values, tasks=["a", "b", "a"])
    with pytest.raises(ValueError, match="`max_groups` of 1 or more, but got 0"):
        solve_partition(values, tasks=names(3), max_groups=0)
