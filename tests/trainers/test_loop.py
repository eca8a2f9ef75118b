"""The training loop: determinism, pairing, stopping, and what it reads."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainers.samples import bench_of, every_kind, word_task
from trainers.bench import open_bench
from trainers.loop import SingleRun, train_group
from trainers.methods import LoRA
from trainers.mixing import one_pass
from trainers.result import GroupResult
from trainers.settings import Training

ROUNDING = 1e-4
"""Cached states and recomputed ones differ in the last bits; a few steps of training magnify that."""


def losses(result: GroupResult, task: str, split: str = "select") -> list[float]:
    return result.members[task].losses[split].tolist()


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> object:
    tasks = {name: word_task(name, word=word) for name, word in (("a", 2), ("b", 3))}
    return bench_of(tmp_path_factory.mktemp("words"), tasks)


def test_the_same_seed_gives_the_same_result_whatever_ran_before(words: object) -> None:
    first = train_group(words, ["a", "b"], seed=1, passes=2)
    train_group(words, ["b"], seed=5, passes=1)
    again = train_group(words, ["b", "a"], seed=1, passes=2)
    other = train_group(words, ["a", "b"], seed=2, passes=2)
    assert losses(first, "a") == losses(again, "a") != losses(other, "a")
    assert first.steps == again.steps == 2 * 2 * 6
    assert first.cost.tokens_backward == again.cost.tokens_backward


def test_a_learnable_task_beats_the_constant_predictor_and_a_shuffled_one_does_not(tmp_path: Path) -> None:
    tasks = {
        "word": word_task("word", word=2, count=200),
        "noise": word_task("noise", word=3, count=200, label_noise=True),
    }
    bench = bench_of(tmp_path, tasks)
    found = {name: train_group(bench, [name], seed=0, passes=6, limit=30) for name in tasks}
    skill = {name: np.mean(losses(found[name], name)) / tasks[name].splits["select"].prior_loss for name in tasks}
    assert skill["word"] < 0.8
    assert skill["noise"] > 0.95


def test_a_group_makes_its_passes_and_is_read_at_its_best_mean_point(words: object) -> None:
    result = train_group(words, ["a", "b"], seed=0, passes=4)
    assert result.grid.tolist() == [1, 2, 3, 4]
    priors = {name: words.tasks[name].splits["stop"].prior_loss for name in "ab"}
    means = np.mean([result.members[name].curve / priors[name] for name in "ab"], axis=0)
    assert result.chosen == int(np.argmin(means))
    assert not result.reference


def test_a_reference_ends_once_a_whole_budget_brings_nothing(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"noise": word_task("noise", word=2, label_noise=True)})
    result = train_group(bench, ["noise"], seed=0, passes=2, limit=50)
    assert result.reference
    assert len(result.grid) - 1 - result.chosen == 2
    assert len(result.grid) < 50
    assert train_group(bench, ["noise"], seed=0, passes=2, limit=3).grid[-1] <= 3


def test_what_is_read_belongs_to_the_chosen_point(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, {"noise": word_task("noise", word=2, label_noise=True)})
    long = train_group(bench, ["noise"], seed=0, passes=2, limit=50)
    short = train_group(bench, ["noise"], seed=0, passes=long.chosen + 1)
    assert short.chosen == long.chosen
    assert losses(short, "noise") == losses(long, "noise")


def test_every_kind_trains_and_is_read_on_the_splits_asked_for(tmp_path: Path) -> None:
    tasks = every_kind()
    result = train_group(bench_of(tmp_path, tasks), list(tasks), seed=0, passes=1, splits=["select", "test"])
    for name, task in tasks.items():
        member = result.members[name]
        assert set(member.losses) == {"select", "test"}
        assert member.losses["test"].shape == (24,)
        assert member.scores["test"].shape == (24, 1 if name == "retrieval" else task.outputs)
        assert member.metric["select"] == task.metric(member.scores["select"], task.splits["select"].targets)
        assert np.isfinite(member.losses["test"]).all()


def test_reciprocal_ranks_are_those_of_the_pool(tmp_path: Path) -> None:
    tasks = {"retrieval": every_kind()["retrieval"]}
    result = train_group(bench_of(tmp_path, tasks), ["retrieval"], seed=0, passes=1)
    ranks = 1 / result.members["retrieval"].scores["select"]
    np.testing.assert_allclose(ranks, np.round(ranks), atol=1e-4)
    assert ranks.min() >= 1
    assert ranks.max() <= 12


def test_cached_layers_change_the_cost_and_not_the_result(tmp_path: Path) -> None:
    tasks = {"a": word_task("a", word=2)}
    cached = bench_of(tmp_path, tasks, method=LoRA(r=2, alpha=4, layers="top-1"))
    whole = open_bench(replace(cached.spec, method=LoRA(r=2, alpha=4, layers="all")))
    for name, parameter in whole.adapter.named_parameters():
        parameter.requires_grad_("lora_" in name and ".layer.2." in name)  # adapt what `top-1` adapts, cache nothing
    for bench in (cached, whole):  # PEFT draws initial weights layer after layer: give both the same
        torch.manual_seed(0)
        for parameter in bench.adapter_parameters:
            torch.nn.init.normal_(parameter, std=0.1)
    rows = np.arange(10)
    found = cached.features(cached.inputs("a", "train", 0).batch(rows, cached.device))
    expected = whole.features(whole.inputs("a", "train", 0).batch(rows, whole.device))
    torch.testing.assert_close(found, expected, atol=ROUNDING, rtol=ROUNDING)
    grown = [
        torch.autograd.grad(out.square().sum(), bench.adapter_parameters)
        for out, bench in ((found, cached), (expected, whole))
    ]
    torch.testing.assert_close(grown[0], grown[1], atol=ROUNDING, rtol=ROUNDING)
    assert cached.forward_flops < whole.forward_flops


def test_dropout_reaches_the_adapter_only(tmp_path: Path) -> None:
    tasks = {"a": word_task("a", word=2)}
    plain = train_group(bench_of(tmp_path, tasks), ["a"], seed=0, passes=2)
    dropped = bench_of(tmp_path, tasks, method=LoRA(r=2, alpha=4, layers="top-1", dropout=0.5))
    first, again = (train_group(dropped, ["a"], seed=0, passes=2) for _ in range(2))
    assert losses(first, "a") == losses(again, "a") != losses(plain, "a")
    assert not any(module.training for module in dropped.backbone.model.modules() if type(module) is torch.nn.Dropout)


def test_weights_are_kept_when_asked_for(words: object) -> None:
    assert not train_group(words, ["a"], seed=0, passes=1).weights
    weights = train_group(words, ["a", "b"], seed=0, passes=1, keep_weights=True).weights
    assert {name.split(".")[1] for name in weights if name.startswith("heads.")} == {"a", "b"}
    assert any("lora_B" in name and np.abs(values).max() > 0 for name, values in weights.items())


def test_a_run_that_diverges_is_a_result_that_says_so(tmp_path: Path) -> None:
    wild = Training(batch_size=8, learning_rate=1e30, head_learning_rate=1e30, warmup=0)
    bench = bench_of(tmp_path, {"a": word_task("a", word=2)}, training=wild)
    result = train_group(bench, ["a"], seed=7, passes=3, keep_weights=True)
    assert result.failed is not None
    assert re.search(r"task a .*(nan|inf).*\(a, seed 7\); lower `training\.learning_rate`", result.failed)
    assert not result.members
    assert not result.weights
    assert result.cost.tokens_backward > 0


@pytest.fixture
def spoilt(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int, str], float]], None]:
    """Multiplies training losses by what a function of the step, from 0, and the task gives."""

    def spoil(factor: Callable[[int, str], float]) -> None:
        plain = SingleRun.loss

        def loss(self: SingleRun, name: str, rows: np.ndarray) -> torch.Tensor:
            return plain(self, name, rows) * factor(self.steps, name)

        monkeypatch.setattr(SingleRun, "loss", loss)

    return spoil


Spoil = Callable[[Callable[[int, str], float]], None]


def test_a_group_needs_all_its_passes_and_a_reference_only_a_budget_of_them(words: object, spoilt: Spoil) -> None:
    """Six steps are one pass; the loss is NaN in the third."""
    whole = train_group(words, ["a"], seed=0, passes=2)
    spoilt(lambda step, _: float("nan") if step >= 13 else 1.0)
    reference = train_group(words, ["a"], seed=0, passes=2, limit=9)
    assert (reference.failed, reference.grid.tolist()) == (None, [1, 2])
    assert losses(reference, "a") == losses(whole, "a")
    for passes, limit in ((3, None), (3, 9)):
        failed = train_group(words, ["a"], seed=0, passes=passes, limit=limit).failed
        assert failed is not None
        assert "the training loss of task a became nan at step 14 (a, seed 0)" in failed


def test_the_task_whose_gradient_spoilt_the_weights_is_named(words: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finite loss with a gradient of NaN shows at the next step, which may be another task's."""
    order = [name for name, _ in one_pass(["a", "b"], words.tasks, batch_size=8, seed=0, number=0)]
    step = next(i for i, (wild, other) in enumerate(pairwise(order)) if (wild, other) == ("a", "b"))
    plain = SingleRun.loss

    def loss(self: SingleRun, name: str, rows: np.ndarray) -> torch.Tensor:
        edge = (self.bench.adapter_parameters[0].sum() * 0).abs().sqrt()
        return plain(self, name, rows) + (edge if self.steps == step else 0.0)

    monkeypatch.setattr(SingleRun, "loss", loss)
    failed = train_group(words, ["a", "b"], seed=0, passes=1).failed
    assert failed is not None
    assert f"the gradient of task a became nan at step {step + 1} (a+b, seed 0)" in failed


def test_a_held_out_value_that_overflows_fails_the_run_and_not_the_program(tmp_path: Path) -> None:
    task = every_kind()["regression"]
    for split in ("stop", "select"):
        targets = task.splits[split].targets.copy()
        targets[3] = 1e25
        rows = replace(task.splits[split], targets=targets)
        spoilt = replace(task, name="wild", fingerprint=split, splits={**task.splits, split: rows})
        failed = train_group(bench_of(tmp_path, {"wild": spoilt}), ["wild"], seed=0, passes=1).failed
        assert failed is not None
        assert f"a loss of task wild on its {split} split was inf after 3 steps (wild, seed 0)" in failed
