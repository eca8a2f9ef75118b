"""Friends stand side by side, groups stay whole, and the input's order has no influence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affinity.matrix import AffinityMatrix
from reports.order import order
from tasks.errors import InputError


def matrix_of(tasks: str, scores: dict[str, float]) -> AffinityMatrix:
    """One-letter tasks; ``{"ab": 0.1}`` is the affinity from a to b."""
    square = np.array([[scores.get(a + b, 0.0) for b in tasks] for a in tasks])
    return AffinityMatrix(tuple(tasks), square, np.zeros_like(square))


def random_matrix(seed: int, tasks: int) -> AffinityMatrix:
    rng = np.random.default_rng([seed, tasks])
    scores = rng.normal(0, 0.05, (tasks, tasks))
    np.fill_diagonal(scores, 0.0)
    return AffinityMatrix(tuple(f"task_{i:02d}" for i in range(tasks)), scores, np.full_like(scores, 0.01))


def test_friends_become_neighbours() -> None:
    matrix = matrix_of("abcd", {"ac": 0.2, "ca": 0.1, "bd": 0.05, "db": 0.3, "cb": 0.01})
    assert order(matrix) == (("a", "c", "b", "d"),)


def test_groups_stay_contiguous_and_loose_tasks_follow() -> None:
    matrix = matrix_of("abcde", {"ae": 0.5, "ea": 0.5, "bc": 0.2, "cb": 0.2})
    blocks = order(matrix, [["e", "b"], ["c", "a"]])
    assert [set(block) for block in blocks] == [{"a", "c"}, {"b", "e"}, {"d"}]


def test_direction_alone_does_not_order() -> None:
    """Only the symmetric mean is used: swapping source and target changes nothing."""
    matrix = random_matrix(3, 9)
    flipped = AffinityMatrix(matrix.tasks, matrix.scores.T.copy(), matrix.errors)
    assert order(matrix) == order(flipped)


@given(seed=st.integers(0, 10_000), tasks=st.integers(1, 12), grouped=st.booleans())
@settings(max_examples=40, deadline=None)
def test_order_ignores_the_order_of_the_input(seed: int, tasks: int, grouped: bool) -> None:
    matrix = random_matrix(seed, tasks)
    rng = np.random.default_rng([seed, 1])
    groups = [list(matrix.tasks[i::3]) for i in range(min(3, tasks))] if grouped else None
    expected = order(matrix, groups)
    shuffled = matrix.reorder([str(task) for task in rng.permutation(matrix.tasks)])
    mixed = None if groups is None else [[str(t) for t in rng.permutation(group)] for group in groups[::-1]]
    assert order(shuffled, mixed) == expected
    assert sorted(task for block in expected for task in block) == sorted(matrix.tasks)


@pytest.mark.parametrize(
    ("groups", "message"),
    [([["a", "b"], ["b"]], "stands in two groups"), ([["a", "bb"]], "did you mean `b`"), ([["a", "a"]], "two groups")],
)
def test_groups_that_do_not_fit_are_refused(groups: list[list[str]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        order(matrix_of("abc", {}), groups)
