"""Kinds: losses and the constant predictors that they are measured against."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tasks.kinds import KINDS
from tasks.kinds.retrieval import reciprocal_ranks

EXACT = 1e-6
"""Rounding of targets kept in single precision."""


def test_prior_loss_by_hand() -> None:
    """Three of four positive in train: (1 + 1) / 6 and (3 + 1) / 6."""
    train, held = np.array([1, 1, 1, 0]), np.array([1, 0])
    expected = -(math.log(4 / 6) + math.log(2 / 6)) / 2
    assert KINDS["binary"].prior_loss(train, held) == pytest.approx(expected)
    assert KINDS["multiclass"].prior_loss(train, held) == pytest.approx(expected)
    flags = np.array([[1, 0], [1, 0], [1, 1], [0, 0]], dtype=np.float32)  # smoothed frequencies 4/6 and 2/6
    assert KINDS["multilabel"].prior_loss(flags, flags[:1]) == pytest.approx(-math.log(4 / 6))
    assert KINDS["regression"].prior_loss(np.array([0.0, 2.0]), np.array([1.0, 4.0])) == pytest.approx(4.5)
    assert KINDS["retrieval"].prior_loss(np.array([0]), np.array([3, 7, 3, 9])) == pytest.approx(math.log(3))


def test_losses_by_hand() -> None:
    log3 = math.log(3.0)
    found = KINDS["binary"].losses(np.array([[log3], [log3]]), np.array([1, 0]))
    np.testing.assert_allclose(found, [math.log(4 / 3), math.log(4)])
    found = KINDS["multiclass"].losses(np.array([[0.0, log3, 0.0]]), np.array([1]))
    np.testing.assert_allclose(found, [math.log(5 / 3)])
    found = KINDS["multilabel"].losses(np.array([[log3, log3]]), np.array([[1.0, 0.0]]))
    np.testing.assert_allclose(found, [(math.log(4 / 3) + math.log(4)) / 2])
    np.testing.assert_allclose(KINDS["regression"].losses(np.array([[2.0]]), np.array([0.5])), [2.25])
    found = KINDS["retrieval"].losses(np.array([[0.0, log3]]), np.array([0]))
    np.testing.assert_allclose(found, [math.log(4)])


def constant_scores(kind: str, train: NDArray[Any]) -> NDArray[Any]:
    """Scores of the constant predictor, written out class by class."""
    n = len(train)
    if kind == "binary":
        return np.array([[math.log((int((train == 1).sum()) + 1) / (int((train == 0).sum()) + 1))]])
    if kind == "multiclass":
        return np.array([[math.log((int((train == c).sum()) + 1) / (n + 3)) for c in range(3)]])
    if kind == "multilabel":
        return np.array([[math.log((x + 1) / (n - x + 1)) for x in train.sum(axis=0)]])
    return np.array([[float(sum(train)) / n]])


def random_targets(kind: str, count: int, generator: np.random.Generator) -> NDArray[Any]:
    if kind == "regression":
        return generator.normal(size=count).astype(np.float32)
    if kind == "multilabel":
        return (generator.random((count, 4)) < 0.3).astype(np.float32)
    labels = generator.integers(0, 2 if kind == "binary" else 3, size=count)
    labels[: 2 if kind == "binary" else 3] = np.arange(2 if kind == "binary" else 3)
    return labels


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "regression"])
@given(seed=st.integers(0, 10_000))
def test_prior_loss_is_the_loss_of_constant_scores(kind: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    train, held = random_targets(kind, 20, generator), random_targets(kind, 9, generator)
    scores = np.repeat(constant_scores(kind, train), len(held), axis=0)
    expected = KINDS[kind].losses(scores, held).mean()
    assert KINDS[kind].prior_loss(train, held) == pytest.approx(expected, rel=EXACT)


def test_losses_stay_finite_for_large_scores() -> None:
    found = KINDS["binary"].losses(np.array([[1000.0], [-1000.0]]), np.array([1, 1]))
    np.testing.assert_allclose(found, [0.0, 1000.0])


@pytest.mark.parametrize(
    ("kind", "outputs"), [("binary", 1), ("multiclass", 12), ("multilabel", 12), ("regression", 1)]
)
def test_outputs(kind: str, outputs: int) -> None:
    assert KINDS[kind].outputs(12) == outputs


def test_every_kind_is_found_by_its_name() -> None:
    assert all(kind.name == name for name, kind in KINDS.items())
    assert [name for name, kind in KINDS.items() if kind.pooled] == ["retrieval"]


def test_strata_of_amounts_keep_equal_values_together() -> None:
    targets = np.array([0.0] * 10 + [float(i) for i in range(1, 11)])
    strata = KINDS["regression"].strata(targets)
    assert set(strata[:10, 1].tolist()) == {0}
    assert len(set(strata[10:, 1].tolist())) == 5  # ten distinct values in the upper five tenths


def test_reciprocal_ranks_count_ties_against_the_right_document() -> None:
    scores = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [1.0, 1.0, 1.0]])
    np.testing.assert_allclose(reciprocal_ranks(scores, np.array([0, 2, 1])), [[1.0], [1 / 3], [1 / 3]])
