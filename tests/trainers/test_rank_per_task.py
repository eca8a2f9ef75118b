"""Ranks that grow with groups: the scale stays, singles are the first rows, and everything that reads ranks follows."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftConfig

from tests.trainers.samples import bench_of, spec_of, word_task
from trainers.bench import open_bench
from trainers.export import save_adapter
from trainers.grown import grown
from trainers.kept_run import KeptRun
from trainers.loaded import load_groups, padded
from trainers.loop import SingleRun, train_group, train_run
from trainers.methods import DoRA, LoRA, RsLoRA, VeRA, for_group, settings_of
from trainers.run import Run
from trainers.settings import Training
from trainers.stack_layers import draw_adapter
from trainers.stacked import train_stack
from trainers.train_job import train_job
from trainers.upper import through_lora, upper
from trainers.vanilla import check_vanilla, save_vanilla

TASKS = {name: word_task(name, word=word, count=24) for name, word in (("a", 2), ("b", 3), ("c", 4))}
METHODS = [
    LoRA(r=2, alpha=4, layers="top-1", rank_per_task=True),
    RsLoRA(r=2, alpha=4, layers="all", rank_per_task=True),
    DoRA(r=2, alpha=4, layers="top-2", rank_per_task=True),
]
TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2)
ROUNDING = 1e-4
"""fp32, batches of other shapes."""


def test_the_scale_of_the_update_stays() -> None:
    assert for_group(LoRA(r=4, alpha=8, rank_per_task=True), 3) == LoRA(r=12, alpha=24, rank_per_task=True)
    assert for_group(RsLoRA(r=4, alpha=8, rank_per_task=True), 4) == RsLoRA(r=16, alpha=16, rank_per_task=True)
    for method in METHODS:
        grown_method = for_group(method, 5)
        assert isinstance(grown_method, LoRA)
        assert (grown_method.r, grown_method.scale) == (10, pytest.approx(method.scale))


@pytest.mark.parametrize("method", [LoRA(), VeRA(), replace(LoRA(), r=3)])
def test_without_it_every_group_has_the_same(method: LoRA | VeRA) -> None:
    assert for_group(method, 7) is method
    assert for_group(METHODS[0], 1) is METHODS[0]


def test_keys_of_results_are_what_they_were(tmp_path: Path) -> None:
    assert set(settings_of(LoRA())) == {"layers", "name", "r", "alpha", "dropout", "targets"}
    assert settings_of(VeRA()) == asdict(VeRA())
    keys = set()
    for method in (METHODS[0], replace(METHODS[0], rank_per_task=False)):
        spec = spec_of(tmp_path, TASKS, method=method)
        keys.add(train_job(spec, ["a", "b"], seed=0, passes=1).key)
    assert len(keys) == 2


@pytest.mark.parametrize("method", METHODS)
def test_a_single_starts_as_the_first_rows_of_a_group(tmp_path: Path, method: LoRA) -> None:
    bench = bench_of(tmp_path, TASKS, method=method)
    starts = []
    for members in (1, 3):
        of = grown(bench, members)
        of.adapter.reset(seed=5)
        starts.append({name: value.clone() for name, value in of.adapter.weights().items()})
    single, group = starts
    assert single.keys() == group.keys()
    for name, value in single.items():
        if "lora_A" in name:
            assert (value.shape[0], group[name].shape[0]) == (2, 6)
            assert value.any()
            assert torch.equal(group[name][:2], value)
            assert len(torch.unique(group[name])) == group[name].numel()
        elif "lora_B" in name:
            assert group[name].shape[1] == 6
            assert not group[name].any()
    pairs = draw_adapter(bench.adapter, seed=5, rank=6, by_rows=True)
    downs = [value for name, value in group.items() if "lora_A" in name]
    assert all(torch.equal(down, value) for (down, _), value in zip(pairs, downs, strict=True))


@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_a_group_trains_as_on_a_bench_of_its_own_rank(tmp_path: Path, method: LoRA, recompute: bool) -> None:
    training = replace(TRAINING, recompute=recompute)
    bench = bench_of(tmp_path, TASKS, method=method, training=training)
    train_group(bench, ["c"], seed=1, passes=1)
    found = train_group(bench, ["a", "b"], seed=3, passes=2, keep_weights=True)
    own = open_bench(replace(bench.spec, method=for_group(method, 2)))
    state = SingleRun(own, Run(group=("a", "b"), seed=3, passes=2, keep_weights=True))
    state.train(KeptRun(None))
    expected = state.result(seconds=0.0, adapter=state.adapter)
    assert found.weights.keys() == expected.weights.keys()
    for name, value in expected.weights.items():
        np.testing.assert_array_equal(found.weights[name], value, err_msg=name)
    assert found.cost.flops == expected.cost.flops
    assert grown(bench, 2) is grown(bench, 2) is not grown(bench, 3)
    assert grown(bench, 1) is bench


def test_dropout_does_not_depend_on_what_was_made_before(tmp_path: Path) -> None:
    method = replace(METHODS[0], dropout=0.5)
    bench = bench_of(tmp_path, TASKS, method=method)
    first = train_group(bench, ["a", "b"], seed=3, passes=1, keep_weights=True)
    again = train_group(bench, ["a", "b"], seed=3, passes=1, keep_weights=True)
    for name, value in first.weights.items():
        np.testing.assert_array_equal(again.weights[name], value, err_msg=name)


@pytest.mark.parametrize("method", METHODS[:2])
def test_a_stack_mixes_ranks(tmp_path: Path, method: LoRA) -> None:
    bench = bench_of(tmp_path, TASKS, method=method)
    runs = [
        Run(group=("a",), seed=0, passes=2, keep_weights=True),
        Run(group=("a", "b", "c"), seed=1, passes=2, keep_weights=True),
        Run(group=("b", "c"), seed=1, passes=2, keep_weights=True),
    ]
    for run, found in zip(runs, train_stack(bench, runs), strict=True):
        expected = train_run(bench, run)
        assert found.cost.flops == expected.cost.flops
        for name, value in expected.weights.items():
            np.testing.assert_allclose(found.weights[name], value, atol=ROUNDING, err_msg=name)


@pytest.mark.parametrize("method", METHODS)
def test_groups_of_different_rank_load_together(tmp_path: Path, method: LoRA) -> None:
    bench = bench_of(tmp_path, TASKS, method=method, training=TRAINING)
    results = {}
    for group in (("a",), ("b", "c")):
        result = train_group(bench, group, seed=0, passes=2, keep_weights=True)
        save_adapter(tmp_path / "+".join(group), result, bench.spec)
        results |= dict.fromkeys(group, result)
    groups = load_groups([tmp_path / "a", tmp_path / "b+c"])
    for _ in range(2):  # going to and fro leaves nothing of the larger group in the smaller
        for name, result in results.items():
            tokens = TASKS[name].splits["select"].sides[0]
            expected = result.members[name].scores["select"]
            np.testing.assert_allclose(groups.scores(name, [tokens]), expected, atol=ROUNDING, rtol=ROUNDING)
    for folder, rank in (("a", 2), ("b+c", 4)):
        config = PeftConfig.from_pretrained(str(tmp_path / folder))
        scale = config.lora_alpha / (rank**0.5 if config.use_rslora else rank)
        assert (config.r, scale) == (rank, pytest.approx(method.scale))


def test_the_tasks_of_groups_of_different_rank_are_exported_for_peft_alone(tmp_path: Path) -> None:
    method = LoRA(r=2, alpha=4, layers="all", rank_per_task=True)
    bench = bench_of(tmp_path, TASKS, method=method, training=replace(TRAINING, head="native"))
    for group in (("a",), ("b", "c")):
        result = train_group(bench, group, seed=0, passes=2, keep_weights=True)
        save_adapter(tmp_path / "+".join(group), result, bench.spec)
    groups = load_groups([tmp_path / "a", tmp_path / "b+c"])
    rows = [[1, 7, 8, 3, 9], [1, 2, 20, 21]]
    for name in ("a", "b"):
        check_vanilla(save_vanilla(tmp_path / "tasks" / name, groups, name), groups, name, rows)


def test_what_is_larger_than_the_largest_group_is_refused() -> None:
    found = padded({"A": torch.ones(2, 3), "other": torch.ones(4)}, {"A": torch.zeros(4, 3), "other": torch.zeros(4)})
    assert torch.equal(found["A"], torch.tensor([[1.0] * 3] * 2 + [[0.0] * 3] * 2))
    with pytest.raises(RuntimeError, match=r"expected A of shape \(1, 3\) at most, but got \(2, 3\)"):
        padded({"A": torch.ones(2, 3)}, {"A": torch.zeros(1, 3)})


def test_estimators_look_at_the_rank_of_a_single(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, TASKS, method=METHODS[0])
    seen = upper(bench, 1.0)
    assert seen.spec.method == replace(METHODS[0], rank_per_task=False)
    assert seen.adapter is bench.adapter
    assert upper(bench, 1.0) is seen
    assert through_lora(seen.spec) is seen.spec
    assert train_group(seen, ["a", "b"], seed=0, passes=1, keep_weights=True).weights.keys()
    assert grown(seen, 3) is seen
