"""Every predictor keeps the contract."""

import pytest

from affinity.predictors import Blend, Hybrid, Kernels, MeanOfPairs, Ridge
from affinity.predictors.group_process import GroupProcess
from tests.affinity.predictor_contract import Fit, PredictorContract


class TestMeanOfPairs(PredictorContract):
    @pytest.fixture
    def fit(self) -> Fit:
        return MeanOfPairs.fit


class TestRidge(PredictorContract):
    @pytest.fixture
    def fit(self) -> Fit:
        return Ridge.fit


class TestKernels(PredictorContract):
    @pytest.fixture
    def fit(self) -> Fit:
        return Kernels.fit


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


class TestBlend(PredictorContract):
    @pytest.fixture
    def fit(self) -> Fit:
        return Blend.fit
