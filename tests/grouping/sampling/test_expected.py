"""The choice among candidates."""

import numpy as np
import pytest

from affinity.predictors.group_totals import columns_of
from grouping.sampling.expected import TRIAL, expected
from grouping.sampling.worlds import Worlds

PAIR = np.int64(0b011)
LABELS = np.array([[0, 0, 1], [0, 1, 0], [0, 1, 2]])
"""A pair, another, every task alone."""


def worlds_of(first: list[float], second: list[float]) -> Worlds:
    """Worlds in which the pairs of the first task are worth so much."""
    weights = np.zeros((len(first), columns_of(3)["whole"].stop))
    weights[:, columns_of(3)["pair"].start] = first
    weights[:, columns_of(3)["pair"].start + 1] = second
    shape = (len(first), 3)
    none = np.zeros(0, dtype=np.int64)
    return Worlds(
        3, weights, np.zeros(len(first)), np.full(shape, 0.02), np.zeros(shape), none, np.zeros((shape[0], 0))
    )


def test_improvement_by_hand() -> None:
    what = expected(LABELS, worlds_of([1.0, 3.0], [2.0, -9.0]), [], incumbent=1.0, paid=np.array([PAIR]))
    np.testing.assert_allclose(what.improvement, [1.0, 0.5, 0.0])
    np.testing.assert_allclose(what.value, [2.0, -3.5, 0.0])
    np.testing.assert_allclose(what.error, np.sqrt([1 + 0.04, 5.5**2 + 0.04, 0.0]))
    assert what.models.tolist() == [0, 1, 0]
    assert what.best == 0


def test_a_model_that_is_paid_for_wins_unless_another_improves_more_per_model() -> None:
    paid = np.array([PAIR])
    factor = (1 + TRIAL) / TRIAL
    for second, best in ((factor * 0.9, 0), (factor * 1.1, 1)):
        what = expected(LABELS, worlds_of([1.0, 1.0], [second, second]), [], incumbent=0.0, paid=paid)
        assert what.best == best


def test_without_any_improvement_the_closest_in_errors_is_taken() -> None:
    what = expected(LABELS, worlds_of([0.5, 0.5], [0.3, -0.3]), [], incumbent=0.9, paid=np.zeros(0, dtype=np.int64))
    assert not what.improvement.any()
    assert what.best == int(np.argmax(what.reach)) == 0


def test_a_constraint_that_every_world_violates_rules_a_partition_out() -> None:
    violated = worlds_of([-1.0, -1.0], [1.0, 1.0])
    what = expected(
        LABELS, worlds_of([3.0, 3.0], [2.0, 2.0]), [violated], incumbent=0.0, paid=np.zeros(0, dtype=np.int64)
    )
    assert what.feasible == pytest.approx([0.0, 1.0, 1.0])
    assert what.best == 1
