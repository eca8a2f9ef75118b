"""Scores in the words of a task, worked out by hand."""

import math

import numpy as np
import pytest

from trainers.predictions import predictions

TWO = {"kind": "binary", "classes": ["good", "bad"]}


def test_the_last_class_of_two_is_the_positive_one() -> None:
    found = predictions(TWO, np.array([[math.log(3)], [-math.log(4)]], dtype=np.float32))
    assert [one["label"] for one in found] == ["bad", "good"]
    assert [one["probability"] for one in found] == pytest.approx([0.75, 0.8])


def test_probabilities_of_several_classes_add_up() -> None:
    described = {"kind": "multiclass", "classes": ["a", "b", "c"]}
    (found,) = predictions(described, np.array([[1000.0, 1000.0 + math.log(2), 1000.0]], dtype=np.float32))
    assert found["label"] == "b"
    assert found["probabilities"] == pytest.approx({"a": 0.25, "b": 0.5, "c": 0.25}, abs=1e-4)


def test_labels_are_chosen_each_for_itself() -> None:
    described = {"kind": "multilabel", "classes": ["a", "b"]}
    found = predictions(described, np.array([[2.0, 1.0], [-1.0, -1.0]], dtype=np.float32))
    assert [one["labels"] for one in found] == [["a", "b"], []]


def test_numbers_come_back_in_the_unit_of_the_data() -> None:
    described = {"kind": "regression", "classes": [], "centre": 10.0, "spread": 2.0}
    assert predictions(described, np.array([[-1.5]], dtype=np.float32)) == [{"value": 7.0}]


def test_documents_come_best_first_and_equal_ones_in_order() -> None:
    scores = np.array([[0.5, 2.0, 0.5, 1.0]], dtype=np.float32)
    (found,) = predictions({"kind": "retrieval"}, scores, top=3)
    assert [place["row"] for place in found["documents"]] == [1, 3, 0]
    assert found["documents"][0]["score"] == 2.0


def test_extreme_scores_overflow_nothing() -> None:
    with np.errstate(all="raise", under="ignore"):
        found = predictions(TWO, np.array([[1e30], [-1e30]], dtype=np.float32))
    assert [one["probability"] for one in found] == [1.0, 1.0]
