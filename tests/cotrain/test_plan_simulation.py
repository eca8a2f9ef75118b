"""What simulated training takes, by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from affinity.splits import SPLITS
from cotrain.plan_simulation import SimulatedWork


def task(examples: int, outputs: int, kind: str) -> Any:
    """A task with as many examples in each split."""
    return SimpleNamespace(
        kind=SimpleNamespace(name=kind), outputs=outputs, splits={split: range(examples) for split in SPLITS}
    )


def test_two_tasks_by_hand() -> None:
    """10 readouts in each of three splits, and 4 examples of 5 labels; an adapter of 7 weights; 3 groups of each.

    Each anchor looks at half of train: 5 and 10 readouts of it, 25 and 50 in all.
    """
    parameters = [np.zeros(3), np.zeros(4)]
    bench: Any = SimpleNamespace(
        adapter_parameters=[SimpleNamespace(numel=of.size.__int__) for of in parameters],
        tasks={"a": task(10, 3, "multiclass"), "b": task(4, 5, "multilabel")},
    )
    found = SimulatedWork.of(bench, passes=2)
    products = 25 * 15 + 50 * 15 + 5**2 + 10**2  # per anchor: rows of either task by all columns, and both grams
    assert found.disk_bytes == 2 * 4 * 7 * 75
    assert found.memory_bytes == found.disk_bytes + 2 * 4 * products
    assert found.flops == 2 * (2 * 7 * products + 2 * 8 * 2 * 15 * 75 * (2 + 8))
