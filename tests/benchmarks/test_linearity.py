"""A small step is a linear one, in the factors and in their product."""

from itertools import combinations

import numpy as np
import pytest
import torch

from affinity.anchor import Anchor
from benchmarks.linearity import changes, of_task
from tests.trainers.samples import bench_of, every_kind
from trainers.bench import Bench

Weights = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("bench"), every_kind(count=24))


@pytest.fixture(scope="module")
def anchor(bench: Bench) -> Weights:
    return dict(Anchor.of(bench.spec, half=0, seed=0, passes=1).run(bench).weights)


def near(anchor: Weights, *, step: float, seed: int, factor: str = "") -> Weights:
    """Adapter weights at this distance from the anchor, in a random direction; of one factor, if named."""
    generator = np.random.default_rng(seed)
    steps = {name: step * generator.standard_normal(of.shape) for name, of in sorted(anchor.items())}
    return {
        name: of if name.startswith("heads.") or factor not in name else (of + steps[name]).astype(np.float32)
        for name, of in anchor.items()
    }


def ends(bench: Bench, anchor: Weights, *, step: float, factor: str = "") -> dict[tuple[str, ...], Weights]:
    groups = [tuple(bench.tasks), *combinations(sorted(bench.tasks), 2)]
    return {group: near(anchor, step=step, seed=seed, factor=factor) for seed, group in enumerate(groups)}


@pytest.mark.parametrize("task", ["binary", "pair", "multiclass", "multilabel", "regression"])
def test_of_a_small_step_either_model_tells_movements_and_order(bench: Bench, anchor: Weights, task: str) -> None:
    found = of_task(bench, task, anchor, ends(bench, anchor, step=1e-3), seed=0)
    for way, figures in found.items():
        assert figures["r2"] > 0.95, way
        assert figures["correlation"] > 0.98, way
        assert figures["order"] > 0.8, way
    far = of_task(bench, task, anchor, ends(bench, anchor, step=3.0), seed=0)
    assert far["factors"]["r2"] < found["factors"]["r2"]


def test_where_one_factor_moves_both_models_are_one(bench: Bench, anchor: Weights) -> None:
    """The product is linear in either factor."""
    found = of_task(bench, "binary", anchor, ends(bench, anchor, step=0.5, factor="lora_B"), seed=0)
    assert found["factors"] == pytest.approx(found["product"], abs=1e-4)


def test_updates_by_hand() -> None:
    before = {"layer": (torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]))}
    after = {"layer": (torch.tensor([[2.0, 2.0]]), torch.tensor([[3.0], [5.0]]))}
    found = changes(before, after)
    torch.testing.assert_close(found["product"]["layer"], torch.tensor([[3.0, 0.0], [6.0, 2.0]]))
    torch.testing.assert_close(found["factors"]["layer"], torch.tensor([[3.0, 0.0], [5.0, 2.0]]))
