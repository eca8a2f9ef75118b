"""Kind `text`: completions of prompts by the base model's own map to tokens."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from tasks.encoding import EncodedTask
from tasks.errors import InputError
from tasks.kinds import Completion
from tasks.metrics import METRICS
from tests.trainers.placed_samples import END, text_task
from tests.trainers.samples import CONFIGS, bench_of, save_model, spec_of, word_task
from tests.trainers.test_kept_run import ended_after, same
from tests.trainers.test_support import SMALL
from trainers import language_head, text_predictions
from trainers.backbone import load_backbone
from trainers.bench import Bench, BenchSpec, open_bench, prepare
from trainers.checkpoint import find_checkpoint
from trainers.evaluate import evaluate
from trainers.export import save_adapter
from trainers.families import FAMILIES
from trainers.fit import check_fit
from trainers.fitted_heads import fitted_heads, initial_head
from trainers.halves import halved
from trainers.interruption import Terminated
from trainers.language_head import LanguageHead
from trainers.loaded import load_groups
from trainers.loop import train_group, train_run
from trainers.losses import LOSSES
from trainers.methods import Full, HeadOnly, LoRA, Method
from trainers.packing import pack, unpack
from trainers.run import Run
from trainers.settings import Training
from trainers.stacked import train_stack
from trainers.text_predictions import complete

ROUNDING = 1e-5
"""fp32 sums in another order."""
ACROSS = 1e-4
"""Cached lower layers in batches against the whole model, and states padded at another side."""
DECODERS = [name for name, of in FAMILIES.items() if of.pooling == "last" and not of.native_only]
TASKS = {"up": text_task("up", shift=4), "far": text_task("far", shift=12), "word": word_task("word", word=2)}
TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2, grid=2)


def test_the_loss_equals_the_reference() -> None:
    targets = TASKS["up"].splits["train"].targets
    scores = np.random.default_rng(0).normal(size=(int((targets >= 0).sum()), 40)).astype(np.float32)
    found = LOSSES["text"](torch.from_numpy(scores), torch.from_numpy(targets)).numpy()
    np.testing.assert_allclose(found, Completion().losses(scores, targets), rtol=ROUNDING)


def test_losses_in_parts_have_the_same_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    states, right = torch.randn(11, 16, generator=generator), torch.randint(0, 40, (11,), generator=generator)
    found = []
    for size in (512, 4):
        monkeypatch.setattr(language_head, "AT_ONCE", size)
        own = states.clone().requires_grad_()
        output = torch.nn.Linear(16, 40, bias=False)
        torch.nn.init.ones_(output.weight).data[::2] = 0.5
        losses = language_head.token_losses(LanguageHead(output), own, right)
        losses.sum().backward()
        found.append((losses.detach(), own.grad))
    for whole, parts in zip(*found, strict=True):
        np.testing.assert_allclose(whole, parts, rtol=ROUNDING, atol=ROUNDING)


def of_transformers(bench: Bench, task: EncodedTask, split: str) -> list[float]:
    """Every example's loss by the whole model itself, with labels of -100 on the prompt."""
    model = AutoModelForCausalLM.from_pretrained(bench.spec.checkpoint.location)
    rows, found = task.splits[split], []
    for row in range(len(rows)):
        ids = torch.from_numpy(rows.sides[0].text(row)).long()[None]
        labels = ids.clone()
        labels[0, : ids.shape[1] - int((rows.targets[row] >= 0).sum())] = -100
        with torch.no_grad():
            found.append(float(model(input_ids=ids, labels=labels).loss))
    return found


@pytest.mark.parametrize("layers", ["all", "top-2"])
@pytest.mark.parametrize("family", DECODERS)
def test_the_loss_is_that_of_transformers(tmp_path: Path, family: str, layers: str) -> None:
    bench = bench_of(tmp_path, TASKS, family=family, method=LoRA(r=2, layers=layers))
    head = initial_head(bench, "up", seed=0)
    found = evaluate(bench, "up", "stop", head)
    np.testing.assert_allclose(found.losses, of_transformers(bench, TASKS["up"], "stop"), atol=ROUNDING, rtol=ROUNDING)
    assert list(head.parameters()) == []


def test_a_mapping_is_learned_and_written(tmp_path: Path) -> None:
    """And the untrained model knows nothing of it."""
    config = copy.deepcopy(CONFIGS["qwen2"])
    config.initializer_range = 0.3  # or no state could make a token likely
    save_model(tmp_path / "causal-qwen2", config, language=True)
    tasks = {"up": text_task("up", shift=4, noise=0)}
    training = Training(batch_size=8, learning_rate=1e-2, warmup=2)
    method = LoRA(r=8, alpha=16, layers="all", targets=["up_proj", "down_proj"])
    spec = spec_of(tmp_path, tasks, family="qwen2", method=method, training=training)
    bench = open_bench(spec)
    bench.adapter.reset(seed=0)
    before = evaluate(bench, "up", "select", initial_head(bench, "up", seed=0))
    result = train_group(bench, ["up"], seed=0, passes=40, keep_weights=True)
    member, rows = result.members["up"], tasks["up"].splits["select"]
    assert METRICS["exact_match"](before.scores, rows.targets) < 0.2
    assert member.metric["select"] == 1.0
    assert member.losses["select"].mean() < 0.2 * rows.prior_loss
    assert not [name for name in result.weights if name.startswith("heads.")]
    groups = load_groups([save_adapter(tmp_path / "out", result, spec)])
    prompts = [rows.sides[0].text(row)[: rows.read_at[row, 0] + 1] for row in range(len(rows))]  # type: ignore[index]
    written = complete(groups, "up", prompts, longest=3, end=END)
    right = [own == target[target >= 0].tolist() for own, target in zip(written, rows.targets, strict=True)]
    assert np.mean(right) == pytest.approx(member.metric["select"])  # greedy decoding, as exact match says


@pytest.mark.parametrize("name", sorted(set(SMALL) - {"head"}))
def test_every_method_is_read_back_writes_and_goes_on(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    method: Method = SMALL[name]
    spec = spec_of(tmp_path, TASKS, family="llama", method=method, training=TRAINING)
    bench = open_bench(spec)
    run = Run(group=("up", "word"), seed=0, passes=2, keep_weights=True)
    whole, keep = train_run(bench, run), tmp_path / "run.safetensors"
    assert whole.failed is None
    same(whole, unpack(pack(whole)))
    with monkeypatch.context() as patched:
        ended_after(8, patched)
        with pytest.raises(Terminated):
            train_run(bench, run, keep=keep)
    same(whole, train_run(bench, run, keep=keep))
    groups = load_groups([save_adapter(tmp_path / "out", whole, spec)])
    rows = bench.tasks["up"].splits["select"]
    losses = Completion().losses(groups.scores("up", rows.sides, read_at=rows.read_at), rows.targets)
    np.testing.assert_allclose(losses, whole.members["up"].losses["select"], atol=ACROSS, rtol=ACROSS)
    prompts = [rows.sides[0].text(row)[: 2 + row % 3] for row in range(20)]
    found = complete(groups, "up", prompts, longest=4, end=None)
    with torch.inference_mode():
        assert found == text_predictions._rereading(groups, prompts, 4, None)


@pytest.mark.parametrize("tied", [True, False])
def test_full_fine_tuning_follows_tied_embeddings(tmp_path: Path, tied: bool) -> None:
    config = copy.deepcopy(CONFIGS["qwen2"])
    config.tie_word_embeddings = tied
    checkpoint = find_checkpoint(str(save_model(tmp_path / "model", config, language=True)))
    spec = BenchSpec(
        checkpoint=checkpoint, method=Full(), training=TRAINING, tasks=TASKS, cache=tmp_path / "cache",
        device="cpu", threads=1,
    )  # fmt: skip
    prepare(spec, ("train",), threads=1)
    bench = open_bench(spec)
    before = evaluate(bench, "up", "select", initial_head(bench, "up", seed=0))
    np.testing.assert_allclose(before.losses, of_transformers(bench, TASKS["up"], "select"), rtol=ROUNDING)
    result = train_group(bench, ["up"], seed=0, passes=4, keep_weights=True)
    assert result.members["up"].losses["select"].mean() < before.losses.mean()
    groups = load_groups([save_adapter(tmp_path / "out", result, spec)])
    rows = TASKS["up"].splits["select"]
    losses = Completion().losses(groups.scores("up", rows.sides, read_at=rows.read_at), rows.targets)
    np.testing.assert_allclose(losses, result.members["up"].losses["select"], atol=ACROSS, rtol=ACROSS)


def test_a_stack_trains_as_runs_alone(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, TASKS, family="llama")
    runs = [Run(group=of, seed=seed, passes=1) for of in (("up",), ("far", "up"), ("up", "word")) for seed in (0, 1)]
    for alone, beside in zip([train_run(bench, run) for run in runs], train_stack(bench, runs), strict=True):
        for name, member in alone.members.items():
            np.testing.assert_allclose(member.losses["select"], beside.members[name].losses["select"], atol=ACROSS)


def test_the_head_is_the_base_models_whatever_the_run(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, TASKS, family="llama")
    heads = fitted_heads(bench, "up")
    assert isinstance(heads.whole, LanguageHead)
    assert heads.spans is not None
    assert np.isin(heads.fold, range(4)).all()
    assert len(heads.frozen[0]) == int((TASKS["up"].splits["train"].targets >= 0).sum())
    part = halved(bench, 0)
    assert isinstance(initial_head(part, "up", seed=0), LanguageHead)
    assert train_group(part, ["up"], seed=0, passes=1).failed is None


def test_refuses_what_writes_nothing(tmp_path: Path) -> None:
    def fit(family: str, method: Method | None = None, training: Training | None = None) -> None:
        checkpoint = find_checkpoint(str(save_model(tmp_path / family, CONFIGS[family])))
        settings = {"max_length": 8, "training": training or Training(), "texts": ["notes"]}
        check_fit(checkpoint, method or LoRA(), **settings)  # type: ignore[arg-type]

    fit("llama")
    for family in ("bert", "t5"):
        with pytest.raises(InputError, match=r"base_model: task notes is of kind text, which needs a causal .* Qwen"):
            fit(family)
    with pytest.raises(InputError, match=r"training\.head: task notes .* use `training\.head: pooled`"):
        fit("llama", LoRA(layers="all"), Training(head="native"))
    with pytest.raises(InputError, match=r"method\.name: `head` trains heads alone, .* use `lora`"):
        fit("llama", HeadOnly())


def test_refuses_a_checkpoint_without_a_map_to_tokens(tmp_path: Path) -> None:
    checkpoint = find_checkpoint(str(save_model(tmp_path / "bare", CONFIGS["llama"])))
    with pytest.raises(InputError, match=r"has no weights `lm_head.weight`, without which nothing is written"):
        load_backbone(checkpoint, device=torch.device("cpu"), language=True)


def test_a_text_that_ends_is_told_from_one_that_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert text_predictions._until([5, END, 7], END) == [5, END]
    assert text_predictions._until([5, 7], END) == [5, 7]
    assert text_predictions._until([5, 7], None) == [5, 7]
    spec = replace(spec_of(tmp_path, TASKS, family="llama", training=TRAINING))
    result = train_group(open_bench(spec), ["up"], seed=0, passes=1, keep_weights=True)
    groups = load_groups([save_adapter(tmp_path / "out", result, spec)])
    prompts = [np.array([1, 30, 9], dtype=np.int32)] * 3
    monkeypatch.setattr(text_predictions, "ROWS", 2)
    assert [len(own) for own in complete(groups, "up", prompts, longest=5, end=None)] == [5, 5, 5]
