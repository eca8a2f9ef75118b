import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from affinity.predictive_scores import coverage, crps, negative_transfer

NAN = float("nan")


def test_crps_by_hand() -> None:
    """At the mean: 2 phi(0) - 1 / sqrt(pi) = 0.23369498; without an error: the absolute error."""
    score = crps(np.array([1.0, 0.5, NAN]), np.array([1.0, -0.25, 0.0]), np.array([2.0, 0.0, 1.0]))
    np.testing.assert_allclose(score, [2 * 0.23369498, 0.75, NAN], atol=1e-8)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.1, 3))
def test_crps_is_the_integral_over_the_squared_distance_of_distributions(y: float, mean: float, error: float) -> None:
    def area(first: float, last: float, right: float) -> float:
        x = np.linspace(first, last, 20_001)
        return float(np.trapezoid((stats.norm.cdf(x, mean, error) - right) ** 2, x))

    lowest, highest = min(y, mean - 10 * error), max(y, mean + 10 * error)
    slow = area(lowest, y, 0.0) + area(y, highest, 1.0)
    assert crps(np.array(y), np.array(mean), np.array(error)) == pytest.approx(slow, abs=1e-6)


def test_crps_is_proper_and_prefers_the_true_error() -> None:
    y = np.random.default_rng(0).normal(size=4000)
    scores = [float(crps(y, np.zeros(4000), np.full(4000, error)).mean()) for error in (0.5, 1.0, 2.0)]
    assert scores[1] < min(scores[0], scores[2])


def test_coverage_by_hand() -> None:
    """The 90 % interval is 1.645 errors to either side; an error of 0.75 in the measurement makes 1 into 1.25."""
    measured, mean = np.array([[0.0, 1.6, NAN], [1.7, -2.1, 0.0]]), np.zeros((2, 3))
    mean[1, 2] = NAN
    one = np.ones((2, 3))
    assert coverage(measured, mean, one) == 0.5
    assert coverage(measured, mean, one, measured_error=0.75 * one) == 0.75
    assert coverage(measured, mean, one, level=0.95) == 0.75


def test_stated_errors_cover_as_stated() -> None:
    rng = np.random.default_rng(1)
    error, reference = rng.uniform(0.5, 2, 20000), rng.uniform(0.5, 2, 20000)
    measured = np.sqrt(error**2 + reference**2) * rng.normal(size=20000)
    for level in (0.5, 0.9):
        found = coverage(measured, np.zeros(20000), error, measured_error=reference, level=level)
        assert found == pytest.approx(level, abs=0.015)


def test_negative_transfer_by_hand() -> None:
    measured = np.array([-1.0, -1.0, -1.0, 1.0, 1.0, NAN, 0.0])
    said = negative_transfer(measured, np.array([-0.1, -0.2, 0.3, -0.4, 0.5, -1.0, 0.1]))
    assert (said.precision, said.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (said.base, said.called, said.count) == (0.5, 0.5, 6)
    silent = negative_transfer(measured, np.ones(7))
    assert np.isnan(silent.precision)
    assert (silent.recall, silent.called) == (0.0, 0.0)
    careful = negative_transfer(measured, np.full(7, 0.01), threshold=0.02)
    assert (careful.precision, careful.recall) == (careful.base, 1.0)
    assert np.isnan(negative_transfer(np.ones(2), np.ones(2)).recall)


def test_refusals() -> None:
    one = np.ones(2)
    with pytest.raises(ValueError, match="one shape"):
        crps(one, one, np.ones(3))
    with pytest.raises(ValueError, match="0 or more"):
        crps(one, one, -one)
    with pytest.raises(ValueError, match="between 0 and 1"):
        coverage(one, one, one, level=90)
    with pytest.raises(ValueError, match="at least one cell"):
        coverage(one * NAN, one, one)
    with pytest.raises(ValueError, match="at least one cell"):
        negative_transfer(one, one * NAN)
    with pytest.raises(ValueError, match="one shape"):
        negative_transfer(one, np.ones(3))
