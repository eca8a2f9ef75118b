"""A predictor whose forecasts are corrected: a predictor like any other, and only forecasts change."""

from collections.abc import Sequence

import numpy as np
import pytest

from affinity.calibration import Correction
from affinity.predictor import Measured
from affinity.predictors import Hybrid
from affinity.predictors.calibrated import Calibrated
from tests.affinity.predictor_contract import (
    EVERY,
    NAMES,
    PAIRS,
    SHARED,
    WHOLE,
    Fit,
    PredictorContract,
    effects,
    measured,
)

CORRECTION = Correction(level=-0.02, slope=0.8, centre=0.01)


def fitted(tasks: Sequence[str], told: Sequence[Measured]) -> Calibrated:
    return Calibrated(Hybrid.fit(tasks, told), CORRECTION, tuple(told))


class TestCalibrated(PredictorContract):
    @pytest.fixture
    def fit(self) -> Fit:
        return fitted


def test_forecasts_are_corrected_and_measured_groups_are_not() -> None:
    told = measured(effects(0), [*PAIRS[:4], *WHOLE])
    plain, corrected = Hybrid.fit(NAMES, told).predict(EVERY), fitted(NAMES, told).predict(EVERY)
    known = np.zeros(len(EVERY), dtype=bool)
    known[[*PAIRS[:4], *WHOLE]] = True
    np.testing.assert_array_equal(corrected.mean[known], plain.mean[known])
    new = SHARED & ~known[:, None]
    np.testing.assert_allclose(corrected.mean[new], 0.01 + 0.8 * (plain.mean[new] - 0.01) - 0.02)
    np.testing.assert_allclose(corrected.error[new], 0.8 * plain.error[new])


def test_what_is_measured_later_is_a_forecast_no_more() -> None:
    told = measured(effects(0), PAIRS[:4])
    later = measured(effects(0), WHOLE)
    after = fitted(NAMES, told).update(later).predict(EVERY[WHOLE])
    np.testing.assert_array_equal(after.mean, Hybrid.fit(NAMES, [*told, *later]).predict(EVERY[WHOLE]).mean)


def test_of_tasks_that_are_not_judged_0_is_still_said() -> None:
    told = measured(effects(0), PAIRS[:4])
    of = Calibrated(Hybrid.fit(NAMES, told, unjudged=["a"]), CORRECTION, tuple(told), frozenset(["a"]))
    assert (of.predict(EVERY[WHOLE]).mean[:, 0] == 0).all()
    drawn = of.draw(EVERY[WHOLE], draws=5, generator=np.random.default_rng(0))
    assert (drawn[..., 0] == 0).all()
