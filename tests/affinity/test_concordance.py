"""Do two matrices agree? By hand, as a mirror, and where what is true was planted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affinity.both import Both
from affinity.concordance import AGREE, DISAGREE, PARTLY, UNDECIDED, Concordance, concordance
from affinity.matrix import AffinityMatrix

NAMES = tuple("abcdefgh")
LUCK = 0.05
"""Two standard errors of a mean of 16 correlations of 56 pairs each."""


def matrix(scores: np.ndarray, error: float = 0.0, *, estimator: str = "pairwise") -> AffinityMatrix:
    off = ~np.eye(len(scores), dtype=bool)
    return AffinityMatrix(
        NAMES[: len(scores)], np.where(off, scores, 0.0), np.where(off, error, 0.0), estimator=estimator
    )


def noisy(truth: np.ndarray, error: float, rng: np.random.Generator) -> AffinityMatrix:
    return matrix(truth + error * rng.normal(size=truth.shape), error)


def test_by_hand() -> None:
    """Six pairs: 1 to 6 against 2, 1, 4, 3, 6, 5; the sum of squared rank differences is 6."""
    first = matrix(np.array([[0, 1.0, 2], [3, 0, 4], [5, 6, 0]]), 1.0)
    second = matrix(np.array([[0, 2.0, 1], [4, 0, 3], [6, 5, 0]]), 2.0)
    found = concordance(first, second)
    assert found.spearman.value == pytest.approx(1 - 6 * 6 / (6 * 35))
    assert found.pearson.value == pytest.approx(found.spearman.value)
    # the variance of 1 to 6 is 3.5: errors of 1 leave 2.5 of it, errors of 2 nothing
    assert found.reliability == Both(pytest.approx(2.5 / 3.5), 0.0)
    assert found.pearson.attainable == 0.0
    assert found.within.value is None  # two sources per target
    assert found.noise_ratio == pytest.approx((1 / 5) ** 0.5)
    assert found.signs is not None
    assert (found.signs.pairs, found.signs.alike) == (6, 6)
    assert (found.pearson.low, found.verdict) == (None, UNDECIDED)  # an interval takes four tasks


def test_posterior_means_are_shrunk_already() -> None:
    scores = np.array([[0, 1.0, 2], [3, 0, 4], [5, 6, 0]])
    found = concordance(matrix(scores, 1.0, estimator="hybrid"), matrix(scores, 0.0))
    assert found.reliability.a == pytest.approx(3.5 / 4.5)
    assert found.pearson.attainable == pytest.approx((3.5 / 4.5) ** 0.5)


def test_attainable_is_what_two_measurements_of_one_truth_reach() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(16):
        truth = rng.normal(size=(8, 8))
        one = concordance(noisy(truth, 0.5, rng), noisy(truth, 1.0, rng))
        found.append((one.pearson.value, one.pearson.attainable))
    reached, expected = np.mean(np.array(found, dtype=float), axis=0)
    assert expected == pytest.approx((1 / 1.25 / 2) ** 0.5, abs=LUCK)
    assert reached == pytest.approx(expected, abs=LUCK)


def test_planted_verdicts() -> None:
    rng = np.random.default_rng(1)
    truth, other = rng.normal(size=(2, 8, 8))
    assert concordance(noisy(truth, 0.2, rng), noisy(truth, 0.2, rng)).verdict == AGREE
    assert concordance(noisy(truth, 0.2, rng), noisy(-truth, 0.2, rng)).verdict == DISAGREE
    assert concordance(noisy(truth, 0.2, rng), noisy(other, 0.2, rng)).verdict == DISAGREE
    mixed = 0.6 * truth + 0.8 * other
    assert concordance(noisy(truth, 0.05, rng), noisy(mixed, 0.05, rng)).verdict == PARTLY
    assert concordance(noisy(truth, 2.0, rng), noisy(truth, 2.0, rng)).verdict == UNDECIDED


def test_less_than_noise_allows_takes_differences_beyond_errors() -> None:
    """What is attainable is rough: without differences larger than errors, nothing is said against agreement."""
    rng = np.random.default_rng(1)
    truth, other = rng.normal(size=(2, 8, 8))
    wide = [replace(noisy(of, 0.0, rng), errors=matrix(of, 1.5).errors, estimator="hybrid") for of in (truth, other)]
    found = concordance(*wide)
    assert found.noise_ratio is not None
    assert found.noise_ratio < 1
    assert found.verdict == UNDECIDED


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 2**16))
def test_the_other_order_is_the_mirror(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = noisy(rng.normal(size=(5, 5)), 0.6, rng), noisy(rng.normal(size=(5, 5)), 0.3, rng)
    one, other = concordance(first, second), concordance(second.reorder("edcba"), first)
    turned = mirrored(other)
    for name in ("pearson", "spearman", "within"):  # sums in another order
        assert vars(getattr(turned, name)) == pytest.approx(vars(getattr(one, name)))
        turned = replace(turned, **{name: getattr(one, name)})
    assert turned == one


def mirrored(of: Concordance) -> Concordance:
    def turned(pair):  # type: ignore[no-untyped-def]
        value = pair.difference
        return replace(
            pair,
            score=Both(pair.score.b, pair.score.a),
            error=Both(pair.error.b, pair.error.a),
            difference=replace(value, value=-value.value, low=-value.high, high=-value.low),
        )

    return replace(
        of, reliability=Both(of.reliability.b, of.reliability.a), pairs=tuple(turned(pair) for pair in of.pairs)
    )


def test_targets_that_are_left_out_and_stand_ins_count_for_nothing() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(5, 5))
    errors = np.full((5, 5), 0.1)
    np.fill_diagonal(errors, 0.0)
    errors[0, 1] = np.nan
    spoilt = scores.copy()
    spoilt[0, 1], spoilt[:, 4] = -99.0, 50.0
    np.fill_diagonal(spoilt, 0.0)
    first = AffinityMatrix(NAMES[:5], spoilt, errors, estimator="pairwise")
    found = concordance(first, matrix(scores, 0.1), left_out=["e"])
    assert found.pearson.value == pytest.approx(1)
    assert len(found.counted) == 20 - 4 - 1
    assert not any(pair.target == "e" or (pair.source, pair.target) == ("a", "b") for pair in found.counted)
    assert len(found.pairs) == 20


def test_without_errors_or_a_common_scale_less_is_said() -> None:
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(6, 6))
    off = ~np.eye(6, dtype=bool)
    unknown = AffinityMatrix(NAMES[:6], np.where(off, scores, 0.0), np.where(off, np.nan, 0.0))
    found = concordance(unknown, matrix(scores, 0.1))
    assert (found.reliability.a, found.pearson.attainable, found.noise_ratio) == (None, None, None)
    assert found.verdict == AGREE
    apart = concordance(matrix(np.exp(scores), 0.1), matrix(scores, 0.1), same_scale=False)
    assert apart.leading is apart.spearman
    assert (apart.signs, apart.noise_ratio, apart.verdict) == (None, None, AGREE)
    assert all(pair.difference is None for pair in apart.pairs)


def test_two_tasks_and_constants_are_undecided() -> None:
    two = concordance(matrix(np.ones((2, 2)), 0.1), matrix(np.ones((2, 2)), 0.1))
    flat = concordance(matrix(np.ones((5, 5)), 0.1), matrix(np.ones((5, 5)), 0.1))
    for found in (two, flat):
        assert (found.pearson.value, found.verdict) == (None, UNDECIDED)
        assert found.noise_ratio == 0
    none = concordance(matrix(np.ones((3, 3)), 0.1), matrix(np.ones((3, 3)), 0.1), left_out="abc")
    assert (none.counted, none.verdict) == ((), UNDECIDED)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="two matrices of the same tasks"):
        concordance(matrix(np.ones((3, 3))), matrix(np.ones((4, 4))))
    with pytest.raises(ValueError, match="two or more"):
        concordance(matrix(np.ones((1, 1))), matrix(np.ones((1, 1))))
