import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from grouping.spending import Look, boundaries, plan_looks, spent, times_of


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
    assert plan_looks(3) == plan_looks(3, 3) == (Look(3, (3,)),)
    assert plan_looks(3)[0].confidence(0.4) == 0.95
    assert boundaries(np.ones(1), error=0.025)[0] == pytest.approx(norm.isf(0.025), abs=1e-6)


def test_looks_double_up_to_the_most() -> None:
    assert [look.seeds for look in plan_looks(3, 10)] == [3, 6, 10]
    assert [look.seeds for look in plan_looks(2, 4)] == [2, 4]
    assert all(look.confidence() > 0.95 for look in plan_looks(3, 10))


def test_the_share_of_information_is_that_of_the_variances() -> None:
    """With as much variance of the sample as of six runs, three runs have 2 / 3 of what six have, and 1 / 2 of all."""
    schedule = np.array([3, 6, 10**9])
    np.testing.assert_allclose(times_of(schedule, at=6, fixed=0.5), [1 / 3, 1 / 2, 1], rtol=1e-6)
    np.testing.assert_allclose(times_of(schedule, at=3, fixed=1 / 3), [1 / 3, 1 / 2, 1], rtol=1e-6)


def test_looks_at_nearly_the_same_data_are_nearly_one_look() -> None:
    first, *_, last = plan_looks(3, 12)
    levels = [first.confidence(fixed) for fixed in (0.0, 0.5, 0.9, 0.99, 1.0)]
    assert np.all(np.diff(levels) < 0)
    assert levels[-1] == last.confidence(1.0) == 0.95
    assert levels[-2] < 0.951
    assert last.confidence(0.99) == pytest.approx(0.9725, abs=1e-3)  # little is left to be spent


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_a_share_is_between_0_and_1(share: float) -> None:
    with pytest.raises(ValueError, match="Expected a share between 0 and 1"):
        plan_looks(3, 12)[0].confidence(share)


@pytest.mark.parametrize("sample", [0.0, 0.3, 2.0])
@pytest.mark.parametrize(("first", "most"), [(2, 4), (3, 10), (4, 30)])
def test_all_looks_together_err_as_often_as_stated(first: int, most: int, sample: float) -> None:
    """Means of the first runs of many, on one sample, at the null: how often any look is beyond its boundary, on one
    side. The sample's standard deviation is in those of a run."""
    looks = plan_looks(first, most, confidence=0.9)
    rng = np.random.default_rng(first)
    sums = np.cumsum(rng.standard_normal((200_000, most)), axis=1)
    shared = sample * rng.standard_normal(len(sums))
    beyond = np.zeros(len(sums), dtype=bool)
    for look in looks:
        variance = sample**2 + 1 / look.seeds
        bound = norm.ppf((1 + look.confidence(sample**2 / variance)) / 2)
        beyond |= (shared + sums[:, look.seeds - 1] / look.seeds) / np.sqrt(variance) > bound
    assert beyond.mean() == pytest.approx(0.05, abs=0.0025)


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
