"""Balanced classes and weights of tasks: hand values, laws, and what stays unweighted."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tasks.encoding import EncodedTask
from tests.trainers.placed_samples import span_task, text_task
from tests.trainers.samples import bench_of, every_kind, spec_of, word_task
from trainers.class_weights import class_weights, example_weights
from trainers.loop import train_group
from trainers.losses import training_loss
from trainers.settings import VERSIONS, Training
from trainers.train_job import train_job

TRAINING = Training(batch_size=8, learning_rate=1e-2, head_learning_rate=1e-2, warmup=2)


def with_targets(kind: str, targets: list[object]) -> EncodedTask:
    task = every_kind()[kind]
    dtype = task.splits["train"].targets.dtype
    return replace(task, splits={"train": replace(task.splits["train"], targets=np.array(targets, dtype=dtype))})


def test_weights_by_hand() -> None:
    """Of four examples three are negative: 4 / (2 * 3) and 4 / (2 * 1)."""
    np.testing.assert_allclose(class_weights(with_targets("binary", [0, 0, 1, 0])), [2 / 3, 2])
    np.testing.assert_allclose(class_weights(with_targets("multiclass", [0, 0, 0, 1, 2, 2])), [2 / 3, 2, 1])
    found = class_weights(with_targets("multilabel", [[0, 1], [1, 1], [0, 0], [0, 1]]))
    np.testing.assert_allclose(found, [[2 / 3, 2], [2, 2 / 3]])


def test_what_does_not_occur_weighs_one() -> None:
    np.testing.assert_allclose(class_weights(with_targets("multiclass", [0, 0, 2, 2, 2, 2])), [1.5, 1, 0.75])
    np.testing.assert_allclose(class_weights(with_targets("binary", [1, 1])), [1, 1])
    np.testing.assert_allclose(class_weights(with_targets("multilabel", [[0, 1], [0, 1]])), np.ones((2, 2)))


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "pair"])
def test_weights_are_one_on_average_and_classes_count_alike(kind: str) -> None:
    task = every_kind()[kind]
    targets = torch.from_numpy(task.splits["train"].targets)
    weights = class_weights(task)
    assert weights is not None
    each = example_weights(weights, targets)
    assert each.shape == targets.shape
    np.testing.assert_allclose(each.mean(0), np.ones(targets.shape[1:]), rtol=1e-6)
    for column, own in zip(each.reshape(len(each), -1).T, targets.reshape(len(each), -1).T, strict=True):
        totals = [float(column[own == value].sum()) for value in own.unique()]
        np.testing.assert_allclose(totals, totals[0], rtol=1e-6)


@pytest.mark.parametrize("kind", ["regression", "retrieval"])
def test_kinds_without_classes_have_none(kind: str) -> None:
    assert class_weights(every_kind()[kind]) is None
    assert class_weights(text_task("up", shift=1)) is None


def lines(targets: list[list[int]]) -> EncodedTask:
    """Of kind `tokens`, with these labels of lines."""
    task = span_task("lines", word=2)
    return replace(task, splits={"train": replace(task.splits["train"], targets=np.array(targets, dtype=np.int32))})


def test_a_line_counts_as_in_its_examples_loss() -> None:
    """The second class has a quarter of the first example and all of the second: 1.25 of 2, the other 0.75."""
    task = lines([[0, 0, 0, 1], [1, -1, -1, -1]])
    weights = class_weights(task)
    assert weights is not None
    np.testing.assert_allclose(weights, [2 / (2 * 0.75), 2 / (2 * 1.25)])
    each = example_weights(weights, torch.from_numpy(task.splits["train"].targets))
    np.testing.assert_allclose(each, [4 / 3, 4 / 3, 4 / 3, 0.8, 0.8], rtol=1e-6)
    log2 = np.log(2)  # at scores of 0 every line's loss
    found = training_loss("tokens", torch.zeros(5, 2), torch.from_numpy(task.splits["train"].targets), each)
    assert float(found) == pytest.approx(log2 * ((3 * 4 / 3 + 0.8) / 4 + 0.8) / 2)
    assert float(found) == pytest.approx(log2)  # 1 on average
    np.testing.assert_allclose(class_weights(lines([[0, 0], [0, -1]])), [1, 1])


def test_weighted_losses_by_hand() -> None:
    """At scores of 0 every logistic loss is log 2."""
    log2 = np.log(2)
    weights = torch.tensor([0.5, 3.0])
    found = training_loss("binary", torch.zeros(2, 1), torch.tensor([0, 1]), weights)
    assert float(found) == pytest.approx(1.75 * log2)
    labels = training_loss("multilabel", torch.zeros(1, 2), torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 1.5]]))
    assert float(labels) == pytest.approx(log2)
    assert float(training_loss("multilabel", torch.zeros(1, 2), torch.tensor([[0.0, 1.0]]))) == pytest.approx(log2)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "tokens"])
def test_weights_of_one_change_nothing(kind: str) -> None:
    generator = torch.Generator().manual_seed(0)
    task = {**every_kind(), "tokens": span_task("tokens", word=2)}[kind]
    targets = torch.from_numpy(task.splits["train"].targets)
    spans = int((targets >= 0).sum()) if kind == "tokens" else len(targets)
    scores = torch.randn(spans, task.outputs, generator=generator)
    ones = torch.ones(spans if kind == "tokens" else targets.shape)
    torch.testing.assert_close(training_loss(kind, scores, targets, ones), training_loss(kind, scores, targets))


def curves(folder: Path, tasks: dict[str, EncodedTask], group: list[str], training: Training) -> list[np.ndarray]:
    result = train_group(bench_of(folder, tasks, training=training), group, seed=0, passes=2)
    return [result.members[name].curve for name in group]


def rare(name: str) -> EncodedTask:
    """Three of four examples are negative."""
    task = word_task(name, word=2, count=32)
    labels = np.where(np.arange(32) % 4 == 0, 1, 0)
    return replace(task, splits={**task.splits, "train": replace(task.splits["train"], targets=labels)})


def test_balance_changes_what_is_imbalanced_alone(tmp_path: Path) -> None:
    balanced = replace(TRAINING, weights="class_balance")
    for task, same in ((rare("a"), False), (word_task("a", word=2, count=32), True)):
        before, after = (curves(tmp_path, {"a": task}, ["a"], training)[0] for training in (TRAINING, balanced))
        assert np.array_equal(before, after) == same


def test_balance_of_lines_does_not_depend_on_pieces(tmp_path: Path) -> None:
    """One line of a text is rare; weights are those of all training examples, whatever is computed together."""
    task = span_task("a", word=2)
    rows = task.splits["train"].targets
    rare_lines = np.where(rows < 0, rows, (np.arange(rows.size).reshape(rows.shape) % 7 == 0).astype(np.int32))
    tasks = {"a": replace(task, splits={**task.splits, "train": replace(task.splits["train"], targets=rare_lines)})}
    balanced = replace(TRAINING, weights="class_balance")
    before, whole, pieces = (
        curves(tmp_path, tasks, ["a"], training)[0] for training in (TRAINING, balanced, replace(balanced, pieces=4))
    )
    assert np.abs(before - whole).max() > 1e-3
    np.testing.assert_allclose(whole, pieces, rtol=1e-4)


def test_balance_pulls_answers_towards_the_rare_class(tmp_path: Path) -> None:
    training = replace(TRAINING, heads="random", head_learning_rate=0.1)
    found = []
    for each in (training, replace(training, weights="class_balance")):
        result = train_group(bench_of(tmp_path, {"a": rare("a")}, training=each), ["a"], seed=0, passes=4)
        found.append(float(result.members["a"].scores["select"].mean()))
    assert found[1] > found[0]


def test_a_weight_counts_in_groups_and_not_alone(tmp_path: Path) -> None:
    tasks = {"a": word_task("a", word=2, count=32), "b": word_task("b", word=3, count=32)}
    heavy = {**tasks, "a": replace(tasks["a"], weight=5.0)}
    assert np.array_equal(curves(tmp_path, tasks, ["a"], TRAINING), curves(tmp_path, heavy, ["a"], TRAINING))
    assert not np.array_equal(
        curves(tmp_path, tasks, ["a", "b"], TRAINING), curves(tmp_path, heavy, ["a", "b"], TRAINING)
    )


OTHER = {
    "batch_size": 4, "pieces": 2, "recompute": True, "learning_rate": 2e-3, "head_learning_rate": 2e-3,
    "heads": "random", "head": "native", "weight_decay": 0.1, "warmup": 3, "clip": 0.5, "ema": 0.5, "grid": 2,
    "temperature": 0.1, "mixing": "equal", "weights": "class_balance", "aggregator": "mgda",
}  # fmt: skip
"""Another value for every setting."""


@pytest.mark.parametrize("name", [field.name for field in fields(Training)])
def test_every_setting_is_in_the_key(tmp_path: Path, name: str) -> None:
    spec = spec_of(tmp_path, every_kind(), training=TRAINING)
    other = replace(spec, training=replace(TRAINING, **{name: OTHER[name]}))  # type: ignore[arg-type]
    group = ("binary", "multiclass")
    assert train_job(other, group, seed=0, passes=1).key != train_job(spec, group, seed=0, passes=1).key


def test_a_version_of_a_later_setting_is_in_the_keys_of_runs_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, balanced = Training(), Training(weights="class_balance")
    before = plain.identity(alone=True), balanced.identity(alone=True)
    monkeypatch.setitem(VERSIONS, "weights", VERSIONS["weights"] + 1)
    assert plain.identity(alone=True) == before[0]
    assert balanced.identity(alone=True) != before[1]


def test_keys_change_with_what_changes_a_run_and_with_nothing_else(tmp_path: Path) -> None:
    spec = bench_of(tmp_path, every_kind(), training=TRAINING).spec
    groups = (("binary",), ("binary", "multiclass"))

    def keys(**training: object) -> list[str]:
        other = replace(spec, training=replace(TRAINING, **training))  # type: ignore[arg-type]
        return [train_job(other, group, seed=0, passes=1).key for group in groups]

    plain = keys()
    assert keys(mixing="proportional", weights="none", aggregator="none") == plain
    for field in ({"mixing": "equal"}, {"aggregator": "upgrad"}):
        assert [a == b for a, b in zip(keys(**field), plain, strict=True)] == [True, False]
    assert [a == b for a, b in zip(keys(weights="class_balance"), plain, strict=True)] == [False, False]
    heavy = replace(spec, tasks={**spec.tasks, "binary": replace(spec.tasks["binary"], weight=2.0)})
    assert [train_job(heavy, group, seed=0, passes=1).key == key for group, key in zip(groups, plain, strict=True)] == [
        True,
        False,
    ]
