"""What simulated training takes, by hand."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from affinity import mapped
from affinity.splits import SPLITS
from cotrain.plan_simulation import SimulatedWork
from tasks.kinds import KINDS


def task(examples: int, outputs: int, kind: str) -> Any:
    """A task with as many examples in each split."""
    return SimpleNamespace(kind=KINDS[kind], outputs=outputs, splits={split: range(examples) for split in SPLITS})


def test_two_tasks_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """10 readouts in each of three splits, and 4 examples of 5 labels; an adapter of 7 weights; 3 groups of each.

    The first task has 30 readouts, the second 60; all are looked at from each of two anchors.
    """
    parameters = [np.zeros(3), np.zeros(4)]
    bench: Any = SimpleNamespace(
        device=torch.device("cpu"),
        spec=SimpleNamespace(cache=Path("cache")),
        adapter_parameters=[SimpleNamespace(numel=of.size.__int__) for of in parameters],
        tasks={"a": task(10, 3, "multiclass"), "b": task(4, 5, "multilabel")},
    )
    found = SimulatedWork.of(bench, passes=2, share=1.0, anchors=2, resampled=True)
    products = 30 * 30 + 60 * 30 + 10**2 + 20**2  # rows of either task by all columns, and both grams
    assert found.disk_bytes == 2 * 4 * 7 * 90
    assert found.memory_bytes == 2 * 4 * products
    probed = SimulatedWork.of(bench, passes=2, share=3 / 7, anchors=2, resampled=True)
    assert probed.disk_bytes == 2 * 4 * 3 * 90
    plain = SimulatedWork.of(bench, passes=2, share=1.0, anchors=2, resampled=False)
    assert plain.flops == 2 * (2 * 7 * products + 2 * 8 * 2 * 30 * 90 * 2)
    monkeypatch.setattr(mapped, "IN_MEMORY", 4 * 30 * 90 - 1)
    filed = SimulatedWork.of(bench, passes=2, share=1.0, anchors=2, resampled=True)
    assert filed.memory_bytes == 2 * 4 * (10**2 + 20**2)
    assert filed.disk_bytes == found.disk_bytes + 2 * 4 * 30 * 90
    assert found.flops == 2 * (2 * 7 * products + 2 * 8 * 2 * 30 * 90 * (2 + 9))
