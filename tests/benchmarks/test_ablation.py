"""Parts of the ablation that need no training."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from affinity import simulation
from benchmarks.ablation import judged, patched, standard, summary

MEMBERS = np.array([[True, True, False], [True, False, True], [False, True, True], [True, True, True]])
GAINS = np.where(MEMBERS, np.arange(12.0).reshape(4, 3), np.nan)


def test_gains_are_judged_by_their_order() -> None:
    table: Any = SimpleNamespace(all=GAINS)
    assert judged(3 * GAINS + 1, table) == pytest.approx({"within": 1.0, "pooled": 1.0})
    assert judged(-GAINS, table) == pytest.approx({"within": -1.0, "pooled": -1.0})
    shifted = GAINS + np.array([0.0, 100.0, 0.0])  # levels of targets count when pooled only
    found = judged(shifted, table)
    assert found["within"] == pytest.approx(1.0)
    assert found["pooled"] < 1


def test_gains_of_two_estimators_are_brought_to_one_spread() -> None:
    np.testing.assert_allclose(standard(100 * GAINS), standard(GAINS))
    assert np.nanstd(standard(GAINS)) == pytest.approx(1.0)


def test_a_changed_number_is_changed_for_its_work_alone() -> None:
    before = simulation.ROUNDS
    assert patched("affinity.simulation.ROUNDS", 3, lambda: np.array(simulation.ROUNDS)) == 3
    assert before == simulation.ROUNDS


def test_seeds_are_summed_up() -> None:
    assert summary([1.0, 2.0, 6.0]) == {"mean": 3.0, "median": 2.0, "least": 1.0, "most": 6.0}
