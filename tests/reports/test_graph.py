"""The graph of who helps whom: what it holds by hand, and how it is drawn."""

import numpy as np
from matplotlib.collections import PathCollection

from affinity.matrix import AffinityMatrix
from reports.graph import APART, LEVEL_NAMES, MOST, NODE, draw_graph, graph_info, graph_sentence
from reports.style import BLUE, ORANGE
from tests.reports.test_order import random_matrix


def three() -> AffinityMatrix:
    scores = np.array([[0, 0.1, -0.04], [0.02, 0, 0], [-0.2, 0, 0]])
    errors = np.array([[0, 0.05, 0.03], [0.01, 0, 0.01], [np.nan, 0.01, 0]])
    return AffinityMatrix(("a", "b", "c"), scores, errors)


def drawn_lines(info: object) -> list[PathCollection]:
    axes = draw_graph(info).axes[0]  # type: ignore[arg-type]
    return [of for of in axes.collections if isinstance(of, PathCollection) and of.get_zorder() == 2]


def test_arrows_are_what_is_beyond_its_error_the_strongest_first() -> None:
    info = graph_info(three(), [["c"], ["a", "b"]])
    assert [(arrow.source, arrow.target, arrow.score, arrow.error) for arrow in info.arrows] == [
        ("a", "b", 0.1, 0.05),  # 2 errors; a to c has 1.3, and the error of c to a is unknown
        ("b", "a", 0.02, 0.01),
    ]
    assert dict(zip(info.tasks, info.groups, strict=True)) == {"a": 2, "b": 2, "c": 1}
    assert "2 of 6 directed pairs" in graph_sentence(info)


def test_help_and_harm_differ_in_colour_and_dashes_and_size_in_thickness() -> None:
    scores = np.array([[0, 0.1, -0.1], [0.02, 0, 0], [0, 0, 0]])
    info = graph_info(AffinityMatrix(("a", "b", "c"), scores, np.full((3, 3), 0.001)))
    (lines,) = drawn_lines(info)
    assert len(lines.get_paths()) == 3
    drawn = sorted(zip(lines.get_edgecolors().tolist(), lines.get_linewidths(), lines.get_linestyles(), strict=True))
    colours = [[round(255 * part) for part in colour[:3]] for colour, _, _ in drawn]
    wanted = [[int(of[i : i + 2], 16) for i in (1, 3, 5)] for of in (BLUE, BLUE, ORANGE)]
    assert colours == wanted
    (thin, thick, hurts) = [width for _, width, _ in drawn]
    assert thin < thick == hurts
    assert [dashes is None for _, _, (_, dashes) in drawn] == [True, True, False]


def test_only_the_strongest_of_each_sign_are_drawn_and_all_are_told() -> None:
    info = graph_info(random_matrix(0, 30))
    assert len(info.arrows) > 2 * MOST
    shown = [arrow.score for arrow in info.shown]
    assert sum(score > 0 for score in shown) == sum(score < 0 for score in shown) == MOST
    hidden = [abs(arrow.score) for arrow in info.arrows if not arrow.shown and arrow.score > 0]
    assert max(hidden) <= min(score for score in shown if score > 0)
    assert f"The strongest {2 * MOST} are drawn" in graph_sentence(info)


def test_many_tasks_of_which_most_are_alone_leave_room_between_two_of_a_group() -> None:
    matrix = random_matrix(0, 160)
    axes = draw_graph(graph_info(matrix, [matrix.tasks[:2], *([task] for task in matrix.tasks[2:])])).axes[0]
    marks = next(of for of in axes.collections if len(of.get_offsets()) == 160)
    places = marks.get_offsets() * axes.figure.get_size_inches() / np.ptp([axes.get_xlim(), axes.get_ylim()], axis=1)
    ways = np.hypot(*np.diff(places, axis=0).T)  # inches
    assert 2 * NODE * 0.8 < ways.min() < ways.max() / APART * 1.01


def test_names_stand_upright_around_a_large_circle_and_level_around_a_small_one() -> None:
    for tasks in (LEVEL_NAMES, LEVEL_NAMES + 1):
        texts = draw_graph(graph_info(random_matrix(0, tasks))).axes[0].texts
        turns = [text.get_rotation() for text in texts if text.get_text().startswith("task_")]
        assert len(turns) == tasks
        assert any(turns) == (tasks > LEVEL_NAMES)
        assert all(turn <= 90.001 or turn >= 269.999 for turn in turns)  # never upside down
