"""Estimates of part of the layers are judged by the table's tasks, whatever their order."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affinity.matrix import AffinityMatrix
from affinity.prior import MeanOfScores
from benchmarks import probed
from benchmarks.truth_table import TruthTable
from tests.trainers.samples import spec_of, word_task
from trainers.cost import Cost

SCORES = np.array([[0.0, 3.0, -1.0], [2.0, 0.0, 4.0], [-2.0, 1.0, 0.0]])
"""Sources by targets."""
MEMBERS = np.array([[True, True, False], [True, False, True], [False, True, True]])


def test_columns_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gains = np.full((3, 3), np.nan)
    for row, members in enumerate(MEMBERS):
        first, second = np.flatnonzero(members)
        gains[row, first], gains[row, second] = SCORES[second, first], SCORES[first, second]
    losses = np.stack([1 - gains] * 2)
    table = TruthTable(("a", "b", "c"), MEMBERS, losses, np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3)))
    turned = [2, 0, 1]
    names = tuple(table.tasks[t] for t in turned)
    said = AffinityMatrix(names, SCORES[np.ix_(turned, turned)], np.zeros((3, 3)), cost=Cost(flops=5.0))
    shares = []

    class Fake:
        def __init__(self, *, probed: float) -> None:
            shares.append(probed)

        def estimate(self, _trainer: Any) -> Any:
            return type("Estimate", (), {"matrix": said, "prior": MeanOfScores(said)})()

    monkeypatch.setattr(probed, "Linearized", Fake)
    spec = spec_of(tmp_path, {name: word_task(name, word=place + 2, seed=place) for place, name in enumerate("abc")})
    found = probed.measured(table, spec, tmp_path / "run", share=0.5, seed=0)
    assert shares == [0.5]
    assert found["pooled"] == pytest.approx(1.0)
    assert found["flops"] == 5.0
