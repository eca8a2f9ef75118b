"""Readouts and their gradients, against one backward per example."""

import numpy as np
import pytest
import torch

from affinity.example_gradients import Candidates, drawn_negatives, example_gradients
from affinity.readouts import ReadoutLoss, margins, ranking
from tests.trainers.samples import bench_of, every_kind
from trainers.bench import Bench
from trainers.evaluate import features
from trainers.heads import make_head
from trainers.losses import LOSSES

ROUNDING = 2e-5
"""fp32 sums in another order."""
HALF = 0.1
"""Relative error of a forward and backward pass in bf16, which keeps eight bits."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("bench"), every_kind(count=12))


def weights(bench: Bench, *, moved: bool) -> None:
    """The adapter at its start, or somewhere else."""
    bench.adapter.reset(seed=0)
    if moved:
        generator = torch.Generator().manual_seed(1)
        for parameter in bench.adapter_parameters:
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("name", list(every_kind(count=12)))
def test_equal_to_one_backward_per_example(bench: Bench, name: str, moved: bool) -> None:
    weights(bench, moved=moved)
    task, rows = bench.tasks[name], bench.tasks[name].splits["train"]
    head = make_head(task, hidden=bench.backbone.hidden, seed=0, temperature=0.2)
    chosen = np.random.default_rng(0).permutation(len(rows))[:9]
    candidates = None
    if task.kind.pooled:
        with torch.no_grad():
            queries, documents = (features(bench, name, "train", side)[0].clone() for side in (0, 1))
            candidates = Candidates(queries, documents, rows.targets, None)
    found = example_gradients(bench, name, "train", head, chosen, candidates=candidates)
    named = {key: value for key, value in bench.adapter.named_parameters() if value.requires_grad}
    for place, row in enumerate(chosen):
        places = ([row], [int(rows.targets[row])]) if task.kind.pooled else ([row],) * len(rows.sides)
        sides = [
            bench.features(bench.inputs(name, "train", side).batch(np.array(place), bench.device))
            for side, place in enumerate(places)
        ]
        target = torch.from_numpy(rows.targets[[row]])
        if candidates is None:
            values = margins(task.kind, head(*sides), target)
        else:
            values = ranking(head(sides[0], candidates.documents), target)
            np.testing.assert_allclose(found.readouts[place], values[0].detach().numpy(), atol=ROUNDING)
            others = torch.from_numpy(candidates.targets != int(target))[None]
            values = values + ranking(head(sides[1], candidates.queries), torch.tensor([row]), allowed=others)
        if candidates is None:
            np.testing.assert_allclose(found.readouts[place], values[0].detach().numpy(), atol=ROUNDING)
        for r in range(values.shape[1]):
            slopes = torch.autograd.grad(values[0, r], list(named.values()), retain_graph=True)
            for (key, _), slope in zip(named.items(), slopes, strict=True):
                factor = key.replace(".lora_A.default.weight", ".A").replace(".lora_B.default.weight", ".B")
                if factor in found.blocks:
                    expected = slope.flatten().numpy()
                    np.testing.assert_allclose(found.blocks[factor][place, r], expected, atol=ROUNDING)
                else:
                    assert not slope.any()  # left out because the other factor is zero


@pytest.mark.parametrize("name", ["binary", "multiclass", "regression", "multilabel"])
def test_a_readout_has_the_loss_of_its_task(bench: Bench, name: str) -> None:
    task = bench.tasks[name]
    scores = torch.randn(12, task.outputs, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    targets = torch.from_numpy(task.splits["train"].targets)
    losses = ReadoutLoss.of(task.kind).value(margins(task.kind, scores, targets)).mean(dim=1)
    np.testing.assert_allclose(losses.numpy(), LOSSES[task.kind.name](scores, targets).numpy(), rtol=1e-6)


@pytest.mark.parametrize("squared", [True, False])
def test_slopes_are_derivatives(squared: bool) -> None:
    loss, at, step = ReadoutLoss(squared=squared), torch.linspace(-4, 4, 9, dtype=torch.float64), 1e-6
    numeric = (loss.value(at + step) - loss.value(at - step)) / (2 * step)
    np.testing.assert_allclose(loss.slope(at), numeric, atol=1e-8)


def test_ranking_leaves_out_candidates_that_do_not_count() -> None:
    scores = torch.tensor([[1.0, 2.0, 5.0]])
    assert ranking(scores, torch.tensor([0])).item() == pytest.approx(1 - np.log(np.exp(2) + np.exp(5)))
    few = torch.tensor([[False, True, False]])
    assert ranking(scores, torch.tensor([0]), allowed=few).item() == pytest.approx(-1)


def test_drawn_negatives_are_others_and_as_many_as_a_batch_holds() -> None:
    targets = np.arange(400) % 5
    drawn = drawn_negatives(targets, 5, batch_size=4, seed=0, task="search")
    assert drawn.shape == (400, 3)
    assert all(len({target, *row}) == 4 for target, row in zip(targets, drawn, strict=True))  # no two alike
    counts = np.bincount(drawn.ravel(), minlength=5)
    assert (np.abs(counts - 240) < 60).all()  # each document as often as the next one
    assert drawn_negatives(targets[:3], 2, batch_size=4, seed=0, task="search").tolist() == [[1], [0], [0]]


def test_negatives_of_some_queries_are_those_that_were_drawn() -> None:
    features = torch.zeros(5, 2)
    negatives = np.array([[1, 2], [3, 0], [4, 1], [0, 1], [2, 3]])
    some = Candidates(features, features, np.arange(5), negatives).allowed(np.array([4, 1]))
    assert some is not None
    assert some.tolist() == [[False, False, True, True, False], [True, False, False, True, False]]
    assert Candidates(features, features, np.arange(5), None).allowed(np.arange(2)) is None


@pytest.mark.parametrize("name", list(every_kind(count=12)))
def test_in_mixed_precision_they_are_those_of_fp32_but_for_rounding(
    bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU: products in bf16, the adapter and what is kept in fp32."""
    weights(bench, moved=True)
    task, rows = bench.tasks[name], bench.tasks[name].splits["train"]
    head = make_head(task, hidden=bench.backbone.hidden, seed=0, temperature=0.2)
    candidates = None
    if task.kind.pooled:
        with torch.no_grad():
            queries, documents = (features(bench, name, "train", side)[0].clone() for side in (0, 1))
            candidates = Candidates(queries, documents, rows.targets, None)
    found = []
    for mixed in (False, True):
        monkeypatch.setattr(Bench, "mixed", mixed)
        found.append(example_gradients(bench, name, "train", head, np.arange(9), candidates=candidates))
    assert found[0].blocks.keys() == found[1].blocks.keys()
    for key, exact in found[0].blocks.items():
        near = found[1].blocks[key]
        assert near.dtype == np.float32
        assert np.linalg.norm(near - exact) < HALF * np.linalg.norm(exact)
