"""A small step is a linear one."""

from pathlib import Path

import numpy as np
import pytest

from affinity.anchor import Anchor
from benchmarks.linearity import linearity
from tests.trainers.samples import bench_of, every_kind
from trainers.bench import Bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("bench"), every_kind(count=12))


def ends(bench: Bench, *, step: float) -> dict[str, np.ndarray]:
    """Weights at this distance from the anchor, in a random direction."""
    anchor = Anchor.of(bench.spec, half=0, seed=0, passes=1).run(bench).weights
    generator = np.random.default_rng(0)
    return {
        name: (of + step * generator.standard_normal(of.shape)).astype(np.float32)
        for name, of in sorted(anchor.items())
        if not name.startswith("heads.")
    }


def test_a_small_step_is_linear_and_a_large_one_is_not(bench: Bench, tmp_path: Path) -> None:
    near = linearity(bench, ends(bench, step=1e-3), seed=0, passes=1)
    far = linearity(bench, ends(bench, step=3.0), seed=0, passes=1)
    assert set(near) == set(bench.tasks) - {"retrieval"}
    for task, figures in near.items():
        assert figures["r2"] > 0.98, task
        assert figures["correlation"] > 0.99, task
        assert far[task]["r2"] < figures["r2"]


def test_from_the_start_only_one_factor_has_a_gradient(bench: Bench) -> None:
    found = linearity(bench, ends(bench, step=0.0), seed=0, passes=0)
    assert all(np.isfinite(value) for figures in found.values() for value in figures.values())
