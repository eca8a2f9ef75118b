import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affinity.factors import architecture
from affinity.matrix import AffinityMatrix

NAMES = tuple("abcdefgh")


def matrix(scores: np.ndarray) -> AffinityMatrix:
    cut = np.where(np.eye(len(scores), dtype=bool), 0, scores)
    return AffinityMatrix(NAMES[: len(scores)], cut, np.zeros_like(cut))


def test_by_hand() -> None:
    """Within each of four targets the three sources rank alike, in reverse, or with one exchange: 1, 1, -1 and 0.5."""
    first = matrix(np.array([[0, 1.0, 1, 1], [1, 0, 2, 2], [2, 2, 0, 3], [3, 3, 3, 0]]))
    second = matrix(np.array([[0, 1.0, 3, 1], [1, 0, 2, 3], [2, 2, 0, 2], [3, 3, 1, 0]]))
    found = architecture(first, second, names=("small", "large"), reliabilities=(0.5, 0.32))
    assert (found.first, found.second, found.cells) == ("small", "large", 12)
    assert found.within == pytest.approx((1 + 1 - 1 + 0.5) / 4)
    assert found.ceiling == pytest.approx(0.4)
    assert (found.within_low, found.within_high) == (None, None)  # without a task two sources are left
    assert found.pooled_low is not None
    assert architecture(first, second, names=("s", "l")).ceiling is None


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 2**16))
def test_order_of_tasks_and_rising_changes_count_for_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = matrix(rng.normal(size=(6, 6))), matrix(rng.normal(size=(6, 6)))
    found = architecture(first, second, names=("x", "y"))
    order = [str(name) for name in rng.permutation(first.tasks)]
    for other in (
        architecture(first.reorder(order), second, names=("x", "y")),
        architecture(matrix(np.expm1(first.scores)), second.reorder(order), names=("x", "y")),
    ):
        assert (other.within, other.pooled) == pytest.approx((found.within, found.pooled))
        assert (other.within_low, other.pooled_high) == pytest.approx((found.within_low, found.pooled_high))


def test_the_same_affinities_agree_fully_and_strangers_do_not() -> None:
    rng = np.random.default_rng(0)
    same = matrix(rng.normal(size=(8, 8)))
    found = architecture(same, same, names=("x", "y"))
    assert (found.within, found.within_low, found.within_high) == pytest.approx((1, 1, 1))
    assert (found.pooled, found.pooled_low) == pytest.approx((1, 1))
    hits = []
    for _ in range(25):
        of = architecture(matrix(rng.normal(size=(8, 8))), matrix(rng.normal(size=(8, 8))), names=("x", "y"))
        assert of.within_low is not None
        assert of.within_high is not None
        hits.append(of.within_low <= 0 <= of.within_high)
    assert np.mean(hits) >= 0.9


def test_what_is_undefined_is_none() -> None:
    flat = matrix(np.ones((3, 3)))
    found = architecture(flat, flat, names=("x", "y"))
    assert (found.within, found.within_low, found.pooled, found.pooled_high) == (None, None, None, None)


def test_refusals() -> None:
    three = matrix(np.ones((3, 3)))
    with pytest.raises(ValueError, match="two matrices of the same tasks"):
        architecture(three, matrix(np.ones((4, 4))), names=("x", "y"))
    with pytest.raises(ValueError, match="reliabilities within 0 and 1"):
        architecture(three, three, names=("x", "y"), reliabilities=(0.5, 1.2))
