"""The bound: never below the best, whatever the multipliers."""

import numpy as np
import pytest

from grouping.constraints import Constraints
from grouping.pair_rules import PairRules
from grouping.solvers import PairwiseValues
from grouping.solvers.relaxation import relax
from tasks.errors import InputError
from tests.grouping.solvers.pairwise_worlds import KINDS, best_by_hand, some_constraints, some_values
from tests.grouping.worlds import names

ROUNDING = 1e-9
"""Sums of few values of size one."""


@pytest.mark.parametrize("seed", range(30))
def test_never_below_the_best(seed: int) -> None:
    generator = np.random.default_rng(100 + seed)
    count = int(generator.integers(2, 9 if seed < 5 else 8))
    tasks = names(count)
    values = some_values(count, KINDS[seed % len(KINDS)], float(generator.choice([0.0, 0.5, 1.0])), generator)
    rules = some_constraints(tasks, generator) if seed % 3 else Constraints()
    limit = int(generator.integers(1, count + 1)) if seed % 2 else None
    try:
        rules.check(tasks, max_adapters=limit)
    except InputError:
        return
    best = best_by_hand(values, tasks, rules, limit)
    pairs = rules.pairs(tasks)
    last = min(count, pairs.largest)
    for bands in ([(2, last)], [(2, 2), (3, last)]):
        kept = [(low, high) for low, high in bands if low <= high]
        for rounds in (1, 7, 60):
            relaxed = relax(
                values, pairs, max_groups=limit, bands=kept, target=best - 1.0, rounds=rounds, tolerance=0.0
            )
            assert relaxed.bound >= best - ROUNDING
            assert np.isfinite(relaxed.bound)


def test_more_rounds_go_on_from_fewer() -> None:
    values = some_values(20, "noise", 0.5, np.random.default_rng(2))
    bounds, relaxed = [], None
    for _ in range(4):
        relaxed = relax(
            values,
            PairRules.none(20),
            max_groups=None,
            bands=[(2, 4), (5, 20)],
            target=15.0,
            rounds=40,
            tolerance=0.0,
            start=relaxed,
        )
        bounds.append(relaxed.bound)
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] < bounds[0]


def test_two_tasks_by_hand() -> None:
    values = PairwiseValues.shrinking(np.array([[0.0, 3.0], [-1.0, 0.0]]), power=1.0)
    relaxed = relax(values, PairRules.none(2), max_groups=None, bands=[(2, 2)], target=2.0, rounds=1, tolerance=0.0)
    assert relaxed.bound == pytest.approx(2.0, abs=1e-8)  # both ends share the sum, which is all there is
    capped = relax(
        PairwiseValues.shrinking(-values.effects, power=1.0),
        PairRules.none(2),
        max_groups=1,
        bands=[(2, 2)],
        target=-2.0,
        rounds=50,
        tolerance=0.0,
    )
    assert capped.bound == pytest.approx(-2.0, abs=1e-6)  # one group: the price of a group takes all of the loss


def test_planted_semidefinite_multipliers_are_needed() -> None:
    """Pairs of random signs: without them each task keeps all that is positive, with them far less."""
    values = some_values(30, "noise", 0.0, np.random.default_rng(4))
    free = np.maximum(values.effects + values.effects.T, 0.0).sum() / 2
    relaxed = relax(
        values, PairRules.none(30), max_groups=None, bands=[(2, 30)], target=80.0, rounds=300, tolerance=0.0
    )
    assert relaxed.bound < 0.6 * free
