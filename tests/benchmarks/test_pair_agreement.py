from dataclasses import astuple
from math import acos, pi

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.pair_agreement import (
    best_expected,
    over_pairs,
    pair_agreement,
    pooled_spearman,
    same_best,
    same_sign,
    sign_expected,
)
from benchmarks.truth_table import TruthTable

Array = NDArray[np.float64]
TASKS = ("a", "b", "c", "d")
PAIRS = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1]], dtype=bool)
BY_PARTNER = np.array([[0, 1, 2, 4], [-3, 0, 3, 1], [-1, -2, 0, 3], [5, 6, -7, 0]]) / 10
"""Gains of four targets (rows) beside each partner (columns); 9 of 12 are above 0."""
DRAWN = 0.01
"""Three standard errors of a share of 20,000 draws."""


def by_pair(gains: Array) -> Array:
    """Gains by target and partner as pairs by targets, NaN outside."""
    found = np.full(PAIRS.shape, np.nan)
    for pair, row in enumerate(PAIRS):
        left, right = np.flatnonzero(row)
        found[pair, left], found[pair, right] = gains[left, right], gains[right, left]
    return found


def table(*seeds: Array) -> TruthTable:
    """One table of gains by target and partner per seed, against references of 1."""
    losses = np.stack([1 - by_pair(gains) for gains in seeds])
    references = np.ones((len(seeds), len(TASKS)))
    return TruthTable(TASKS, PAIRS, losses, references, np.ones(losses.shape[:2]), references)


def test_two_known_matrices_by_hand() -> None:
    other = BY_PARTNER.copy()
    other[3, :3] = [6, 5, 7]  # ranks of target d: 2 3 1 against 2 1 3
    other[3, :3] /= 10
    found = pair_agreement(table(BY_PARTNER, BY_PARTNER), table(other, other))
    assert found.within.value == pytest.approx((1 + 1 + 1 - 1) / 4)
    assert found.sign.value == pytest.approx(11 / 12)
    assert found.best.value == pytest.approx(3 / 4)
    assert (found.pairs, found.cells, found.reliability) == (6, 12, (1, 1))
    assert (found.within.ceiling, found.pooled.ceiling, found.best.ceiling) == pytest.approx((1, 1, 1))
    assert found.best.chance == pytest.approx(1 / 3, abs=DRAWN)
    assert found.sign.ceiling == pytest.approx(11 / 12, abs=DRAWN)  # 8 of 12 above 0 against 9 of 12
    assert found.sign.chance == pytest.approx(8 / 12 * 9 / 12 + 4 / 12 * 3 / 12, abs=DRAWN)


def test_the_same_twice_agrees_wholly() -> None:
    found = pair_agreement(table(BY_PARTNER, BY_PARTNER), table(BY_PARTNER, BY_PARTNER))
    for figure in (found.within, found.pooled, found.sign, found.best):
        assert astuple(figure) == pytest.approx((1, 1, 1, 1, figure.chance))


def test_halves_that_disagree_leave_no_room() -> None:
    noisy = table(BY_PARTNER, -BY_PARTNER + 1e-3)
    found = pair_agreement(noisy, table(BY_PARTNER, BY_PARTNER))
    assert found.reliability == (0, 1)
    assert (found.within.ceiling, found.pooled.ceiling) == (0, 0)
    assert found.sign.ceiling == found.sign.chance
    assert found.best.ceiling == found.best.chance


def test_ceiling_is_the_root_of_both_reliabilities() -> None:
    turned = BY_PARTNER.copy()
    turned[3] = turned[3][[1, 2, 0, 3]]  # ranks of d: 2 3 1 become 3 1 2, a correlation of -1/2
    found = pair_agreement(table(BY_PARTNER, BY_PARTNER), table(BY_PARTNER, turned))
    halves = (1 + 1 + 1 - 0.5) / 4
    whole = 2 * halves / (1 + halves)
    assert found.reliability == pytest.approx((1, whole))
    assert found.within.ceiling == pytest.approx(np.sqrt(whole))


def test_the_side_does_not_matter() -> None:
    generator = np.random.default_rng(0)
    one, two = (table(*generator.standard_normal((2, 4, 4))) for _ in range(2))
    there, back = pair_agreement(one, two), pair_agreement(two, one)
    assert there.within.value == pytest.approx(back.within.value)
    assert astuple(there.pooled) == pytest.approx(astuple(back.pooled))
    assert (there.sign.value, there.best.value) == (back.sign.value, back.best.value)


def test_zero_is_no_gain_and_missing_cells_do_not_count() -> None:
    left, right = np.array([[0.0, 1.0], [np.nan, 1.0]]), np.array([[-1.0, 1.0], [5.0, 0.0]])
    assert same_sign(left, right) == pytest.approx(2 / 3)
    assert same_best(left, right) == 1.0  # one target has a single cell and no choice
    assert np.isnan(same_best(left[:, :1], right[:, :1]))
    assert np.isnan(pooled_spearman(left, np.ones((2, 2))))


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8, 1.0])
def test_shares_of_normal_variables_are_those_of_the_arc(correlation: float) -> None:
    expected = 1 - acos(correlation) / pi
    assert sign_expected(correlation, (0.5, 0.5)) == pytest.approx(expected, abs=DRAWN)
    # the better of two partners is the sign of their difference
    assert best_expected(correlation, np.array([2, 1])) == pytest.approx(expected, abs=DRAWN)


def test_gains_that_are_all_positive_have_the_same_sign_by_chance() -> None:
    assert sign_expected(0.0, (1.0, 1.0)) == 1.0


def test_both_gains_of_a_pair_are_drawn_together() -> None:
    seen = []

    def widest(a: Array, b: Array) -> float:
        seen.append(float(np.ptp(a, axis=1).max()))
        return 0.0

    rows = np.repeat(np.arange(5.0)[:, None], 2, axis=1)
    assert over_pairs(widest, rows, rows) == (0, 0)
    assert max(seen) == 0


def test_one_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="two seeds or more of pairs and references, but got 1 and 1"):
        pair_agreement(table(BY_PARTNER), table(BY_PARTNER, BY_PARTNER))


def test_other_pairs_are_refused() -> None:
    one = table(BY_PARTNER, BY_PARTNER)
    other = TruthTable(TASKS, PAIRS[::-1], one.losses, one.references, one.seconds, one.reference_seconds)
    with pytest.raises(ValueError, match="same tasks and pairs"):
        pair_agreement(one, other)
