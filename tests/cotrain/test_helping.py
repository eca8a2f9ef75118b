"""Which tasks are tried as helpers, by what is predicted of them."""

import numpy as np

from affinity.matrix import AffinityMatrix
from affinity.predictors import MeanOfPairs
from cotrain.helping import likely_helpers

TASKS = ("a", "b", "c", "d", "e")


def gains() -> MeanOfPairs:
    """What each task does to a and b: c helps, d hurts, e helps most."""
    scores = np.zeros((5, 5))
    scores[2, :2], scores[3, :2], scores[4, :2] = 0.02, -0.05, 0.06
    return MeanOfPairs.of_matrix(AffinityMatrix(tasks=TASKS, scores=scores, errors=np.full((5, 5), 0.001)))


def test_the_most_helpful_comes_first() -> None:
    assert likely_helpers(gains(), ("a", "b")) == ["e", "c", "d"]


def test_what_may_not_be_together_is_not() -> None:
    assert likely_helpers(gains(), ("a", "b"), apart=[("a", "e")]) == ["c", "d"]
    assert likely_helpers(gains(), ("a", "b"), apart=[("d", "c", "b"), ("e", "b")]) == []
    assert likely_helpers(gains(), TASKS) == []
