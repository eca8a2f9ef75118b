"""What is expected of the better of two."""

import numpy as np
import pytest

from grouping.steps.improvement import expected_best

DRAWS, SAMPLED = 400_000, 0.01
UNSERVED = -1e9
"""What stands where a task has no gain."""


@pytest.mark.parametrize(("mean", "error", "other"), [(0.0, 1.0, 0.0), (-1.0, 2.0, 0.5), (3.0, 0.1, 2.9)])
def test_is_the_mean_of_draws(mean: float, error: float, other: float) -> None:
    drawn = mean + error * np.random.default_rng(0).standard_normal(DRAWS)
    found = expected_best(np.array(mean), np.array(error), np.array(other))
    assert found == pytest.approx(np.maximum(drawn, other).mean(), abs=SAMPLED)


def test_what_is_certain_is_the_larger() -> None:
    mean, other = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0])
    np.testing.assert_array_equal(expected_best(mean, np.zeros(3), other), [2.0, 2.0, 3.0])


def test_where_one_is_missing_the_other_stands() -> None:
    mean, other = np.array([0.25, UNSERVED]), np.array([UNSERVED, 0.5])
    np.testing.assert_array_equal(expected_best(mean, np.full(2, 0.1), other), [0.25, 0.5])
