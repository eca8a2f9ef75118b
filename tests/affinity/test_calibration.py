"""Forecasts against measurements: by hand, and simulated with and without a bias."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from affinity.calibration import ENOUGH_GROUPS, FEWEST_GROUPS, Correction, Forecast, calibrate
from benchmarks.calibration import BIASES, deming, repeated, run

REPETITIONS = 120
"""Of simulations: a share of 5 % is then known within 2 points."""


def point(group: int, predicted: float, measured: float, *, error: float = 0.01) -> Forecast:
    return Forecast(
        run="r", group=("a", str(group)), task="a", predicted=predicted, predicted_error=error * 0.6,
        measured=measured, measured_error=error * 0.8,
    )  # fmt: skip


def line(level: float, slope: float, groups: int = 16) -> list[Forecast]:
    """Forecasts from -0.1 to 0.1 and what a line makes of them, with a little that is not on it."""
    x = np.linspace(-0.1, 0.1, groups)
    wiggle = 1e-4 * np.where(np.arange(groups) % 2, 1, -1)
    return [point(g, a, level + slope * a + w) for g, (a, w) in enumerate(zip(x, wiggle, strict=True))]


def test_the_line_and_the_standardised_errors_by_hand() -> None:
    found = calibrate(line(0.02, 0.5))
    assert found.points == found.groups == 16
    assert found.level is not None
    assert found.slope is not None
    assert found.level.value == pytest.approx(0.02, abs=1e-4)
    assert found.slope.value == pytest.approx(0.5, abs=2e-3)
    assert found.intercept == pytest.approx(0.02, abs=1e-4)  # the centre is 0
    z = (0.02 - 0.5 * np.linspace(-0.1, 0.1, 16)) / 0.01  # hypot(0.6, 0.8) is 1
    assert found.mean_standardised == pytest.approx(z.mean(), abs=0.02)
    assert found.spread_standardised == pytest.approx(np.sqrt((z**2).mean()), abs=0.02)


def test_stated_errors_are_the_least_that_an_interval_has() -> None:
    found = calibrate(line(0.0, 1.0))  # nearly on the line, though errors of 0.01 are stated
    assert found.level is not None
    assert found.level.error == pytest.approx(0.01 / 4)  # of 16
    assert found.bias == "not clear"


def test_the_mean_error_takes_members_of_a_group_as_one() -> None:
    points = [replace(point(0, 0.0, -0.03), task=task) for task in "abcd"]
    found = calibrate(points).mean_error
    assert found is not None
    assert (found.value, found.error) == pytest.approx((-0.03, 0.01))
    apart = calibrate([point(g, 0.0, -0.03) for g in range(4)]).mean_error
    assert apart is not None
    assert apart.error == pytest.approx(0.01 / 2)


def test_coverage_has_the_exact_binomial_interval() -> None:
    points = [point(g, 0.0, 0.0 if g else 0.05) for g in range(10)]
    for of in calibrate(points).coverage:
        ends = stats.binomtest(9, 10).proportion_ci(0.95, method="exact")
        assert (of.held, of.share) == (9, 0.9)
        assert (of.low, of.high) == pytest.approx((ends.low, ends.high))
    assert calibrate(points[1:]).coverage[0].high == 1.0


def test_a_clear_bias_is_corrected_and_the_correction_can_be_taken_back() -> None:
    found = calibrate(line(0.02, 0.5))
    assert found.bias == "clear"
    assert found.correction is not None
    corrected = found.correction.apply(np.array([-0.1, 0.0, 0.1]))
    assert corrected == pytest.approx([-0.03, 0.02, 0.07], abs=2e-3)
    assert [found.correction.undo(value) for value in corrected] == pytest.approx([-0.1, 0.0, 0.1])


def test_only_what_is_clear_is_corrected() -> None:
    shifted, tilted = calibrate(line(0.02, 1.0)).correction, calibrate(line(0.0, 0.5)).correction
    assert shifted is not None
    assert tilted is not None
    assert shifted.slope == 1.0
    assert tilted.level == 0.0


def test_few_groups_are_told_and_not_corrected() -> None:
    few = calibrate(line(0.02, 0.5, groups=ENOUGH_GROUPS - 1))
    assert (few.bias, few.correction) == ("clear", None)
    fewer = calibrate(line(0.02, 0.5, groups=FEWEST_GROUPS - 1))
    assert (fewer.bias, fewer.level, fewer.slope) == ("too few groups", None, None)
    assert fewer.mean_error is not None


def test_forecasts_that_are_all_equal_have_no_slope() -> None:
    found = calibrate([point(g, 0.01, 0.04) for g in range(14)])
    assert found.slope is None
    assert found.correction is not None
    assert found.correction.level == pytest.approx(0.03, rel=0.02)


def test_what_was_not_measured_is_left_out_and_nothing_is_no_error() -> None:
    unmeasured = replace(point(0, 0.0, 0.0), predicted_error=0.0, measured_error=0.0)
    found = calibrate([unmeasured])
    assert (found.points, found.mean_standardised, found.bias) == (0, None, "too few groups")
    assert calibrate([]).coverage == ()


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        calibrate([replace(point(0, 0.0, 0.0), measured=float("nan"))])
    with pytest.raises(ValueError, match="slope above 0"):
        Correction(slope=0.0)


def test_posterior_means_that_are_right_have_slope_1_and_not_that_of_errors_in_both_variables() -> None:
    generator = np.random.default_rng(0)
    points = [of for number in range(60) for of in run(BIASES["none"], str(number), generator)[0]]
    found = calibrate(points)
    assert found.slope is not None
    assert found.slope.low < 1 < found.slope.high
    assert found.slope.value == pytest.approx(1.0, abs=0.06)  # of 480 groups
    assert deming(points) > 1.3


def test_correcting_does_not_hurt_without_a_bias_and_helps_with_one() -> None:
    nothing = repeated(BIASES["none"], 3, REPETITIONS)
    assert nothing["corrected"] < 0.12
    assert nothing["ratio"] < 1.02
    biased = repeated(BIASES["slope 0.5, level -0.02"], 3, REPETITIONS)
    assert biased["corrected"] > 0.9
    assert biased["ratio"] < 0.8
