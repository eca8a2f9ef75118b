import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from grouping.spending import Look, boundaries, plan_looks, spent


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        (2, [2.157, 2.201]),
        (3, [2.279, 2.295, 2.296]),
        (5, [2.438, 2.427, 2.410, 2.397, 2.386]),
    ],
)
def test_boundaries_are_those_of_the_literature(looks: int, expected: list[float]) -> None:
    """Lan and DeMets with their second spending function, equally spaced looks, one-sided 2.5 %."""
    found = boundaries(np.arange(1, looks + 1) / looks, error=0.025)
    np.testing.assert_allclose(found, expected, atol=6e-4)


def test_one_look_has_all_of_the_confidence() -> None:
    assert plan_looks(3) == plan_looks(3, 3) == (Look(3, 0.95),)
    assert boundaries(np.ones(1), error=0.025)[0] == pytest.approx(norm.isf(0.025), abs=1e-6)


def test_looks_double_up_to_the_most() -> None:
    assert [look.seeds for look in plan_looks(3, 10)] == [3, 6, 10]
    assert [look.seeds for look in plan_looks(2, 4)] == [2, 4]
    assert all(look.confidence > 0.95 for look in plan_looks(3, 10))


@pytest.mark.parametrize(("first", "most"), [(2, 4), (3, 10), (4, 30)])
def test_all_looks_together_err_as_often_as_stated(first: int, most: int) -> None:
    """Means of the first runs of many at the null: how often any look is beyond its boundary, on one side."""
    looks = plan_looks(first, most, confidence=0.9)
    rng = np.random.default_rng(first)
    sums = np.cumsum(rng.standard_normal((200_000, most)), axis=1)
    beyond = np.zeros(len(sums), dtype=bool)
    for look in looks:
        beyond |= sums[:, look.seeds - 1] / np.sqrt(look.seeds) > norm.ppf((1 + look.confidence) / 2)
    assert beyond.mean() == pytest.approx(0.05, abs=0.002)


@given(st.floats(0.001, 0.2), st.lists(st.floats(0.05, 0.95), min_size=1, max_size=4, unique=True))
def test_what_is_spent_rises_to_all_of_it(error: float, fractions: list[float]) -> None:
    times = np.array([*sorted(fractions), 1.0])
    found = spent(times, error=error)
    assert np.all(np.diff(found) > 0)
    assert found[-1] == pytest.approx(error)


@pytest.mark.parametrize(("first", "most", "confidence"), [(0, 3, 0.95), (3, 2, 0.95), (2, 4, 1.0)])
def test_a_schedule_that_makes_no_sense_is_refused(first: int, most: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="Expected 1 <= first <= most"):
        plan_looks(first, most, confidence=confidence)
