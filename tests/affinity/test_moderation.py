import numpy as np
import pytest
from scipy import stats

from affinity.moderation import moderate


def test_equal_variances_meet_at_their_mean() -> None:
    moderated, freedom = moderate(np.full(10, 2.0), np.full(10, 1.0))
    np.testing.assert_allclose(moderated, 2.0)
    np.testing.assert_allclose(freedom, 1 + 9 * 0.7)  # all others' freedom, times 1 - 3 / 10


def test_moderation_keeps_the_order_and_moves_inwards() -> None:
    rng = np.random.default_rng(0)
    variances = rng.chisquare(2, 12) / 2
    moderated, freedom = moderate(variances, np.full(12, 2.0))
    assert np.array_equal(np.argsort(moderated), np.argsort(variances))
    assert np.ptp(moderated) < np.ptp(variances)
    assert np.all(freedom > 2)


def test_variances_that_differ_by_nature_are_left_nearly_alone() -> None:
    variances = 10.0 ** np.linspace(-1, 1, 12)
    moderated, freedom = moderate(variances, np.full(12, 40.0))
    np.testing.assert_allclose(np.log10(moderated), np.log10(variances), atol=0.2)
    assert np.all(freedom < 44)


def test_the_prior_that_made_the_variances_is_recovered() -> None:
    rng = np.random.default_rng(1)
    true = 3.0 * 8 / rng.chisquare(8, 4000)  # scaled inverse chi-square, d0 = 8, s0^2 = 3
    moderated, freedom = moderate(true * rng.chisquare(4, 4000) / 4, np.full(4000, 4.0))
    assert freedom[0] == pytest.approx(12, rel=0.1)
    assert np.corrcoef(np.log(moderated), np.log(true))[0, 1] > 0.6
    z = rng.normal(size=4000) * np.sqrt(true / moderated)
    assert np.mean(np.abs(z) < stats.t.ppf(0.975, freedom)) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(
    ("variances", "freedoms"),
    [
        ([1.0, 4.0, 9.0], [1.0, 1.0, 1.0]),
        ([0.0, 0.0, 0.0, 0.0, 0.0], [1.0] * 5),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 1, 1, 0]),
    ],
)
def test_too_few_variances_or_none_above_zero_stay(variances: list[float], freedoms: list[float]) -> None:
    moderated, freedom = moderate(np.array(variances), np.array(freedoms))
    np.testing.assert_array_equal(moderated, variances)
    np.testing.assert_array_equal(freedom, freedoms)


def test_a_variance_without_freedom_is_left_alone() -> None:
    moderated, freedom = moderate(np.array([1.0, 2, 3, 4, 99]), np.array([2.0, 2, 2, 2, 0]))
    assert moderated[4] == 99
    assert freedom[4] == 0
