"""Estimators on tasks with a label for every line or word, and on completions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from affinity.estimators import ESTIMATORS
from affinity.example_gradients import example_gradients
from affinity.gradients import task_gradient
from affinity.looked_at import readouts_of
from affinity.looked_spans import looked_spans, spans_of
from affinity.readouts import ReadoutLoss, margins
from affinity.starting_point import starting_point
from tasks.encoding import EncodedTask
from tasks.kinds import KINDS
from tests.trainers.placed_samples import span_task, text_task
from tests.trainers.samples import bench_of, spec_of, word_task
from trainers import language_head
from trainers.bench import Bench, open_bench
from trainers.budget import Budget
from trainers.evaluate import span_features
from trainers.executors import InProcess
from trainers.fitted_heads import fitted_heads
from trainers.heads import make_head
from trainers.language_head import LanguageHead
from trainers.ledger import Ledger
from trainers.settings import Training
from trainers.trainer import Trainer

ROUNDING = 2e-5
"""fp32 sums in another order."""
TASKS = {"one": span_task("one", word=2), "two": span_task("two", word=3), "word": word_task("word", word=2)}
WRITTEN = {"up": text_task("up", shift=4), "one": TASKS["one"], "word": TASKS["word"]}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("bench"), TASKS)


def test_the_loss_of_a_margin_is_the_cross_entropy() -> None:
    scores, targets = torch.randn(6, 3), torch.tensor([[0, 2, 1], [1, 1, 0]])
    readouts = margins(KINDS["tokens"], scores, targets)
    assert readouts.shape == (2, 3)
    found = ReadoutLoss.of(KINDS["tokens"]).value(readouts).mean(1)
    np.testing.assert_allclose(found, KINDS["tokens"].losses(scores.numpy(), targets.numpy()), rtol=ROUNDING)


def test_scores_of_a_vocabulary_are_held_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_of(tmp_path, {"up": text_task("up", shift=4)}, family="llama")
    whole, most = task_gradient(bench, "up", seed=0).parts, 4
    rows: list[int] = []
    forward = LanguageHead.forward

    def noted(self: LanguageHead, states: torch.Tensor) -> torch.Tensor:
        rows.append(len(states))
        return forward(self, states)

    monkeypatch.setattr(language_head, "AT_ONCE", most)
    monkeypatch.setattr(LanguageHead, "forward", noted)
    parts = task_gradient(bench, "up", seed=0).parts
    assert max(rows) == most
    np.testing.assert_allclose(parts, whole, atol=ROUNDING)


def test_looked_spans_are_an_examples_own() -> None:
    task, rows = TASKS["one"], TASKS["one"].splits["train"]
    looked = looked_spans(task, "train")
    assert looked.targets.shape == (48, spans_of(task)) == (48, 4)
    assert readouts_of(task) == 4
    assert rows.read_at is not None
    for row in range(48):
        own = dict(zip(rows.read_at[row].tolist(), rows.targets[row].tolist(), strict=True))
        chosen = list(zip(looked.read_at[row].tolist(), looked.targets[row].tolist(), strict=True))
        assert all(at >= 0 and own[at] == target for at, target in chosen)
        assert {at for at, _ in chosen} == {at for at in own if at >= 0}  # all four, where it has no more


def test_gradients_equal_one_backward_per_span(bench: Bench) -> None:
    bench.adapter.reset(seed=0)
    for parameter in bench.adapter_parameters:
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    head = make_head(bench.tasks["one"], hidden=16, seed=0, temperature=1.0)
    chosen, looked = np.array([7, 3, 20]), looked_spans(bench.tasks["one"], "train")
    found = example_gradients(bench, "one", "train", head, chosen)
    named = {key: value for key, value in bench.adapter.named_parameters() if value.requires_grad}
    for place, row in enumerate(chosen):
        for number in range(4):
            at, target = looked.read_at[row, number], looked.targets[row, number]
            states = bench.states(bench.inputs("one", "train", 0).batch(np.array([row]), bench.device))
            value = margins(KINDS["multiclass"], head(states[:, at]), torch.tensor([target]))
            np.testing.assert_allclose(found.readouts[place, number], value.item(), atol=ROUNDING)
            expected = torch.autograd.grad(value.sum(), list(named.values()))
            for (key, _), gradient in zip(named.items(), expected, strict=True):
                block = found.blocks[key.removesuffix(".default.weight").replace("lora_", "")]
                np.testing.assert_allclose(block[place, number], gradient.flatten(), atol=ROUNDING, err_msg=key)


def test_the_start_is_read_out_of_fold(bench: Bench) -> None:
    start, heads = starting_point(bench, "one"), fitted_heads(bench, "one")
    looked = looked_spans(bench.tasks["one"], "train")
    with torch.no_grad(), bench.without_adapter():
        states, _ = span_features(bench, "one", "train", looked.read_at)
    for row in range(48):
        scores = heads.folds[heads.fold[row]](states[4 * row : 4 * row + 4])
        expected = margins(KINDS["tokens"], scores, torch.from_numpy(looked.targets[[row]]))
        np.testing.assert_allclose(start.readouts["train"][[row]], expected.detach(), atol=ROUNDING)
    assert start.inputs["train"].shape == (48, 4, 17)
    assert start.slopes["select"].shape == (48, 4, 2)


def test_the_start_of_a_completion_is_the_base_models(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, WRITTEN, family="llama")
    start, looked = starting_point(bench, "up"), looked_spans(bench.tasks["up"], "select")
    assert (dict(start.inputs), dict(start.slopes)) == ({}, {})  # nothing moves its head
    with torch.no_grad(), bench.without_adapter():
        states, _ = span_features(bench, "up", "select", looked.read_at)
        losses = torch.nn.functional.cross_entropy(
            bench.backbone.language_head()(states), torch.from_numpy(looked.targets).long().flatten(), reduction="none"
        )
    found = ReadoutLoss.of(bench.tasks["up"].kind).value(torch.from_numpy(start.readouts["select"]))
    np.testing.assert_allclose(found.flatten(), losses, rtol=1e-4)


def test_balanced_lines_are_simulated(tmp_path: Path) -> None:
    """Their loss weights move scores; where all lines are of one class there are none to balance."""
    found = []
    for weights, rare in (("none", 5), ("class_balance", 5), ("none", 1), ("class_balance", 1)):
        tasks = {name: rarely(TASKS[name], every=rare) for name in ("one", "two")}
        spec = spec_of(tmp_path, tasks, training=Training(batch_size=8, weights=weights))  # type: ignore[arg-type]
        folder = tmp_path / f"{weights}{rare}"
        folder.mkdir()
        with InProcess(open_bench, spec) as executor:
            trainer = Trainer(spec, executor, Ledger(folder / "ledger"), Budget(passes=2, seeds=1), seed=0)
            found.append(ESTIMATORS["linearized"]().estimate(trainer).matrix.scores)
    assert np.abs(found[0] - found[1]).max() > 1e-4
    np.testing.assert_array_equal(found[2], found[3])


def rarely(task: EncodedTask, *, every: int) -> EncodedTask:
    """The same with one line of ``every`` in the second class."""
    rows = task.splits["train"].targets
    labels = np.where(rows < 0, rows, (np.arange(rows.size).reshape(rows.shape) % every == 0).astype(np.int32))
    return replace(task, splits={**task.splits, "train": replace(task.splits["train"], targets=labels)})


@pytest.mark.parametrize("family", ["bert", "llama"])
@pytest.mark.parametrize("estimator", ["hybrid", "pairwise", "linearized", "lookahead", "cosine", "features"])
def test_affinities_are_estimated(tmp_path: Path, estimator: str, family: str) -> None:
    tasks = TASKS if family == "bert" else WRITTEN
    spec = spec_of(tmp_path, tasks, family=family)
    with InProcess(open_bench, spec) as executor:
        budget = Budget(passes=1, seeds=1, reference_seeds=2)
        trainer = Trainer(spec, executor, Ledger(tmp_path / "ledger.sqlite"), budget, 0)
        found = ESTIMATORS[estimator]().estimate(trainer)
    assert found.matrix.tasks == tuple(tasks)
    assert found.dropped == {}
    assert np.isfinite(found.matrix.scores).all()
    assert found.matrix.scores[~np.eye(3, dtype=bool)].any()
