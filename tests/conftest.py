"""Sampled inputs are the same on every run, no test is judged by the clock, and contracts say what broke."""

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.affinity.estimator_contract", "tests.affinity.predictor_contract")
settings.register_profile("cotrain", deadline=None, derandomize=True)
settings.load_profile("cotrain")
