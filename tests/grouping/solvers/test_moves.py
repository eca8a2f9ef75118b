"""Local moves: sums that are kept up to date, and optima that no move improves."""

from itertools import combinations

import numpy as np
import pytest

from grouping.constraints import Constraints
from grouping.pair_rules import PairRules
from grouping.solvers import PairwiseValues
from grouping.solvers.local_search import local_search, merged
from grouping.solvers.moves import Moves
from grouping.solvers.pricing import price_groups
from grouping.solvers.small_groups import LEAST, small_group_prices, underpriced
from grouping.solvers.units import Units, groups_of
from tests.grouping.solvers.pairwise_worlds import block_effects, some_values
from tests.grouping.worlds import Array

ROUNDING = 1e-9
"""Sums of hundreds of values of size one, updated many times."""


def some_units(seed: int, count: int = 14) -> Units:
    generator = np.random.default_rng(seed)
    tasks = [f"t{at:02d}" for at in range(count)]
    rules = Constraints.of(together=[tasks[:2], tasks[4:7]], apart=[[tasks[0], tasks[3]]], max_tasks=6)
    return Units.of(some_values(count, "trends", 0.5, generator), rules.pairs(tasks))


@pytest.mark.parametrize("seed", range(5))
def test_values_stay_right_over_many_moves(seed: int) -> None:
    units, generator = some_units(seed), np.random.default_rng(seed)
    moves = Moves(units, np.arange(len(units)), len(units))
    for _ in range(60):
        unit = int(generator.integers(len(units)))
        open_ = np.flatnonzero(moves.joins(unit))
        if len(open_):
            moves.move(unit, int(generator.choice(open_)))
    assert moves.value == pytest.approx(units.total(moves.labels), abs=ROUNDING)
    other = moves.copy()
    other.descend()
    assert moves.value == pytest.approx(units.total(moves.labels), abs=ROUNDING)  # a copy moves on its own
    members = groups_of(moves.labels)
    assert (members @ units.size).max() <= 6
    assert not any(units.apart[np.ix_(row, row)].any() for row in members)


def test_no_move_or_swap_improves_an_optimum() -> None:
    units = some_units(3)
    moves = Moves(units, np.arange(len(units)), len(units))
    value = moves.descend()
    for unit in range(len(units)):
        for group in np.flatnonzero(moves.joins(unit)).tolist():
            labels = moves.labels.copy()
            labels[unit] = group
            assert units.total(labels) <= value + 1e-6


def test_merging_finds_planted_groups_and_offers_coarser_ones() -> None:
    effects, labels = block_effects(60, 10, np.random.default_rng(1))
    units = Units.of(PairwiseValues.shrinking(effects, power=0.5), PairRules.none(60))
    found = merged(units, np.arange(60), 60)
    assert (groups_of(found[0]) == groups_of(np.array(labels))).all()
    assert [int(of.max()) + 1 for of in found] == [6, 3, 1]
    assert max(int(of.max()) + 1 for of in merged(units, np.arange(60), 4)) == 4


def test_shakes_are_repeated_by_a_seed() -> None:
    units = some_units(1)
    one, other = (
        local_search(units, [np.arange(len(units))], slots=len(units), shakes=30, generator=np.random.default_rng(9))
        for _ in range(2)
    )
    assert (one.labels == other.labels).all()
    assert (one.groups == other.groups).all()
    assert one.starts == 31


def test_priced_groups_are_worth_more_than_they_cost() -> None:
    units = some_units(2)
    prices = np.full(len(units), 0.3)
    groups = price_groups(units, np.eye(len(units), dtype=np.bool_), prices, 0.1)
    assert len(groups)
    assert (units.of_groups(groups) - groups @ prices > 0.1).all()
    assert (groups @ units.size).max() <= 6
    assert not any(units.apart[np.ix_(row, row)].any() for row in groups)


def small_groups(units: Units) -> Array:
    """All groups of two or three units that meet the rules, shape ``(G, N)``."""
    rows = [row for size in (2, 3) for row in combinations(range(len(units)), size)]
    members = np.array([np.isin(np.arange(len(units)), row) for row in rows])
    apart = np.array([units.apart[np.ix_(row, row)].any() for row in rows])
    found: Array = members[~apart & (members @ units.size <= units.largest)]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_small_groups_are_all_looked_at(seed: int) -> None:
    units, generator = some_units(seed), np.random.default_rng(seed)
    prices = generator.normal(size=len(units))
    every = small_groups(units)
    reduced = units.of_groups(every) - every @ prices - 0.2
    found, highest = underpriced(units, prices, 0.2, least=0.0)
    assert highest == pytest.approx(reduced.max())
    assert (units.of_groups(found) - found @ prices > 0.2).all()
    assert {row.tobytes() for row in found} <= {row.tobytes() for row in every}
    assert len(found) >= min(1, (reduced > 0).sum())


@pytest.mark.parametrize("limit", [None, 4])
def test_no_small_group_is_worth_more_than_its_price(limit: int | None) -> None:
    units = some_units(7)
    pool = np.concatenate([np.eye(len(units), dtype=np.bool_), groups_of(np.array([0, 1, 2, 2, 1, 3, 3, 0, 1, 2, 3]))])
    prices = small_group_prices(units, pool, limit)
    every = np.concatenate([small_groups(units), pool])
    short = units.of_groups(every) - every @ prices.units - prices.group
    assert short.max() <= ROUNDING
    assert prices.units.sum() + (limit or 0) * prices.group <= prices.value + 2 * LEAST * np.abs(prices.units).sum()
