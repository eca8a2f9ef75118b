"""Every predictor keeps the contract."""

import pytest

from affinity.predictors import Hybrid, MeanOfPairs
from affinity.predictors.group_process import GroupProcess
from tests.affinity.predictor_contract import Fit, PredictorContract


class TestMeanOfPairs(PredictorContract):
    @pytest.fixture
    def fit(self) -> Fit:
        return MeanOfPairs.fit


class TestHybrid(PredictorContract):
    @pytest.fixture
    def fit(self) -> Fit:
        return Hybrid.fit


class TestGroupProcess(PredictorContract):
    order_tolerance = 0.5
    """Its sizes are sampled: another order of tasks gives another sample of twelve."""

    @pytest.fixture
    def fit(self) -> Fit:
        return GroupProcess.fit
