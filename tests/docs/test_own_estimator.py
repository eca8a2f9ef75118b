"""The guide's estimator: it keeps the laws of estimators, and the command finds it once it is installed."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from affinity.estimators import Estimate, Estimator
from cotrain.app import main
from docs.examples.own_estimator import Coverage
from tests.affinity.estimator_contract import EstimatorContract, Kept
from tests.trainers.samples import spec_of, word_task


class TestCoverage(EstimatorContract):
    @pytest.fixture(scope="class")
    def make(self) -> Callable[[], Estimator]:
        return Coverage

    def test_what_it_cost_is_counted(self, kept: Kept) -> None:
        """It asks no model, so it has no tokens."""
        cost = kept.estimate.matrix.cost
        assert cost.seconds > 0
        assert (cost.tokens_forward, cost.tokens_backward, cost.flops) == (0, 0, 0)


def test_a_share_is_counted_by_hand(tmp_path: Path) -> None:
    pass
