"""Gradients of a layer on frozen features, against autograd and against the double sum that they stand for."""

from pathlib import Path

import numpy as np
import pytest
import torch

from affinity import features
from affinity.estimators.cosine import cosine
from affinity.features import FeatureJob, feature_gradient
from affinity.gradients import PARTS_PER_FOLD, GradientJob
from tests.trainers.samples import bench_of, every_kind, word_task
from trainers.bench import Bench
from trainers.fitted_heads import fitted_heads
from trainers.head_fits import FOLDS
from trainers.losses import LOSSES, in_batch

ROUNDING = 1e-5
"""Sums in fp32 in another order."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("kinds"), every_kind())


@pytest.mark.parametrize("task", ["binary", "pair", "multilabel", "regression", "retrieval"])
def test_it_is_the_gradient_of_a_linear_layer_at_zero(bench: Bench, task: str) -> None:
    encoded = bench.tasks[task]
    rows = encoded.splits["train"]
    heads = fitted_heads(bench, task)
    sides, head = heads.frozen, heads.folds[0]
    part = np.array_split(np.flatnonzero(heads.fold == 0), PARTS_PER_FOLD)[0]
    layer = torch.zeros(bench.backbone.hidden, bench.backbone.hidden, requires_grad=True)
    places = (part, rows.targets[part]) if encoded.kind.pooled else (part,) * encoded.sides
    pairs = zip(sides, places, strict=True)
    texts = [side[place] + (side[place] - side.mean(dim=0)) @ layer.T for side, place in pairs]
    targets = torch.from_numpy(rows.targets[part])
    scores = head(*texts)
    losses = in_batch(scores, targets) if encoded.kind.pooled else LOSSES[encoded.kind.name](scores, targets)
    (expected,) = torch.autograd.grad(losses.mean(), layer)
    found = feature_gradient(bench, task, seed=0)
    assert found.parts.shape == (FOLDS * PARTS_PER_FOLD, bench.backbone.hidden**2)
    np.testing.assert_allclose(found.parts[0], expected.flatten().numpy(), atol=ROUNDING)
    assert found.cost.tokens_backward == 0
    assert found.cost.tokens_forward >= sum(len(side.ids) for side in rows.sides)


def test_the_product_of_two_is_a_double_sum_over_examples() -> None:
    generator = np.random.default_rng(0)
    moved, seen = generator.standard_normal((2, 2, 8, 3))  # shape of each: (tasks, examples, width)
    products = [np.einsum("pxa,pxb->pab", moved[t].reshape(2, 4, 3), seen[t].reshape(2, 4, 3)) / 4 for t in range(2)]
    kernels = [[float(((moved[s] @ moved[t].T) * (seen[s] @ seen[t].T)).mean()) for t in range(2)] for s in range(2)]
    expected = kernels[0][1] / np.sqrt(kernels[0][0] * kernels[1][1])
    left, right = (product.reshape(2, 9).astype(np.float32) for product in products)
    assert cosine(left, right)[0] == pytest.approx(expected, abs=ROUNDING)


def test_wide_features_are_projected_the_same_way_for_every_task(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = feature_gradient(bench, "binary", seed=0).parts
    monkeypatch.setattr(features, "WIDTH", 8)
    projection = features._projection(16, seed=0).numpy()
    expected = np.einsum("pab,ac,bd->pcd", whole.reshape(-1, 16, 16), projection, projection)
    found = feature_gradient(bench, "binary", seed=0).parts
    np.testing.assert_allclose(found, expected.reshape(len(whole), -1), atol=ROUNDING)


def test_projections_keep_inner_products_on_average(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "WIDTH", 16)
    product = np.mean([(p @ p.T).numpy() for p in (features._projection(20, seed=seed) for seed in range(400))], axis=0)
    np.testing.assert_allclose(product, np.eye(20), atol=5 * np.sqrt(2 / 16 / 400))  # five standard errors


def test_a_job_is_told_from_that_of_the_adapters_gradient(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"a": word_task("a", word=2)})
    job = FeatureJob.of(bench.spec, "a", seed=0)
    assert isinstance(job, FeatureJob)
    assert job.key not in (GradientJob.of(bench.spec, "a", seed=0).key, FeatureJob.of(bench.spec, "a", seed=1).key)
    result = job.run(bench)
    again = job.decode(job.encode(result))
    np.testing.assert_array_equal(again.parts, result.parts)
    assert again.cost == result.cost
