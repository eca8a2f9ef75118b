"""Kind `tokens` is trained, stopped, stacked, exported and read like the others."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tasks.encode_task import encode
from tasks.encoding import EncodedTask
from tasks.kinds import KINDS
from tasks.kinds.spans import flat_targets
from tasks.load import load_task
from tasks.spec import TaskSpec
from tasks.task import SPLITS
from tests.trainers.placed_samples import span_task
from tests.trainers.samples import CONFIGS, bench_of, spec_of, word_task
from tests.trainers.test_kept_run import ended_after, same
from tests.trainers.test_support import SMALL
from trainers import span_heads
from trainers.backbone import load_tokenizer
from trainers.bench import BenchSpec, open_bench, prepare
from trainers.checkpoint import find_checkpoint
from trainers.evaluate import evaluate, span_features
from trainers.export import TextUse, save_adapter
from trainers.families import FAMILIES
from trainers.fitted_heads import fitted_heads
from trainers.halves import half_of, halved
from trainers.heads import make_head
from trainers.inputs import TokenInputs
from trainers.interruption import Terminated
from trainers.loaded import load_groups
from trainers.loop import train_group, train_run
from trainers.losses import LOSSES
from trainers.methods import LoRA
from trainers.packing import pack, unpack
from trainers.run import Run
from trainers.settings import Training
from trainers.stacked import train_stack

ROUNDING = 1e-5
"""fp32 sums in another order."""
ACROSS = 1e-4
"""Cached lower layers in batches against the whole model."""
TASKS = {"one": span_task("one", word=2), "two": span_task("two", word=3), "word": word_task("word", word=2)}


def test_the_loss_equals_the_reference() -> None:
    task = TASKS["one"].splits["train"]
    scores = np.random.default_rng(0).normal(size=(int((task.targets >= 0).sum()), 2)).astype(np.float32)
    found = LOSSES["tokens"](torch.from_numpy(scores), torch.from_numpy(task.targets)).numpy()
    np.testing.assert_allclose(found, KINDS["tokens"].losses(scores, task.targets), rtol=ROUNDING)


def test_a_text_is_read_at_its_own_tokens(tmp_path: Path) -> None:
    """Text by text and token by token, against batches sorted by length."""
    bench = bench_of(tmp_path, TASKS)
    rows = bench.tasks["one"].splits["stop"]
    assert rows.read_at is not None
    found, _ = span_features(bench, "one", "stop", rows.read_at)
    expected = []
    for row in range(len(rows)):
        states = bench.states(bench.inputs("one", "stop", 0).batch(np.array([row]), bench.device))[0]
        expected += [states[at] for at in rows.read_at[row] if at >= 0]
    np.testing.assert_allclose(found.detach(), torch.stack(expected).detach(), atol=ROUNDING)


def test_an_evaluation_is_that_of_every_text_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainers.evaluate.SPANS", 7)
    bench = bench_of(tmp_path, TASKS)
    head, rows = make_head(bench.tasks["one"], hidden=16, seed=0, temperature=1.0), bench.tasks["one"].splits["select"]
    found = evaluate(bench, "one", "select", head)
    assert found.scores.shape == rows.targets.shape
    np.testing.assert_array_equal(found.scores < 0, rows.targets < 0)
    with torch.no_grad():
        for row in range(len(rows)):
            batch = bench.inputs("one", "select", 0).batch(np.array([row]), bench.device)
            scores = head(bench.features(batch, "one")).numpy()
            right = rows.targets[[row]]
            np.testing.assert_allclose(found.losses[row], KINDS["tokens"].losses(scores, right), rtol=ACROSS)
            np.testing.assert_array_equal(flat_targets(found.scores[row]), scores.argmax(axis=1))


@pytest.mark.parametrize("name", sorted(SMALL))
def test_every_method_is_read_back_and_goes_on(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2, grid=2)
    spec = spec_of(tmp_path, TASKS, method=SMALL[name], training=training)
    bench = open_bench(spec)
    run = Run(group=("one", "word"), seed=0, passes=2, keep_weights=True)
    whole, keep = train_run(bench, run), tmp_path / "run.safetensors"
    same(whole, unpack(pack(whole)))
    with monkeypatch.context() as patched:
        ended_after(8, patched)
        with pytest.raises(Terminated):
            train_run(bench, run, keep=keep)
    same(whole, train_run(bench, run, keep=keep))
    groups = load_groups([save_adapter(tmp_path / "out", whole, spec)])
    rows = bench.tasks["one"].splits["select"]
    scores = groups.scores("one", rows.sides, read_at=rows.read_at)
    losses = KINDS["tokens"].losses(scores, rows.targets)
    np.testing.assert_allclose(losses, whole.members["one"].losses["select"], atol=ACROSS, rtol=ACROSS)


@pytest.mark.parametrize("family", [name for name, of in FAMILIES.items() if not of.native_only])
def test_every_architecture(tmp_path: Path, family: str) -> None:
    """With the lower layers cached, as without."""
    assert family in CONFIGS
    found = {}
    for layers in ("top-2", "all"):
        bench = bench_of(tmp_path / layers, TASKS, family=family, method=LoRA(r=2, layers=layers))
        rows = bench.tasks["two"].splits["stop"]
        assert isinstance(bench.inputs("two", "stop", 0), TokenInputs) == (layers == "all")
        assert rows.read_at is not None
        with torch.no_grad(), bench.without_adapter():
            found[layers], _ = span_features(bench, "two", "stop", rows.read_at)
        assert train_group(bench, ["two"], seed=0, passes=1).failed is None
    np.testing.assert_allclose(found["top-2"], found["all"], atol=ACROSS)


@pytest.mark.parametrize("family", ["bert", "t5", "llama"])
def test_beside_the_architectures_own_heads(tmp_path: Path, family: str) -> None:
    training = Training(batch_size=8, learning_rate=1e-2, warmup=2, head="native")
    spec = spec_of(tmp_path, TASKS, family=family, method=LoRA(r=2, layers="all"), training=training)
    result = train_group(open_bench(spec), ["one", "word"], seed=0, passes=2, keep_weights=True)
    groups = load_groups([save_adapter(tmp_path / "out", result, spec)])
    assert [groups.task(name).described["head"] for name in ("one", "word")] == ["spans", "native"]
    for name, of in TASKS.items():
        if name != "two":
            rows = of.splits["select"]
            scores = groups.scores(name, rows.sides, read_at=rows.read_at)
            losses = of.kind.losses(scores, rows.targets)
            np.testing.assert_allclose(losses, result.members[name].losses["select"], atol=ACROSS, rtol=ACROSS)


def test_a_stack_trains_as_runs_alone(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, TASKS)
    runs = [Run(group=of, seed=seed, passes=1) for of in (("one", "word"), ("one", "two")) for seed in (0, 1)]
    for alone, beside in zip([train_run(bench, run) for run in runs], train_stack(bench, runs), strict=True):
        for name, member in alone.members.items():
            np.testing.assert_allclose(member.losses["select"], beside.members[name].losses["select"], atol=ACROSS)
            np.testing.assert_array_equal(member.scores["select"], beside.members[name].scores["select"])


def test_pieces_of_a_batch_make_the_same_step(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, TASKS)
    whole, pieces = (
        train_run(bench, Run(group=("one",), seed=0, passes=1, training=Training(batch_size=8, pieces=of)))
        for of in (1, 3)
    )
    np.testing.assert_allclose(
        whole.members["one"].losses["select"], pieces.members["one"].losses["select"], atol=ACROSS
    )


def test_heads_are_fitted_on_at_least_one_span_of_every_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_heads, "MOST", 2 * 48)
    heads = fitted_heads(bench_of(tmp_path, TASKS), "one")
    assert heads.spans is not None
    counts = np.bincount(heads.spans.rows, minlength=48)
    own = (TASKS["one"].splits["train"].targets >= 0).sum(axis=1)
    np.testing.assert_array_equal(counts, np.minimum(own, 2))
    assert len(heads.frozen[0]) == len(heads.spans.targets) == counts.sum()
    assert sorted(set(heads.fold.tolist())) == [0, 1, 2, 3]


def test_a_half_has_its_own_rows_and_head(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, TASKS)
    for half in (0, 1):
        at = half_of(bench.tasks["one"], half)
        part = halved(bench, half)
        rows = part.tasks["one"].splits["train"]
        np.testing.assert_array_equal(rows.read_at, bench.tasks["one"].splits["train"].read_at[at])  # type: ignore[index]
        assert train_group(part, ["one"], seed=0, passes=1).failed is None


def returns_task(folder: Path) -> EncodedTask:
    """Which lines of a function change a name that an earlier line has set?"""
    generator = np.random.default_rng(0)
    names = ["total", "node", "item", "size"]
    rows = []
    for _ in range(240):
        lines, labels, seen = ["def work(data):"], [0], set()
        for _ in range(int(generator.integers(3, 6))):
            name = names[int(generator.integers(4))]
            lines.append(f"    {name} = call(data, {int(generator.integers(9))})")
            labels.append(int(name in seen))
            seen.add(name)
        rows.append({"code": "\n".join(lines), "label": labels})
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    spec = TaskSpec(data="rows.jsonl", text="code", label="label", kind="tokens", metric="f1")
    return encode(
        load_task("again", spec, folder=folder, seed=0), load_tokenizer(find_checkpoint("embedded")), max_length=96
    )


def test_the_embedded_model_learns_lines(tmp_path: Path) -> None:
    task = returns_task(tmp_path)
    spec = BenchSpec(
        checkpoint=find_checkpoint("embedded"), method=LoRA(r=8, alpha=16, layers="top-2"),
        training=Training(), tasks={"again": task}, cache=tmp_path / "cache", device="cpu", threads=1,
    )  # fmt: skip
    prepare(spec, SPLITS, threads=1)
    bench = open_bench(spec)
    result = train_group(bench, ["again"], seed=0, passes=6, keep_weights=True)
    select = task.splits["select"]
    losses = result.members["again"].losses["select"]
    error = losses.std(ddof=1) / np.sqrt(len(losses))
    assert losses.mean() + 2 * error < select.prior_loss
    assert losses.mean() < 0.9 * fitted_heads(bench, "again").loss  # what training adds to a map of frozen states
    use = TextUse(columns=("code",), max_length=96)
    groups = load_groups([save_adapter(tmp_path / "out", result, spec, texts={"again": use})])
    code = "def work(data):\n    size = call(data, 1)\n\n    size = call(data, 2)\n" + "    node = call(data, 3)\n" * 40
    (lines,) = groups.predict("again", [code])
    assert len(lines["labels"]) == len(lines["probabilities"]) == 44
    assert lines["labels"][2] is None  # blank
    assert lines["labels"][-1] is None  # behind the maximal length
    assert set(lines["labels"][:2]) <= {"0", "1"}
    assert all(0.5 <= chance <= 1 for chance in lines["probabilities"] if chance is not None)
    (words,) = groups.predict("again", [["def", "", "size ="]])
    assert [of is None for of in words["labels"]] == [False, True, False]
    with pytest.raises(ValueError, match="Expected places to read"):
        groups.scores("again", select.sides)
