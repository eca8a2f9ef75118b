"""The guide's estimator keeps the laws of estimators; that the command finds it is in `test_runs.py`."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from affinity.estimators import Estimator
from docs.examples.own_estimator import Coverage
from tasks.encoding import Tokens
from tests.affinity.estimator_contract import EstimatorContract, Kept

LONGEST = 45
"""Lines of what the guide calls forty."""


class TestCoverage(EstimatorContract):
    @pytest.fixture
    def make(self) -> Callable[[], Estimator]:
        return Coverage

    def test_what_it_cost_is_counted(self, kept: Kept) -> None:
        """It asks no model, so none of its tokens pass one."""
        cost = kept.estimate.matrix.cost
        assert cost.seconds > 0
        assert (cost.tokens_forward, cost.tokens_backward, cost.flops) == (0, 0, 0)

    def test_the_base_model_and_later_runs_are_what_they_would_have_been(self, kept: Kept) -> None:
        """It opens none."""
        assert kept.bench is None


def task(*texts: list[int]) -> SimpleNamespace:
    """A task as far as the estimator looks."""
    ids = np.array([token for text in texts for token in text], dtype=np.int32)
    side = Tokens(ids, np.cumsum([0, *map(len, texts)]))
    return SimpleNamespace(splits={"train": SimpleNamespace(sides=(side,))})


def test_a_share_is_counted_by_hand() -> None:
    trainer = SimpleNamespace(tasks={"a": task([1, 2], [2, 3]), "b": task([1, 1, 9, 9], [1, 2])})
    matrix = Coverage().estimate(trainer).matrix  # type: ignore[arg-type]
    assert matrix["a", "b"] == pytest.approx((2 / 4 + 2 / 2) / 2)
    assert matrix["b", "a"] == pytest.approx((2 / 2 + 1 / 2) / 2)
    assert matrix.error("a", "b") == pytest.approx(np.std([0.5, 1.0], ddof=1) / 2**0.5)


def test_it_is_as_short_as_the_guide_says() -> None:
    assert len(Path(str(Coverage.estimate.__code__.co_filename)).read_text().splitlines()) < LONGEST
