import numpy as np
import pytest
from scipy import stats

from affinity.factors import Pairs, asymmetry
from affinity.matrix import AffinityMatrix
from tests.affinity.factors.worlds import noisy, pairs_of

NAMES = ("a", "b", "c", "d")


def test_a_pair_by_hand() -> None:
    """The pair gives b 0.3 and a 0.1: for each an error of 0.1 from the run, 0.2 from sample and from reference."""
    pairs = Pairs.of_measured(
        ("b", "a"),
        pairs_of(("b", "a"), np.array([[0, 0.1], [0.3, 0]]), run=0.1, sample=0.2, reference=0.2, freedom=5.0),
    )
    found = asymmetry(pairs)
    (pair,) = found.pairs
    assert (pair.source, pair.target, pair.forward, pair.backward) == ("a", "b", 0.3, 0.1)
    assert pair.difference.value == pytest.approx(0.2)
    assert pair.difference.error == pytest.approx((2 * (0.01 + 0.04 + 0.04)) ** 0.5)
    assert pair.difference.high == pytest.approx(0.2 + stats.t.ppf(0.975, 5) * 0.18**0.5)
    assert (found.certain, found.beyond, found.share, found.low, found.high) == (0, None, None, None, None)


def test_the_share_by_hand() -> None:
    """Mutual parts 1, 2, 3 (variance 1), one-way parts 1, 1, 1 (mean square 1); noise of 0.5 in each."""
    score = np.array([[0, 2.0, 3], [0, 0, 4], [1, 2, 0]])
    found = asymmetry(Pairs.of_matrix(AffinityMatrix(("a", "b", "c"), score, np.where(np.eye(3), 0, 1.0))))
    assert found.share == pytest.approx(0.5)
    assert found.beyond == pytest.approx(0.5)
    assert (found.low, found.high) == (None, None)  # two tasks are left, with one pair
    exact = asymmetry(Pairs.of_matrix(AffinityMatrix(("a", "b", "c"), score, np.zeros((3, 3)))))
    assert (exact.share, exact.beyond, exact.certain) == (pytest.approx(0.5), pytest.approx(1), 3)


def test_a_symmetric_matrix_has_no_asymmetry_and_an_antisymmetric_one_nothing_else() -> None:
    rng = np.random.default_rng(0)
    half = np.triu(rng.normal(size=(4, 4)), 1)
    symmetric = asymmetry(Pairs.of_matrix(AffinityMatrix(NAMES, half + half.T, np.zeros((4, 4)))))
    assert symmetric.share == 0
    assert all(pair.difference.value == 0 and not pair.difference.certain for pair in symmetric.pairs)
    one_way = asymmetry(Pairs.of_matrix(AffinityMatrix(NAMES, half - half.T, np.zeros((4, 4)))))
    assert (one_way.share, one_way.certain) == (1, 6)


def test_noise_alone_leaves_nothing_and_few_pairs_look_certain() -> None:
    rng = np.random.default_rng(1)
    names = [f"t{t}" for t in range(10)]
    noise = {"run": 0.03, "sample": 0.02, "reference": 0.04}
    found = [asymmetry(Pairs.of_measured(names, noisy(np.zeros((10, 10)), rng, **noise))) for _ in range(60)]
    assert np.mean([of.beyond for of in found if of.beyond is not None]) < 0.15
    assert np.mean([of.certain / len(of.pairs) for of in found]) == pytest.approx(0.05, abs=0.03)


def test_a_planted_share_is_found_with_its_interval() -> None:
    """Mutual parts of 0.1, one-way parts of 0.05: a share of 0.2, whatever the references do."""
    rng = np.random.default_rng(2)
    names = [f"t{t}" for t in range(8)]
    shares, hits = [], []
    for _ in range(80):
        mutual, one_way = np.triu(0.1 * rng.normal(size=(8, 8)), 1), np.triu(0.05 * rng.normal(size=(8, 8)), 1)
        true = mutual + mutual.T + one_way - one_way.T
        of = asymmetry(Pairs.of_measured(names, noisy(true, rng, run=0.02, sample=0.02, reference=0.05)))
        assert of.share is not None
        assert of.low is not None
        assert of.high is not None
        shares.append(of.share)
        hits.append(of.low <= 0.2 <= of.high)
    assert np.mean(shares) == pytest.approx(0.2, abs=0.03)
    assert np.mean(hits) > 0.88


def test_the_order_of_tasks_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    scores = rng.integers(-2, 3, size=(4, 4)).astype(np.float64)  # with ties
    np.fill_diagonal(scores, 0)
    matrix = AffinityMatrix(NAMES, scores, np.where(np.eye(4), 0, 0.1))
    one, other = asymmetry(Pairs.of_matrix(matrix)), asymmetry(Pairs.of_matrix(matrix.reorder(("c", "a", "d", "b"))))
    assert one.pairs == other.pairs
    assert (one.share, one.low, one.high) == pytest.approx((other.share, other.low, other.high))


def test_a_matrix_without_errors_is_refused() -> None:
    matrix = AffinityMatrix(("a", "b"), np.zeros((2, 2)), np.array([[0, np.nan], [0.1, 0]]), estimator="table")
    with pytest.raises(ValueError, match="a standard error for every score, but the matrix of `table`"):
        Pairs.of_matrix(matrix)


def test_a_pair_with_an_unknown_member_is_refused() -> None:
    with pytest.raises(ValueError, match=r"members among \['a'\], but got the group a\+b"):
        Pairs.of_measured(("a",), pairs_of(("a", "b"), np.zeros((2, 2))))
