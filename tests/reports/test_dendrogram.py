"""The tree of tasks: merges by hand, laws of its order, and that groups are told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affinity.matrix import AffinityMatrix
from reports.dendrogram import dendrogram_info, dendrogram_sentence, draw_dendrogram
from reports.order import order
from tasks.errors import InputError
from tests.reports.test_order import random_matrix


def three(ab: float, ac: float, bc: float) -> AffinityMatrix:
    """Affinities of ``a``, ``b`` and ``c``; one direction holds twice the mean, the other nothing."""
    scores = np.array([[0, 2 * ab, 0], [0, 0, 2 * bc], [2 * ac, 0, 0]])
    return AffinityMatrix(("a", "b", "c"), scores, np.full((3, 3), 0.01))


def test_three_tasks_by_hand() -> None:
    info = dendrogram_info(three(ab=0.1, ac=-0.05, bc=-0.01), [["c"], ["a", "b"]])
    first, second = info.merges
    assert (set(first.tasks), first.within) == ({"a", "b"}, 2)
    assert first.affinity == pytest.approx(0.1)
    assert (set(second.tasks), second.within) == ({"a", "b", "c"}, None)
    assert second.affinity == pytest.approx((-0.05 - 0.01) / 2)
    assert dict(zip(info.tasks, info.groups, strict=True)) == {"a": 2, "b": 2, "c": 1}
    assert info.whole == (2,)
    assert "The shared group is a branch of this tree." in dendrogram_sentence(info)


def test_a_group_that_is_no_branch_is_told() -> None:
    info = dendrogram_info(three(ab=0.1, ac=-0.05, bc=-0.01), [["b", "c"], ["a"]])
    assert info.whole == ()
    assert "The shared group is no branch of this tree." in dendrogram_sentence(info)


@given(seed=st.integers(0, 10_000), tasks=st.integers(2, 9))
@settings(max_examples=25, deadline=None)
def test_laws(seed: int, tasks: int) -> None:
    matrix = random_matrix(seed, tasks)
    info = dendrogram_info(matrix)
    assert info.tasks == order(matrix)[0]
    heights = [merge.affinity for merge in info.merges]
    assert heights == sorted(heights, reverse=True)
    assert set(info.merges[-1].tasks) == set(matrix.tasks)
    for merge in info.merges:
        places = [info.tasks.index(task) for task in merge.tasks]
        assert places == list(range(places[0], places[0] + len(places)))  # no line crosses another
    shuffled = matrix.reorder([str(task) for task in np.random.default_rng(seed).permutation(matrix.tasks)])
    assert dendrogram_info(shuffled).tasks == info.tasks


def test_every_merge_is_drawn_and_a_task_in_two_groups_is_refused() -> None:
    matrix = random_matrix(0, 12)
    axes = draw_dendrogram(dendrogram_info(matrix, [matrix.tasks[:3]])).axes[0]
    brackets = [line for line in axes.lines if len(line.get_xdata()) == 4]  # type: ignore[arg-type]
    assert len(brackets) == 11
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert sorted(label for label in labels if label.endswith("  1")) == [f"{task}  1" for task in matrix.tasks[:3]]
    with pytest.raises(InputError, match="two groups"):
        dendrogram_info(matrix, [matrix.tasks[:2], matrix.tasks[1:3]])


def test_one_task_has_no_merge() -> None:
    one = AffinityMatrix(("a",), np.zeros((1, 1)), np.zeros((1, 1)))
    assert dendrogram_info(one).merges == ()
