"""A private part beside a shared adapter: nothing where it is nothing, one LoRA where it is served."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainers.samples import bench_of, every_kind, word_task
from trainers import evaluate, loop
from trainers.adapters.peft_adapter import PeftAdapter
from trainers.bench import Bench, open_bench
from trainers.evaluate import evaluate as read
from trainers.forms import Private
from trainers.forms.form_job import FormJob
from trainers.interruption import Terminated
from trainers.loaded import load_groups
from trainers.loop import train_group, train_on
from trainers.methods import DoRA, LoRA, RsLoRA, VeRA
from trainers.private_bench import private_bench
from trainers.private_export import adapter_weights, save_group, served_alone, served_folders
from trainers.private_layers import PRIVATE, PrivateLayers, joined_weights
from trainers.result import GroupResult
from trainers.run import Run
from trainers.settings import Training
from trainers.vanilla import check_vanilla, save_vanilla

GROUP = ("multiclass", "pair", "retrieval")
TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2)
METHODS = [
    LoRA(r=2, alpha=4, layers="top-1"),
    RsLoRA(r=2, alpha=4, layers="all"),
    LoRA(r=2, alpha=4, layers="top-1", rank_per_task=True),
]
ROUNDING = 1e-5
"""fp32: two products are added, or one of the summed rank is taken."""


def made(bench: Bench, *, rank: int = 2, group: tuple[str, ...] = GROUP, passes: int = 2) -> GroupResult:
    """The group in the form, with its weights."""
    run = Run(group=group, seed=0, passes=passes, keep_weights=True)
    return Private(rank=rank).make(bench, run, parts={}, keep=None)


def same(first: GroupResult, second: GroupResult) -> None:
    for name, member in first.members.items():
        np.testing.assert_array_equal(member.curve, second.members[name].curve)
        np.testing.assert_array_equal(member.losses["select"], second.members[name].losses["select"])
    assert first.weights.keys() == second.weights.keys()
    for name, of in first.weights.items():
        np.testing.assert_array_equal(of, second.weights[name], err_msg=name)


def test_without_a_rank_it_is_the_shared_adapter(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    shared = train_group(bench, GROUP, seed=0, passes=2, keep_weights=True)
    with private_bench(bench, GROUP, rank=0) as none:
        alike = train_on(none, Run(group=GROUP, seed=0, passes=2, keep_weights=True))
    same(shared, replace(alike, weights={k: v for k, v in alike.weights.items() if not k.startswith(PRIVATE)}))
    assert (alike.cost.flops, alike.steps) == (shared.cost.flops, shared.steps)
    again = train_group(bench, GROUP, seed=0, passes=2, keep_weights=True)
    same(shared, again)  # nothing is left on the bench


def test_private_weights_of_zero_score_as_the_shared_part(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    result = train_group(bench, GROUP, seed=0, passes=1, keep_weights=True)
    bench.adapter.load({k: torch.from_numpy(v) for k, v in result.weights.items() if not k.startswith("heads.")})
    scores = read(bench, "multiclass", "select", _head(bench)).scores
    with private_bench(bench, GROUP, rank=2) as beside:
        beside.private.reset(seed=0)
        np.testing.assert_array_equal(read(beside, "multiclass", "select", _head(bench)).scores, scores)
        for _, up in beside.private.pairs["multiclass"]:
            up.data.fill_(0.1)
        assert np.abs(read(beside, "multiclass", "select", _head(bench)).scores - scores).max() > 1e-3
        with beside.without_adapter():
            off = read(beside, "multiclass", "select", _head(bench)).scores
    with bench.without_adapter():
        np.testing.assert_array_equal(off, read(bench, "multiclass", "select", _head(bench)).scores)


def _head(bench: Bench) -> torch.nn.Module:
    from trainers.fitted_heads import initial_head

    return initial_head(bench, "multiclass", seed=0)


def test_a_private_part_moves_with_its_own_task_alone(tmp_path: Path) -> None:
    """A step on one task leaves the private parts of the others as they are, momentum included."""
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    with private_bench(bench, GROUP, rank=2) as beside:
        state = loop.SingleRun(beside, Run(group=GROUP, seed=0, passes=1))
        rows = np.arange(8)
        for name in GROUP:
            state.descend(name, rows)
        before = {name: [of.detach().clone() for of in beside.private.parameters(name)] for name in GROUP}
        state.descend("pair", rows)
        moved = {
            name: max(
                float((new.detach() - old).abs().max())
                for new, old in zip(beside.private.parameters(name), before[name], strict=True)
            )
            for name in GROUP
        }
    assert moved["pair"] > 0
    assert moved["multiclass"] == moved["retrieval"] == 0


@pytest.mark.parametrize("method", METHODS)
def test_joined_factors_are_the_sum_of_both_updates(method: LoRA, tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), method=method, training=TRAINING)
    result = made(bench)
    weights = {name: torch.from_numpy(of) for name, of in result.weights.items() if not name.startswith("heads.")}
    for task in GROUP:
        joined = joined_weights(weights, task)
        for name in [name for name in joined if ".lora_A." in name]:
            other = name.replace(".lora_A.", ".lora_B.")
            whole = joined[other] @ joined[name]
            parts = [
                weights[other] @ weights[name],
                weights[f"{PRIVATE}{task}.{other}"] @ weights[f"{PRIVATE}{task}.{name}"],
            ]
            torch.testing.assert_close(whole, parts[0] + parts[1], atol=1e-6, rtol=1e-5)
            assert parts[1].abs().max() > 0


@pytest.mark.parametrize("method", METHODS)
def test_what_is_saved_scores_as_what_was_trained(method: LoRA, tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), method=method, training=TRAINING)
    result = made(bench)
    folder = save_group(tmp_path / "adapters" / "+".join(GROUP), result, bench.spec)
    folders = served_folders(folder)
    assert [place.name for place in folders] == list(GROUP)
    groups = load_groups(folders)
    for task in GROUP:
        sides = bench.tasks[task].splits["select"].sides
        if task != "retrieval":
            expected = result.members[task].scores["select"]
            np.testing.assert_allclose(groups.scores(task, sides), expected, atol=ROUNDING)
        else:
            ranks = result.members[task].scores["select"][:, 0]
            scores = groups.scores(task, sides)
            right = np.take_along_axis(scores, bench.tasks[task].splits["select"].targets[:, None], axis=1)
            np.testing.assert_allclose(1 / (scores >= right).sum(axis=1), ranks)


def test_vanilla_peft_reads_a_task_of_it(tmp_path: Path) -> None:
    tasks = {name: word_task(name, word=word, count=24) for name, word in (("a", 2), ("b", 3))}
    bench = bench_of(tmp_path, tasks, training=replace(TRAINING, head="native"))
    result = made(bench, group=("a", "b"))
    groups = load_groups(served_folders(save_group(tmp_path / "a+b", result, bench.spec)))
    rows = [[1, 7, 8, 2], [1, 9, 3, 10, 11]]
    assert check_vanilla(save_vanilla(tmp_path / "vanilla", groups, "a"), groups, "a", rows) < ROUNDING


def test_groups_of_other_forms_load_beside_it(tmp_path: Path) -> None:
    tasks = every_kind()
    bench = bench_of(tmp_path, tasks, training=TRAINING, method=LoRA(r=3, alpha=7.1, layers="top-1"))
    private = save_group(tmp_path / "multiclass+pair", made(bench, group=("multiclass", "pair")), bench.spec)
    plain = train_group(bench, ["binary", "regression"], seed=0, passes=1, keep_weights=True)
    shared = save_group(tmp_path / "binary+regression", plain, bench.spec)
    groups = load_groups([*served_folders(private), *served_folders(shared)])
    found = groups.scores("binary", tasks["binary"].splits["select"].sides)
    np.testing.assert_allclose(found, plain.members["binary"].scores["select"], atol=ROUNDING)
    assert set(groups.tasks) == {"multiclass", "pair", "binary", "regression"}


def test_it_is_the_same_whatever_the_order_of_tasks(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    same(made(bench), made(bench, group=GROUP[::-1]))
    keys = {
        FormJob.of(bench.spec, Private(), group, seed=0, passes=1).key
        for group in (GROUP, GROUP[::-1], GROUP[1:] + GROUP[:1])
    }
    assert len(keys) == 1


def test_a_private_part_starts_alike_in_every_group(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind())
    assert isinstance(bench.adapter, PeftAdapter)
    drawn = []
    for group in (GROUP, ("binary", "pair")):
        layers = PrivateLayers(bench.adapter, group, rank=2, scale=1.0)
        layers.reset(seed=3)
        drawn.append([of.detach() for of in layers.parameters("pair")])
        assert not torch.equal(layers.parameters(group[0])[0], layers.parameters("pair")[0])
    for first, second in zip(*drawn, strict=True):
        torch.testing.assert_close(first, second, atol=0, rtol=0)


def test_a_run_that_was_asked_to_end_goes_on_bit_by_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(tmp_path, every_kind(), method=LoRA(r=2, dropout=0.3), training=TRAINING)
    job = FormJob.of(bench.spec, Private(), GROUP, seed=0, passes=2, keep_weights=True)
    whole = job.run(bench)
    left = iter(range(14))

    def check() -> None:
        if next(left, None) is None:
            raise Terminated

    with monkeypatch.context() as patched:
        patched.setattr(loop, "check", check)
        patched.setattr(evaluate, "check", check)
        with pytest.raises(Terminated):
            job.run(bench)
    assert (bench.spec.cache / "runs" / f"{job.key}.safetensors").exists()
    fresh = open_bench(bench.spec)
    same(job.run(fresh), whole)
    assert not (bench.spec.cache / "runs" / f"{job.key}.safetensors").exists()


def test_costs_and_sizes_count_one_private_part_per_token(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, every_kind(), training=TRAINING)
    shared = train_group(bench, GROUP, seed=0, passes=1, keep_weights=True)
    private = made(bench, rank=1, passes=1)
    assert adapter_weights(private) == adapter_weights(shared) * (2 + len(GROUP) * 1) // 2
    more = adapter_weights(shared) // 2  # of one task's part
    tokens = private.cost.tokens_forward, private.cost.tokens_backward
    assert tokens == (shared.cost.tokens_forward, shared.cost.tokens_backward)
    assert private.cost.flops - shared.cost.flops == pytest.approx(more * (2 * tokens[0] + 6 * tokens[1]))
    assert adapter_weights(served_alone(private, "pair")) == adapter_weights(shared) * 3 // 2


@pytest.mark.parametrize("method", [DoRA(r=2), VeRA(r=2)])
def test_other_methods_are_refused_with_the_alternative(method: DoRA | VeRA, tmp_path: Path) -> None:
    assert "use `method: lora` or `rslora`" in str(Private().refusal(method, TRAINING))
    bench = bench_of(tmp_path, every_kind())
    spec = replace(bench.spec, method=method)
    with pytest.raises(ValueError, match="Expected a form that can be, but got `private`"):
        FormJob.of(spec, Private(), GROUP, seed=0, passes=1)
    other = bench_of(tmp_path, every_kind(), method=method)
    with pytest.raises(ValueError, match="Expected LoRA or rsLoRA"), private_bench(other, GROUP, rank=2):
        pass
