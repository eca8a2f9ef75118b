"""One look at a task from an anchor."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from affinity import gradient_pass
from affinity.anchor import Anchor
from affinity.gradient_pass import GradientPass, load_weights, look
from affinity.readouts import margins
from affinity.splits import SPLITS
from affinity.starting_point import starting_point
from tasks.errors import InputError
from tests.trainers.samples import every_kind, spec_of
from trainers.bench import Bench, BenchSpec, open_bench
from trainers.evaluate import evaluate
from trainers.fitted_heads import fitted_heads
from trainers.heads import Linear
from trainers.result import GroupResult
from trainers.train_job import RESULTS_VERSION

KINDS = list(every_kind(count=12))


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> BenchSpec:
    return spec_of(tmp_path_factory.mktemp("spec"), every_kind(count=12))


@pytest.fixture(scope="module")
def bench(spec: BenchSpec) -> Bench:
    return open_bench(spec)


@pytest.fixture(scope="module")
def anchor(spec: BenchSpec, bench: Bench) -> GroupResult:
    return Anchor.of(spec, half=1, seed=0, passes=1).run(bench)


def test_an_anchor_learns_from_its_half_alone(spec: BenchSpec, bench: Bench, anchor: GroupResult) -> None:
    again = Anchor.of(spec, half=1, seed=0, passes=1).run(bench)
    other = Anchor.of(spec, half=0, seed=0, passes=1).run(bench)
    name = next(key for key in anchor.weights if "lora_B" in key)
    np.testing.assert_array_equal(again.weights[name], anchor.weights[name])
    assert not np.array_equal(other.weights[name], anchor.weights[name])
    assert set(anchor.members) == set(KINDS)
    assert not anchor.members["binary"].losses  # no held-out split is read


def test_an_anchor_of_other_code_is_another(spec: BenchSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a run of the trainer, whose results have a version."""
    job = Anchor.of(spec, half=1, seed=0, passes=1)
    before = job.key
    monkeypatch.setattr("affinity.anchor.RESULTS_VERSION", RESULTS_VERSION + 1)
    assert job.key != before


@pytest.mark.parametrize("name", KINDS)
def test_readouts_start_from_heads_that_did_not_see_the_example(bench: Bench, name: str) -> None:
    start, heads, task = starting_point(bench, name), fitted_heads(bench, name), bench.tasks[name]
    with bench.without_adapter():
        held_out = evaluate(bench, name, "select", heads.whole)
    if not task.kind.pooled:
        targets = torch.from_numpy(task.splits["select"].targets)
        scores = torch.from_numpy(held_out.scores).requires_grad_()
        read = margins(task.kind, scores, targets)
        np.testing.assert_allclose(start.readouts["select"], read.detach().numpy(), atol=1e-5)
        for fold, head in enumerate(heads.folds):
            at = np.flatnonzero(heads.fold == fold)
            own = head(*(side[torch.from_numpy(at)] for side in heads.frozen))
            expected = margins(task.kind, own, torch.from_numpy(task.splits["train"].targets[at]))
            np.testing.assert_allclose(start.readouts["train"][at], expected.detach().numpy(), atol=1e-5)
        inputs = Linear.features(heads.frozen).numpy()
        np.testing.assert_allclose(start.inputs["train"][:, :-1], inputs, atol=1e-5)
        assert (start.inputs["train"][:, -1] == 1).all()
    else:
        losses = np.logaddexp(0, -start.readouts["select"][:, 0])
        np.testing.assert_allclose(losses, held_out.losses, atol=1e-5)


def test_a_starting_point_knows_no_adapter(spec: BenchSpec, bench: Bench, anchor: GroupResult) -> None:
    load_weights(bench, anchor.weights)
    moved, untouched = starting_point(bench, "multiclass"), starting_point(open_bench(spec), "multiclass")
    again = starting_point(bench, "multiclass")
    assert again.readouts is moved.readouts  # made once, and counted once
    assert again.tokens == 0 < untouched.tokens
    for split in SPLITS:
        np.testing.assert_array_equal(moved.readouts[split], untouched.readouts[split])
        np.testing.assert_array_equal(moved.slopes[split], untouched.slopes[split])


def test_a_look_starts_from_untrained_readouts_and_holds_the_anchors_gradients(
    spec: BenchSpec, bench: Bench, anchor: GroupResult
) -> None:
    other = Anchor.of(spec, half=0, seed=0, passes=1).run(bench)
    found, elsewhere = (look(bench, "binary", of.weights) for of in (anchor, other))
    start = starting_point(bench, "binary")
    for split in SPLITS:
        np.testing.assert_array_equal(found.start[split], start.readouts[split])
        assert found.gradients[split].shape[:2] == (len(bench.tasks["binary"].splits[split]), 1)
        assert (np.abs(found.gradients[split]).max(axis=(1, 2)) > 0).all()
        assert not np.array_equal(found.gradients[split], elsewhere.gradients[split])
    assert found.cost.tokens_backward > 0


@pytest.mark.parametrize("name", ["binary", "multilabel"])
def test_the_cost_counts_a_backward_for_every_readout(bench: Bench, anchor: GroupResult, name: str) -> None:
    cost = look(bench, name, anchor.weights).cost
    weights = sum(parameter.numel() for parameter in bench.adapter_parameters)
    backward = bench.forward_flops + 2 * weights
    each = bench.forward_flops + bench.tasks[name].outputs * backward
    assert cost.flops == cost.tokens_forward * bench.forward_flops + cost.tokens_backward * each


def test_weights_of_an_anchor_come_back(bench: Bench, anchor: GroupResult) -> None:
    load_weights(bench, anchor.weights)
    weights = bench.adapter.weights()
    for name, values in anchor.weights.items():
        if not name.startswith("heads."):
            own = weights[name]
            np.testing.assert_array_equal(own.detach().numpy(), values)


def test_a_pass_survives_the_ledger_as_long_as_its_file(spec: BenchSpec, bench: Bench, anchor: GroupResult) -> None:
    job = GradientPass.of(spec, "multilabel", anchor)
    other = Anchor.of(spec, half=0, seed=0, passes=1).run(bench)
    assert job.key != GradientPass.of(spec, "multilabel", other).key
    result = job.run(bench)
    data = job.encode(result)
    again = job.decode(data)
    for kind in ("start", "gradients", "inputs", "slopes"):
        for split in SPLITS:
            np.testing.assert_array_equal(getattr(again, kind)[split], getattr(result, kind)[split])
    assert (again.cost, again.finite) == (result.cost, True)
    kept = job.file.read_bytes()
    job.file.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(ValueError, match="as they were written"):
        job.decode(data)
    job.file.unlink()
    with pytest.raises(ValueError, match="gradients of multilabel"):
        job.decode(data)


def test_a_full_disk_is_said_and_leaves_nothing(
    spec: BenchSpec, bench: Bench, anchor: GroupResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = GradientPass.of(spec, "regression", anchor)

    def full(_arrays: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise SafetensorError("No space left on device (os error 28)")

    monkeypatch.setattr(gradient_pass, "save_file", full)
    with pytest.raises(InputError, match=r"MiB of gradients of regression cannot be written \(No space left"):
        job.encode(job.run(bench))
    assert not list(spec.cache.glob("gradients-*.tmp"))
    assert not job.file.exists()


def test_an_anchor_without_weights_is_refused(spec: BenchSpec, anchor: GroupResult) -> None:
    with pytest.raises(ValueError, match="kept its weights"):
        GradientPass.of(spec, "binary", replace(anchor, weights={}))
