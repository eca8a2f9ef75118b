"""The best grouping within a limit on costs where gains are known: never above the limit, near the exact one."""

from collections.abc import Callable

import numpy as np
import pytest

from grouping.cost_limit import RowCosts
from grouping.rows import FEASIBLE, Rows
from grouping.solvers.selection import Mode, select
from grouping.steps.imagined import best_rows, listed_partitions
from tests.grouping.steps.test_imagined import planted_cover, value
from tests.grouping.worlds import Array

MODES: tuple[Mode, ...] = ("partition", "cover")
NEAR = 0.9
"""Share of what the limit leaves to gain over the cheapest grouping that is found in all worlds together."""
EXACT = 1 - 1e-6
"""The same where what is found should be the best."""
ROUNDING = 1e-9
"""Sums in another order, and HiGHS's tolerance."""
Costs = Callable[[Rows, int], Array]
COSTS: dict[str, Costs] = {
    "size": lambda rows, seed: rows.members.sum(axis=1).astype(float),
    "any": lambda rows, seed: np.random.default_rng([seed, 7]).uniform(1.0, 6.0, len(rows.members)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", COSTS)
@pytest.mark.parametrize(("count", "adapters"), [(6, 4), (13, 5), (13, 8)])
def test_it_is_within_the_limit_and_near_the_exact_one(mode: Mode, kind: str, count: int, adapters: int) -> None:
    found = possible = 0.0
    for seed in range(6):
        gains, rows = planted_cover(seed, count=count)
        each = COSTS[kind](rows, seed)
        for share in (0.0, 0.2, 0.5, 1.0):
            low = select(-np.where(rows.members, each[:, None] / rows.members.sum(axis=1)[:, None], 0.0), rows,
                         adapters=adapters, mode="partition")  # fmt: skip
            free = select(gains, rows, adapters=adapters, mode=mode)
            if low is None or free is None:
                continue
            least, most = each[list(low.rows)].sum(), each[list(free.rows)].sum()
            costs = RowCosts(each, least + share * max(most - least, 0.0))
            exact = select(gains, rows, adapters=adapters, mode=mode, costs=costs)
            (chosen,) = best_rows(gains[None], rows, adapters=adapters, mode=mode, costs=costs)
            assert exact is not None
            assert chosen is not None
            assert costs.within(chosen)
            assert len(chosen) <= adapters
            assert rows.members[list(chosen)].any(axis=0).all()
            assert value(gains, chosen) <= exact.value + ROUNDING
            if mode == "partition":
                assert rows.members[list(chosen)].sum(axis=0).tolist() == [1] * count
            lowest = select(gains, rows, adapters=adapters, mode="partition", costs=RowCosts(each, float(least)))
            assert lowest is not None
            found += value(gains, chosen) - lowest.value
            possible += exact.value - lowest.value
    assert found >= (EXACT if count == 6 or mode == "partition" else NEAR) * possible


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [6, 13])
def test_none_where_no_grouping_is_within_the_limit(mode: Mode, count: int) -> None:
    gains, rows = planted_cover(0, count=count)
    each = np.ones(len(rows.members))
    each[: rows.shared] = 3.0
    free = best_rows(gains[None], rows, adapters=count, mode=mode)
    assert best_rows(gains[None], rows, adapters=count, mode=mode, costs=RowCosts(each, 0.5)) == [None]
    assert best_rows(gains[None], rows, adapters=count, mode=mode, costs=RowCosts(each, 1e3)) == free
    assert best_rows(gains[None], rows, adapters=count, mode=mode, costs=RowCosts(each, float(count))) != [None]


@pytest.mark.parametrize("mode", MODES)
def test_each_of_several_worlds_keeps_to_the_limit(mode: Mode) -> None:
    """Some of them without being told."""
    _, rows = planted_cover(2, count=7)
    gains = np.random.default_rng(3).normal(size=(12, *rows.members.shape))
    gains[:, ~rows.members] = -1e9
    each = np.random.default_rng(4).exponential(size=len(rows.members))
    free = [value(of, row) for of, row in zip(gains, best_rows(gains, rows, adapters=4, mode=mode), strict=True) if row]
    costs = RowCosts(each, 2.5)
    found = best_rows(gains, rows, adapters=4, mode=mode, costs=costs)
    values = []
    for of, chosen in zip(gains, found, strict=True):
        assert chosen is not None
        assert costs.within(chosen)
        values.append(value(of, chosen))
    assert all(of > FEASIBLE for of in values)
    same = [found == every for found, every in zip(values, free, strict=True)]
    assert any(same)
    assert not all(same)


def test_listed_partitions_above_the_limit_are_left_out() -> None:
    _, rows = planted_cover(1, count=13)
    each = np.random.default_rng(5).uniform(size=len(rows.members))
    rows = Rows.of([rows.tasks[:6], rows.tasks[6:], rows.tasks[:7], rows.tasks[7:]], rows.tasks)
    each = np.concatenate([[1.0, 1.0, 1.0, 4.0], np.ones(13)])
    every = listed_partitions(rows, adapters=2, mode="partition")
    within = listed_partitions(rows, adapters=2, mode="partition", costs=RowCosts(each, 2.0))
    assert every is not None
    assert within is not None
    assert sorted(every.tolist()) == [[0, 1], [2, 3]]
    assert within.tolist() == [[0, 1]]
