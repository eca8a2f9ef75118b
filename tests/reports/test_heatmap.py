"""What the heatmap shows, and that it can be drawn for one task and for a hundred."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from affinity.matrix import AffinityMatrix
from reports.heatmap import draw_heatmap, heatmap_info
from reports.style import png, svg
from tests.reports.samples import names
from tests.reports.test_order import random_matrix


def texts(axes: Axes) -> set[str]:
    return {text.get_text() for text in axes.texts}


def test_two_tasks_by_hand() -> None:
    matrix = AffinityMatrix(("b", "a"), np.array([[0, 0.1], [-0.02, 0]]), np.array([[0, 0.05], [0.02, 0]]))
    info = heatmap_info(matrix, [["a", "b"]])
    assert info.tasks == ("a", "b")
    np.testing.assert_array_equal(info.scores, [[0, -0.02], [0.1, 0]])
    np.testing.assert_array_equal(info.errors, [[0, 0.02], [0.05, 0]])
    np.testing.assert_array_equal(info.certain, [[False, False], [True, False]])  # 0.1 > 1.96 * 0.05 > 0.02
    assert (info.groups, info.limit, info.beyond) == ((("a", "b"),), 0.1, False)


def test_one_outlier_does_not_fade_the_others() -> None:
    matrix = random_matrix(0, 8)
    scores = matrix.scores.copy()
    scores[2, 5] = -40.0
    info = heatmap_info(AffinityMatrix(matrix.tasks, scores, matrix.errors))
    assert info.beyond
    assert info.limit < 0.2


def test_unknown_errors_are_never_certain() -> None:
    matrix = random_matrix(0, 4)
    info = heatmap_info(AffinityMatrix(matrix.tasks, matrix.scores, np.full((4, 4), np.nan)))
    assert not info.certain.any()
    assert not any("±" in text for text in texts(draw_heatmap(info).axes[0]))


@given(seed=st.integers(0, 10_000), tasks=st.integers(2, 10))
@settings(max_examples=30, deadline=None)
def test_info_does_not_depend_on_the_order_of_tasks(seed: int, tasks: int) -> None:
    matrix = random_matrix(seed, tasks)
    groups = [matrix.tasks[: tasks // 2], matrix.tasks[tasks // 2 :]]
    shuffled = matrix.reorder([str(task) for task in np.random.default_rng(seed).permutation(matrix.tasks)])
    one, two = heatmap_info(matrix, groups), heatmap_info(shuffled, groups[::-1])
    assert (one.tasks, one.groups, one.limit, one.beyond) == (two.tasks, two.groups, two.limit, two.beyond)
    np.testing.assert_array_equal(one.scores, two.scores)
    np.testing.assert_array_equal(one.certain, two.certain)
    for i, source in enumerate(one.tasks):
        for j, target in enumerate(one.tasks):
            assert one.scores[i, j] == matrix[source, target]


def test_equal_input_gives_equal_bytes() -> None:
    first, second = (draw_heatmap(heatmap_info(random_matrix(1, 3), chosen=False)) for _ in range(2))
    assert png(first) == png(second)
    assert svg(first) == svg(second)
    assert b"date" not in svg(first).lower()


def test_cells_say_score_and_error_and_axes_say_the_direction() -> None:
    matrix = AffinityMatrix(("a", "b"), np.array([[0, 0.031], [-0.02, 0]]), np.array([[0, 0.012], [0.02, 0]]))
    axes, bar = (figure := draw_heatmap(heatmap_info(matrix))).axes[0], figure.axes[0].child_axes[0]
    assert texts(axes) == {"+0.031", "± 0.012", "\N{MINUS SIGN}0.020", "± 0.020"}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("target (its gain)", "source (helps or hurts)")
    expected = "gain of the target: (reference loss - pair loss) / constant predictor's loss"
    assert " ".join(bar.get_ylabel().split()) == expected
    assert bar.get_ylim() == (-0.031, 0.031)


def test_chosen_groups_have_whole_frames_and_proposed_ones_dashed() -> None:
    matrix = random_matrix(0, 5)
    groups = [matrix.tasks[:3], matrix.tasks[3:]]
    for chosen in (True, False):
        axes = draw_heatmap(heatmap_info(matrix, groups, chosen=chosen)).axes[0]
        frames = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        assert sorted(frame.get_width() for frame in frames) == [2, 3]
        assert {frame.get_linestyle() == "solid" for frame in frames} == {chosen}


@pytest.mark.parametrize("tasks", [1, 2, 9, 15, 100])
def test_any_number_of_tasks_can_be_drawn(tasks: int) -> None:
    matrix = random_matrix(0, tasks)
    matrix = AffinityMatrix(names(tasks), matrix.scores, matrix.errors)
    axes = draw_heatmap(heatmap_info(matrix)).axes[0]
    assert len(axes.get_yticklabels()) == tasks
    assert min(float(label.get_fontsize()) for label in axes.get_yticklabels()) > 5  # points: legible in print
    assert bool(axes.texts) == (2 <= tasks <= 14)


def test_names_are_drawn_as_they_are() -> None:
    scores = np.zeros((3, 3))
    matrix = AffinityMatrix(("$a_1$", "<b>\x1b[31m", "\N{DIRECT HIT} 中"), scores, scores)
    labels = {label.get_text() for label in draw_heatmap(heatmap_info(matrix)).axes[0].get_yticklabels()}
    assert labels == {"$a_1$", "<b> [31m", "\N{WHITE SQUARE} \N{WHITE SQUARE}"}
