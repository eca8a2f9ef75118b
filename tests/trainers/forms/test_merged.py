"""Merged adapters: what PEFT makes of the same weights, TIES by hand, and runs that are read without training."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from torch import Tensor
from transformers import AutoModel

from tests.trainers.samples import bench_of, every_kind
from trainers.adapters.peft_adapter import PeftAdapter
from trainers.bench import Bench
from trainers.forms import Dare, Mean, Ties
from trainers.forms.form_job import FormJob
from trainers.forms.merged import STRENGTHS, Merged
from trainers.forms.merging import Combination, merge_adapters
from trainers.grown import grown
from trainers.loaded import load_groups
from trainers.loop import train_group, train_run
from trainers.methods import DoRA, LoRA, RsLoRA, VeRA
from trainers.private_export import adapter_weights, save_group, served_folders
from trainers.quiet import quiet
from trainers.result import GroupResult
from trainers.run import Run
from trainers.settings import Training
from trainers.train_job import train_job

GROUP = ("multiclass", "pair", "retrieval")
TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2)
METHODS = [LoRA(r=2, alpha=4, layers="all"), RsLoRA(r=4, alpha=3, layers="all")]
FORMS = [Mean(), Ties(), Dare()]
ROUNDING = 1e-5
"""fp32: products in another order."""


def references(bench: Bench, *, seed: int = 0) -> dict[str, GroupResult]:
    """Every member's reference, with its weights."""
    return {
        name: train_run(bench, Run(group=(name,), seed=seed, passes=1, limit=2, keep_weights=True)) for name in GROUP
    }


def adapter_of(result: GroupResult) -> dict[str, Tensor]:
    return {name: torch.from_numpy(of.copy()) for name, of in result.weights.items() if not name.startswith("heads.")}


def updates(weights: Mapping[str, Tensor], scale: float) -> dict[str, Tensor]:
    """The update of every adapted weight, by the name of its ``A``."""
    return {
        name: scale * weights[name.replace(".lora_A.", ".lora_B.")] @ of
        for name, of in weights.items()
        if ".lora_A." in name
    }


def merged(
    bench: Bench, parts: Mapping[str, GroupResult], combination: Combination, **more: float
) -> dict[str, Tensor]:
    assert isinstance(bench.adapter, PeftAdapter)
    assert isinstance(bench.spec.method, LoRA)
    settings = {"weight": 1.0, "density": 0.5, "seed": 3, **more}
    return merge_adapters(
        bench.adapter,
        [adapter_of(parts[name]) for name in GROUP],
        combination=combination,
        scale=bench.spec.method.scale,
        **settings,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("combination", ["svd", "ties_svd", "linear", "ties"])
def test_a_merge_is_what_peft_makes_of_the_same_weights(combination: Combination, tmp_path: Path) -> None:
    """On a model of PEFT's own, with nothing of ours around it."""
    bench = bench_of(tmp_path, every_kind(), method=METHODS[0], training=TRAINING)
    parts = references(bench)
    config = LoraConfig(r=2, lora_alpha=4, target_modules=sorted(bench.backbone.family.targets))
    with quiet():
        model = get_peft_model(AutoModel.from_pretrained(bench.spec.checkpoint.location), config, adapter_name=GROUP[0])
        for name in GROUP[1:]:
            model.add_adapter(name, config)
        for name in GROUP:
            set_peft_model_state_dict(model, adapter_of(parts[name]), adapter_name=name)
        rank = {"svd_rank": 2} if combination.endswith("svd") else {}
        model.add_weighted_adapter(list(GROUP), [1.0] * 3, "merged", combination_type=combination, density=0.5, **rank)
    ours = updates(merged(bench, parts, combination), scale=2.0)
    assert ours
    for name, of in ours.items():
        layer = model.get_submodule(name.removesuffix(".lora_A.weight"))
        torch.testing.assert_close(of, layer.get_delta_weight("merged"), atol=ROUNDING, rtol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_the_mean_at_full_rank_is_the_mean_of_the_updates(method: LoRA, tmp_path: Path) -> None:
    """Under either scale: PEFT's own result would be too large by the root of the rank under rsLoRA."""
    bench = bench_of(tmp_path, every_kind(), method=replace(method, rank_per_task=True), training=TRAINING)
    parts = references(bench)
    wide = grown(bench, len(GROUP))
    mean = updates(merged(wide, parts, "svd", weight=1 / 3), scale=method.scale)
    each = [updates(adapter_of(parts[name]), scale=method.scale) for name in GROUP]
    for name, of in mean.items():
        torch.testing.assert_close(of, sum(part[name] for part in each) / 3, atol=ROUNDING, rtol=1e-4)


def test_ties_by_hand() -> None:
    """Three updates of one value kept each or more: of signs +, +, - the mean of the two that agree."""
    from peft.utils.merge_utils import ties

    parts = [
        torch.tensor([4.0, 1.0, -3.0, 0.5]),
        torch.tensor([2.0, -6.0, 1.0, 0.5]),
        torch.tensor([-1.0, 5.0, 4.0, 0.1]),
    ]
    found = ties(parts, torch.ones(3), density=0.5)
    # kept: (4, 0, -3, 0), (2, -6, 0, 0), (0, 5, 4, 0); signs by sums: +, -, +
    torch.testing.assert_close(found, torch.tensor([3.0, -6.0, 4.0, 0.0]))


@pytest.mark.parametrize("form", FORMS)
def test_a_merged_run_is_read_like_any_other_and_trains_nothing(form: Merged, tmp_path: Path) -> None:
    tasks = every_kind()
    bench = bench_of(tmp_path, tasks, training=TRAINING)
    parts = references(bench)
    run = Run(group=GROUP, seed=0, passes=2, splits=("select", "test"), keep_weights=True)
    result = form.make(bench, run, parts=parts, keep=None)
    assert (result.group, result.seed, result.failed, result.steps) == (GROUP, 0, None, 0)
    assert (result.cost.jobs, result.cost.tokens_backward) == (0, 0)
    assert result.cost.tokens_forward > 0
    assert result.grid.tolist() == list(STRENGTHS)
    curves = np.mean([result.members[n].curve / tasks[n].splits["stop"].prior_loss for n in GROUP], axis=0)
    assert result.chosen == int(curves.argmin())
    assert adapter_weights(result) == adapter_weights(parts["pair"])
    for name in GROUP:
        assert result.members[name].losses["test"].shape == (24,)
        for key in [key for key in parts[name].weights if key.startswith(f"heads.{name}.")]:
            np.testing.assert_array_equal(result.weights[key], parts[name].weights[key])
    groups = load_groups(served_folders(save_group(tmp_path / "merged", result, bench.spec)))
    for name in ("multiclass", "pair"):
        found = groups.scores(name, tasks[name].splits["test"].sides)
        np.testing.assert_allclose(found, result.members[name].scores["test"], atol=ROUNDING)


def test_nothing_is_left_on_the_bench(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    before = train_group(bench, GROUP, seed=1, passes=1, keep_weights=True)
    Ties().make(bench, Run(group=GROUP, seed=0, passes=1), parts=references(bench), keep=None)
    after = train_group(bench, GROUP, seed=1, passes=1, keep_weights=True)
    for name, of in before.weights.items():
        np.testing.assert_array_equal(of, after.weights[name], err_msg=name)
    assert after.cost.flops == before.cost.flops


@pytest.mark.parametrize("form", FORMS)
def test_the_same_seed_gives_the_same_whatever_the_order(form: Merged, tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    parts = references(bench)
    found = []
    for order in (GROUP, GROUP[::-1]):
        torch.manual_seed(len(found))  # DARE draws from its own seed
        run = Run(group=order, seed=0, passes=1, keep_weights=True)
        found.append(form.make(bench, run, parts={name: parts[name] for name in order}, keep=None))
    for name, of in found[0].weights.items():
        np.testing.assert_array_equal(of, found[1].weights[name], err_msg=name)
    other = Dare().make(bench, Run(group=GROUP, seed=5, passes=1, keep_weights=True), parts=parts, keep=None)
    same = all(np.array_equal(of, other.weights[name]) for name, of in found[0].weights.items())
    assert not same or not isinstance(form, Dare)


def test_two_members_of_one_adapter_are_that_adapter(tmp_path: Path) -> None:
    """The mean of equal updates at a strength of 1 scores as each reference did."""
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    parts = references(bench)
    alike = {
        name: replace(
            parts[name],
            weights={**parts["pair"].weights, **{k: v for k, v in parts[name].weights.items() if "heads." in k}},
        )
        for name in GROUP
    }
    assert isinstance(bench.spec.method, LoRA)
    mean = updates(merged(bench, alike, "svd", weight=1 / 3), scale=bench.spec.method.scale)
    for name, of in updates(adapter_of(parts["pair"]), scale=bench.spec.method.scale).items():
        torch.testing.assert_close(mean[name], of, atol=ROUNDING, rtol=1e-4)


def test_a_failed_reference_fails_the_merge_with_its_reason(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    parts = references(bench)
    parts["pair"] = replace(parts["pair"], failed="it diverged", members={}, weights={})
    result = Mean().make(bench, Run(group=GROUP, seed=0, passes=1), parts=parts, keep=None)
    assert result.failed == "a reference that it is merged from failed: it diverged"
    assert result.members == {}


@pytest.mark.parametrize("method", [DoRA(r=2), VeRA(r=2)])
def test_other_methods_are_refused_with_the_alternative(method: DoRA | VeRA) -> None:
    for form in FORMS:
        assert form.refusal(method, TRAINING) == (
            f"PEFT merges no adapters of `{method.name}`; use `method: lora` or `rslora`"
        )
        assert form.refusal(RsLoRA(), TRAINING) is None


def test_a_job_needs_every_reference_of_its_seed(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    parts = references(bench)
    jobs = {name: train_job(bench.spec, [name], seed=0, passes=1, reference=True, keep_weights=True) for name in GROUP}
    known = {name: (jobs[name], parts[name]) for name in GROUP}
    job = FormJob.of(bench.spec, Ties(), GROUP, seed=0, passes=1, references=known)
    assert job.run(bench).failed is None
    missing = {name: of for name, of in known.items() if name != "pair"}
    bare = {**known, "pair": (jobs["pair"], replace(parts["pair"], weights={}))}
    for wrong, seed in ((missing, 0), (bare, 0), (known, 1)):
        with pytest.raises(ValueError, match="Expected the reference of"):
            FormJob.of(bench.spec, Ties(), GROUP, seed=seed, passes=1, references=wrong)
