import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from tasks.audit.balance import balance, balance_findings
from tasks.audit.constant import best_constant, prior_scores
from tasks.kinds import KINDS
from tasks.task import SPLITS, Task
from tests.tasks.audit.build import clean_texts, make_task


def labelled(
    train: ArrayLike,
    test: ArrayLike,
    *,
    kind: str = "binary",
    classes: tuple[str, ...] = ("no", "yes"),
    metric: str = "accuracy",
) -> Task:
    """A task whose stop and select halves have the labels of test."""
    targets = {split: np.asarray(train if split == "train" else test) for split in SPLITS}
    texts = {split: [f"{split} {row}" for row in range(len(values))] for split, values in targets.items()}
    return make_task("t", texts, targets=targets, kind=kind, classes=classes, metric=metric)


def draw(kind: str, count: int, generator: np.random.Generator) -> NDArray[np.generic]:
    """Random targets in the kind's form."""
    if kind == "binary":
        return generator.integers(2, size=count)
    if kind == "multiclass":
        return np.arange(count) % 3
    return generator.integers(2, size=(count, 4)) if kind == "multilabel" else generator.standard_normal(count)


def test_counts_ratio_and_majority_baseline_by_hand() -> None:
    (table,) = balance([labelled([0] * 30 + [1] * 10, [0, 0, 0, 1])])
    assert table.counts["train"] == {"no": 30, "yes": 10}
    assert table.counts["test"] == {"no": 3, "yes": 1}
    assert (table.imbalance, table.majority, table.accuracy) == (3.0, "no", 0.75)
    assert (table.constant, table.baseline) == ("prior", 0.75)


def test_f1_of_answering_always_yes() -> None:
    task = labelled([0] * 30 + [1] * 10, [0, 0, 0, 1], metric="f1")
    name, value = best_constant(task)
    assert name == "positive"
    assert value == pytest.approx(2 * 0.25 / 1.25)  # precision 1/4, recall 1


def test_multilabel_counts_labels() -> None:
    train = [[1, 0], [1, 0], [1, 1], [0, 0]]
    (table,) = balance([labelled(train, [[1, 0], [0, 0]], kind="multilabel", classes=("a", "b"), metric="macro_f1")])
    assert table.counts["train"] == {"a": 3, "b": 1}
    assert table.imbalance == 3.0
    assert table.accuracy == 0.5  # answers {a}: the first row is right in all labels


def test_regression_and_retrieval_have_no_classes() -> None:
    (number,) = balance([labelled([1.0, 3.0], [2.0, 4.0], kind="regression", classes=(), metric="r2")])
    assert (number.counts, number.imbalance, number.majority, number.accuracy) == ({}, None, "", None)
    assert number.baseline == pytest.approx(-1.0)  # answers 2: squared errors 0 and 4 against a variance of 1
    (search,) = balance([labelled([0, 1, 2], [0, 1, 1], kind="retrieval", classes=(), metric="mrr")])
    assert search.baseline == pytest.approx((1 + 1 / 2) / 2)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "regression"])
def test_prior_scores_have_the_kinds_own_prior_loss(kind: str) -> None:
    generator = np.random.default_rng(0)
    classes = {"binary": ("0", "1"), "multiclass": ("0", "1", "2"), "multilabel": tuple("abcd")}.get(kind, ())
    metric = KINDS[kind].default_metric
    task = labelled(draw(kind, 30, generator), draw(kind, 20, generator), kind=kind, classes=classes, metric=metric)
    train, test = task.splits["train"].targets, task.splits["test"].targets
    losses = task.kind.losses(prior_scores(task, "test"), test)
    assert losses.mean() == pytest.approx(task.kind.prior_loss(train, test))


def test_skew_rare_and_missing_classes_are_said() -> None:
    classes = ("a", "b", "c")
    task = labelled([0] * 90 + [1] * 15 + [2] * 3, [0, 0, 1], kind="multiclass", classes=classes, metric="macro_f1")
    messages = {finding.message: finding.severity for finding in balance_findings(balance([task]))}
    assert messages == {
        "`a` has 90 train rows and `c` 3, 30.0 to 1; one answer for all has test accuracy 0.667, macro_f1 at best "
        "0.400.": "warning",
        "1 of 3 classes have fewer than 10 train rows: `c` (3).": "warning",
        **{f"1 of 3 classes have no {split} row: `c` (3).": "note" for split in ("stop", "select", "test")},
    }


def test_balanced_classes_are_no_finding() -> None:
    assert balance_findings(balance([make_task("t", clean_texts(0))])) == []
