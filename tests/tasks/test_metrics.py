"""Metrics against formulas written out, and what they say where the textbook is silent."""

import warnings
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tasks.kinds import KINDS
from tasks.metrics import METRICS

CLOSE = 1e-9
"""Two formulas in double precision."""


def column(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)[:, None]


def test_binary_by_hand() -> None:
    """2 true positives, 1 false positive, 1 false negative, 2 true negatives."""
    scores, targets = column(2, 1, -1, 3, -2, -3), np.array([1, 1, 1, 0, 0, 0])
    assert METRICS["accuracy"](scores, targets) == pytest.approx(4 / 6)
    assert METRICS["f1"](scores, targets) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert METRICS["macro_f1"](scores, targets) == pytest.approx(2 / 3)
    assert METRICS["mcc"](scores, targets) == pytest.approx((2 * 2 - 1 * 1) / 9)
    assert METRICS["auroc"](scores, targets) == pytest.approx(6 / 9)
    assert METRICS["average_precision"](scores, targets) == pytest.approx((1 / 2 + 2 / 3 + 3 / 4) / 3)


def test_multilabel_by_hand() -> None:
    scores, targets = np.array([[1.0, -1.0], [1.0, 1.0]]), np.array([[1, 1], [1, 0]], dtype=np.float32)
    assert METRICS["accuracy"](scores, targets) == 0.0  # no example has both labels right
    assert METRICS["f1"](scores, targets) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert METRICS["macro_f1"](scores, targets) == pytest.approx((1.0 + 0.0) / 2)


def test_numbers_by_hand() -> None:
    targets = np.array([1.0, 2.0, 3.0])
    assert METRICS["r2"](column(1, 2, 5), targets) == pytest.approx(1 - 4 / 2)
    assert METRICS["spearman"](column(1, 9, 5), targets) == pytest.approx(0.5)
    assert METRICS["mrr"](column(1, 1 / 2, 1 / 4), np.array([0, 1, 2])) == pytest.approx(7 / 12)


def confusion(predicted: NDArray[Any], targets: NDArray[Any], classes: int) -> NDArray[np.float64]:
    table = np.zeros((classes, classes))
    for truth, guess in zip(targets, predicted, strict=True):
        table[truth, guess] += 1
    return table


@given(seed=st.integers(0, 10_000), classes=st.integers(2, 5))
def test_class_metrics_equal_the_confusion_matrix_formulas(seed: int, classes: int) -> None:
    generator = np.random.default_rng(seed)
    scores, targets = generator.normal(size=(25, classes)), generator.integers(0, classes, size=25)
    table = confusion(scores.argmax(axis=1), targets, classes)
    hits, predicted, actual = np.diag(table), table.sum(axis=0), table.sum(axis=1)
    assert METRICS["accuracy"](scores, targets) == pytest.approx(hits.sum() / 25)
    occurs = predicted + actual > 0
    assert METRICS["macro_f1"](scores, targets) == pytest.approx(
        (2 * hits / np.maximum(predicted + actual, 1))[occurs].mean()
    )
    spread = (25**2 - (predicted**2).sum()) * (25**2 - (actual**2).sum())
    expected = (25 * hits.sum() - predicted @ actual) / np.sqrt(spread) if spread > 0 else 0.0
    assert METRICS["mcc"](scores, targets) == pytest.approx(expected, abs=CLOSE)


def pairwise_auroc(scores: NDArray[Any], positive: NDArray[Any]) -> float:
    """Share of pairs in order, ties half: the slow definition."""
    pairs = list(product(scores[positive], scores[~positive]))
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


@given(seed=st.integers(0, 10_000))
def test_auroc_equals_the_share_of_ordered_pairs(seed: int) -> None:
    generator = np.random.default_rng(seed)
    targets = np.concatenate([[0, 1, 2], generator.integers(0, 3, size=15)])
    rough = generator.integers(0, 4, size=(18, 1)).astype(np.float64)  # with ties
    assert METRICS["auroc"](rough, targets == 1) == pytest.approx(pairwise_auroc(rough[:, 0], targets == 1))
    logits = generator.normal(size=(18, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = np.mean([pairwise_auroc(shares[:, c], targets == c) for c in range(3)])
    assert METRICS["auroc"](logits, targets) == pytest.approx(expected)


@given(seed=st.integers(0, 10_000))
def test_rank_correlation_equals_the_correlation_of_ranks(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores, targets = generator.normal(size=(12, 1)), generator.integers(0, 6, size=12).astype(np.float32)
    ranks = [np.array([(x < v).sum() + ((x == v).sum() + 1) / 2 for v in x]) for x in (scores[:, 0], targets)]
    expected = np.corrcoef(ranks[0], ranks[1])[0, 1] if np.ptp(targets) else 0.0
    assert METRICS["spearman"](scores, targets) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "scores", "targets", "value"),
    [
        ("f1", column(-1, -1), np.array([0, 0]), 0.0),
        ("macro_f1", np.array([[-1.0, -1.0]]), np.array([[0.0, 0.0]]), 0.0),
        ("macro_f1", np.array([[1.0, -1.0]]), np.array([[1.0, 0.0]]), 1.0),
        ("mcc", column(1, 1, 1), np.array([0, 1, 1]), 0.0),
        ("mcc", column(1, -1), np.array([1, 1]), 0.0),
        ("auroc", column(1, 2), np.array([1, 1]), 0.5),
        ("auroc", np.array([[1.0, 2.0, 3.0]]), np.array([1]), 0.5),
        ("average_precision", column(1, 2), np.array([0, 0]), 0.0),
        ("average_precision", np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]]), 1.0),
        ("r2", column(1, 2), np.array([3.0, 3.0]), 0.0),
        ("r2", column(1), np.array([3.0]), 0.0),
        ("spearman", column(1, 1), np.array([1.0, 2.0]), 0.0),
        ("spearman", column(1), np.array([1.0]), 0.0),
    ],
)
def test_a_sample_that_shows_nothing_has_a_value_and_no_warning(
    name: str, scores: NDArray[Any], targets: NDArray[Any], value: float
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert METRICS[name](scores, targets) == value


@pytest.mark.parametrize("name", sorted(METRICS))
def test_the_order_of_examples_does_not_matter(name: str) -> None:
    generator = np.random.default_rng(3)
    for kind in sorted(METRICS[name].kinds - {"tokens", "text"}):
        outputs = KINDS[kind].outputs(4)
        scores = generator.normal(size=(30, outputs))
        targets: dict[str, NDArray[Any]] = {
            "binary": generator.integers(0, 2, size=30),
            "multiclass": generator.integers(0, 4, size=30),
            "multilabel": generator.integers(0, 2, size=(30, 4)).astype(np.float32),
            "regression": generator.normal(size=30),
            "retrieval": np.arange(30),
        }
        order = generator.permutation(30)
        assert METRICS[name](scores, targets[kind]) == pytest.approx(METRICS[name](scores[order], targets[kind][order]))


def test_every_kind_has_its_usual_metric() -> None:
    for name, kind in KINDS.items():
        assert name in METRICS[kind.default_metric].kinds


@pytest.mark.parametrize(
    ("scores", "targets", "match"),
    [
        (np.zeros((2, 1)), np.zeros(3), "N targets"),
        (np.zeros(3), np.zeros(3), "N targets"),
        (np.zeros((0, 1)), np.zeros(0), "1 or more"),
        (np.array([[np.nan]]), np.zeros(1), "finite"),
    ],
)
def test_refuses(scores: NDArray[Any], targets: NDArray[Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        METRICS["accuracy"](scores, targets)
