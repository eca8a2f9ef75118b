import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from affinity.agreement import compare, off_diagonal, pooled_pearson, reliability, within_target_spearman
from affinity.matrix import AffinityMatrix


def test_agreement_by_hand() -> None:
    measured = np.array([[-0.1, 0.3], [-0.2, 0.1], [0.2, -0.1], [0.1, np.nan]])
    predicted = np.array([[-0.3, 0.1], [-0.1, 0.2], [0.1, 0.3], [-0.2, 5.0]])
    found = compare(predicted, measured)
    # ranks within the first target (2, 1, 4, 3) against (1, 3, 4, 2), within the second (3, 2, 1) against (1, 2, 3)
    assert found.rank == pytest.approx((1 - 6 * (1 + 4 + 0 + 1) / 60 + -1) / 2)
    # below 0: predicted cells 1, 2 and 4 of the first target, measured cells 1 and 2 of it and one of the second
    assert found.f1 == pytest.approx(2 * 2 / (3 + 3))
    assert found.negative == pytest.approx(3 / 7)
    assert found.f1_base == pytest.approx(2 * 3 / (3 + 7))
    assert found.count == 7


@settings(deadline=None)
@given(st.integers(0, 2**16))
def test_any_rising_change_per_target_keeps_ranks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    predicted, measured = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    moved = np.exp(predicted) * rng.uniform(0.1, 9, size=4) + rng.normal(size=4)
    assert within_target_spearman(moved, measured) == pytest.approx(within_target_spearman(predicted, measured))


def test_levels_of_targets_count_when_pooled_and_not_within() -> None:
    rng = np.random.default_rng(0)
    level = 10 * rng.normal(size=5)
    left, right = level + rng.normal(size=(8, 5)), level + rng.normal(size=(8, 5))
    assert pooled_pearson(left, right) > 0.9
    assert abs(within_target_spearman(left, right)) < 0.4


def test_reliability_is_spearman_and_browns() -> None:
    rng = np.random.default_rng(1)
    true = rng.normal(size=(200, 20))
    first, second = true + rng.normal(size=true.shape), true + rng.normal(size=true.shape)
    found = reliability(first, second)
    assert found.whole == pytest.approx(2 * found.halves / (1 + found.halves))
    reached = within_target_spearman(true, (first + second) / 2)
    assert found.ceiling == pytest.approx(reached, abs=0.02)


def test_halves_that_disagree_have_no_ceiling_above_zero() -> None:
    rows = np.arange(5.0)[:, None] * np.ones(3)
    assert reliability(rows, -rows).ceiling == 0
    assert reliability(rows, rows).ceiling == pytest.approx(1)


def test_too_few_groups_give_nan_and_not_a_warning() -> None:
    few = np.array([[0.1, 0.2], [0.3, 0.1]])
    assert np.isnan(within_target_spearman(few, few))
    assert np.isnan(reliability(few, few).ceiling)
    assert np.isnan(pooled_pearson(np.ones((3, 2)), np.ones((3, 2))))


def test_the_diagonal_of_a_matrix_counts_for_nothing() -> None:
    scores = np.array([[0, 0.3, 0.1], [0.2, 0, 0.4], [0.5, 0.1, 0]])
    matrix = AffinityMatrix(("a", "b", "c"), scores, np.zeros((3, 3)))
    assert np.isnan(np.diag(off_diagonal(matrix))).all()
    other = np.random.default_rng(2).normal(size=(3, 3))
    off = ~np.eye(3, dtype=bool)
    expected = stats.pearsonr(other[off], scores[off]).statistic
    assert compare(other, off_diagonal(matrix)).pearson == pytest.approx(expected)


def test_never_and_always_predicting_negative_transfer() -> None:
    measured = np.array([[-1.0], [1.0], [1.0], [1.0]])
    assert compare(np.ones((4, 1)), measured).f1 == 0
    always = compare(-np.ones((4, 1)), measured)
    assert always.f1 == pytest.approx(always.f1_base) == pytest.approx(0.4)
    assert compare(np.ones((2, 1)), np.ones((2, 1))).f1 == 1


def test_refusals() -> None:
    with pytest.raises(ValueError, match="two tables of one shape"):
        compare(np.zeros((2, 3)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="at least one gain"):
        compare(np.full((2, 2), np.nan), np.zeros((2, 2)))
