"""The exact choice within a limit on costs, and the cheapest grouping, against every choice of at most so many rows."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.cost_limit import CostLimit, RowCosts
from grouping.rows import Rows
from grouping.solvers import selection
from grouping.solvers.cheapest import cheapest
from grouping.solvers.selection import Mode, by_program, select
from tests.grouping.solvers.test_selection import world
from tests.grouping.worlds import Array, names

ROUNDING = 1e-9
"""Sums of a few numbers of size one in another order, and HiGHS's tolerance for a whole number."""
MODES: tuple[Mode, ...] = ("partition", "cover")

a_world = {
    "seed": st.integers(0, 2**32 - 1),
    "count": st.integers(2, 6),
    "groups": st.integers(0, 8),
    "adapters": st.integers(1, 4),
    "mode": st.sampled_from(MODES),
    "tight": st.floats(0.0, 1.2),
    "kind": st.sampled_from(["whole", "real", "size", "bytes"]),
}


def costs_of(rows: Rows, seed: int, *, kind: str, tight: float) -> RowCosts:
    """Random costs of every row, and a limit that binds at some: a share of the cost of three typical rows."""
    generator = np.random.default_rng([seed, 1])
    number = len(rows.members)
    drawn = {
        "whole": generator.integers(0, 6, number).astype(float),
        "real": generator.exponential(size=number),
        "size": rows.members.sum(axis=1).astype(float),
        "bytes": 600_000.0 * rows.members.sum(axis=1) + generator.integers(0, 3, number),
    }[kind]
    return RowCosts(drawn, float(np.round(3 * tight * drawn.mean(), 0 if kind == "bytes" else 1)))


def every_choice(gains: Array, rows: Rows, costs: RowCosts, *, adapters: int, mode: Mode) -> list[tuple[float, float]]:
    """Value and cost of every choice that serves all tasks: the slow reference."""
    found = []
    for number in range(1, adapters + 1):
        for chosen in combinations(range(len(rows.members)), number):
            held = rows.members[list(chosen)].sum(axis=0)
            if held.min() == 0 or (mode == "partition" and held.max() > 1):
                continue
            value = float(np.where(rows.members[list(chosen)], gains[list(chosen)], -np.inf).max(axis=0).sum())
            found.append((value, sum(costs.each[row] for row in chosen)))
    return found


@pytest.mark.parametrize("solver", [select, by_program])
@settings(max_examples=60, deadline=None)
@given(**a_world)
def test_agrees_with_every_choice(
    solver: object, seed: int, count: int, groups: int, adapters: int, mode: Mode, tight: float, kind: str
) -> None:
    gains, rows = world(seed, count=count, groups=groups)
    costs = costs_of(rows, seed, kind=kind, tight=tight)
    choices = every_choice(gains, rows, costs, adapters=adapters, mode=mode)
    best = max((value for value, cost in choices if cost <= costs.most * (1 + 1e-12)), default=-np.inf)
    found = solver(gains, rows, adapters=adapters, mode=mode, costs=costs)  # type: ignore[operator]
    if found is None:
        assert best == -np.inf
        return
    assert found.value == pytest.approx(best, abs=ROUNDING)
    assert sum(costs.each[list(found.rows)]) <= costs.most * (1 + 1e-12)
    assert len(found.rows) <= adapters
    assert found.value == pytest.approx(sum(gains[row, task] for task, row in enumerate(found.served)), abs=ROUNDING)
    if mode == "partition":
        assert rows.members[list(found.rows)].sum(axis=0).tolist() == [1] * count


@settings(max_examples=60, deadline=None)
@given(**a_world)
def test_the_cheapest_is_the_cheapest_of_every_choice(
    seed: int, count: int, groups: int, adapters: int, mode: Mode, tight: float, kind: str
) -> None:
    gains, rows = world(seed, count=count, groups=groups)
    costs = costs_of(rows, seed, kind=kind, tight=tight)
    choices = every_choice(gains, rows, costs, adapters=adapters, mode=mode)
    found = cheapest(costs.each, np.ones_like(rows.members), rows, adapters=adapters, mode=mode)
    if found is None:
        assert not choices
        return
    assert len(found) <= adapters
    assert rows.members[list(found)].any(axis=0).all()
    assert costs.total(found) == pytest.approx(min(cost for _, cost in choices), abs=ROUNDING * costs.each.max())


@settings(max_examples=20, deadline=None)
@given(**a_world)
def test_the_order_of_tasks_does_not_matter(
    seed: int, count: int, groups: int, adapters: int, mode: Mode, tight: float, kind: str
) -> None:
    gains, rows = world(seed, count=count, groups=groups)
    costs = costs_of(rows, seed, kind=kind, tight=tight)
    order = np.random.default_rng([seed, 2]).permutation(count)
    at = np.append(np.arange(rows.shared), rows.shared + order)
    turned = Rows(tuple(rows.tasks[task] for task in order), rows.members[at][:, order])
    one = select(gains, rows, adapters=adapters, mode=mode, costs=costs)
    other = select(gains[at][:, order], turned, adapters=adapters, mode=mode, costs=costs.at(at))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert other.value == pytest.approx(one.value, abs=ROUNDING)


def test_by_hand_a_helper_is_worth_its_cost_or_not() -> None:
    """`c` helps `a` and `b` a lot; with it the group costs 3, and `c` alone 1 more."""
    rows = Rows.of(["abc", "ab"], ("a", "b", "c"))
    gains = np.zeros((5, 3))
    gains[0] = 0.5, 0.5, -0.2
    gains[1, :2] = 0.1, 0.1
    free = select(gains, rows, adapters=3, mode="cover", costs=CostLimit(4.0).on(rows))
    assert free is not None
    assert free.rows == (0, 4)
    assert free.value == pytest.approx(1.0)
    bound = select(gains, rows, adapters=3, mode="cover", costs=CostLimit(3.0).on(rows))
    assert bound is not None
    assert bound.rows == (0,)
    assert bound.value == pytest.approx(0.8)
    assert select(gains, rows, adapters=3, mode="cover", costs=CostLimit(2.9).on(rows)) is None


@pytest.mark.parametrize("mode", MODES)
def test_a_limit_is_not_missed_by_the_tolerance_of_the_solver(mode: Mode) -> None:
    """Two bytes above two gigabytes are within HiGHS's tolerance, and above the limit."""
    rows = Rows.of(["ab", "cd", "abcd"], names(4))
    gains = np.where(rows.members, 0.0, np.nan)
    gains[:2, :] = np.where(rows.members[:2], 0.5, np.nan)
    each = np.array([1e9 + 1, 1e9 + 1, 1e9, 4e9, 4e9, 4e9, 4e9])
    found = by_program(gains, rows, adapters=3, mode=mode, costs=RowCosts(each, 2e9))
    assert found is not None
    assert found.rows == (2,)
    exact = by_program(gains, rows, adapters=3, mode=mode, costs=RowCosts(each, 2e9 + 2))
    assert exact is not None
    assert exact.rows == (0, 1)


@pytest.mark.parametrize("mode", MODES)
def test_more_tasks_than_subsets_can_be_listed_for_are_solved_alike(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    gains, rows = world(5, count=6, groups=9)
    costs = costs_of(rows, 5, kind="real", tight=0.7)
    few = select(gains, rows, adapters=4, mode=mode, costs=costs)
    free = select(gains, rows, adapters=4, mode=mode)
    monkeypatch.setattr(selection, "DP_TASKS", 5)
    many = select(gains, rows, adapters=4, mode=mode, costs=costs)
    assert few is not None
    assert free is not None
    assert many is not None
    assert many.value == pytest.approx(few.value, abs=ROUNDING)
    assert few.value < free.value - ROUNDING, "the limit binds"


def test_what_may_not_be_chosen_is_not() -> None:
    rows = Rows.of(["ab"], ("a", "b"))
    serves = np.ones_like(rows.members)
    assert cheapest(np.array([3.0, 1.0, 1.0]), serves, rows, adapters=2, mode="partition") == (1, 2)
    assert cheapest(np.array([3.0, np.inf, 1.0]), serves, rows, adapters=2, mode="cover") == (0,)
    serves[1] = False
    assert cheapest(np.array([3.0, 1.0, 1.0]), serves, rows, adapters=2, mode="partition") == (0,)
    assert cheapest(np.array([np.inf, 1.0, 1.0]), serves, rows, adapters=2, mode="partition") is None
