"""What the page's script is told of a heatmap's cells."""

import json

import numpy as np

from affinity.matrix import AffinityMatrix
from reports.cells import cells
from reports.heatmap import draw_heatmap, heatmap_info
from reports.style import extent


def told(estimator: str = "", **more: object) -> dict[str, object]:
    scores, errors = np.array([[0, 0.1234567], [-0.02, 0]]), np.array([[0, 0.05], [np.nan, 0]])
    info = heatmap_info(AffinityMatrix(("a\x07", "b"), scores, errors, estimator), **more)  # type: ignore[arg-type]
    found: dict[str, object] = json.loads(cells(info, draw_heatmap(info)))
    return found


def test_two_tasks_by_hand() -> None:
    found = told()
    assert found["tasks"] == ["a ", "b"]
    assert found["scores"] == [[0, 0.12346], [-0.02, 0]]
    assert found["errors"] == [[0, 0.05], [None, 0]]
    assert (found["predicted"], found["what"]) == (None, "gain")


def test_what_a_score_is_and_what_was_predicted_is_told() -> None:
    assert told("cosine")["what"] == "score"
    assert told("linearized")["what"] == "predicted gain"
    guessed = np.array([[False, True], [False, False]])
    assert told("pairwise", predicted=guessed)["predicted"] == [[0, 1], [0, 0]]


def test_the_box_lies_where_the_cells_are_drawn() -> None:
    matrix = AffinityMatrix(("a", "b"), np.array([[0, 0.1], [0.2, 0]]), np.zeros((2, 2)))
    info = heatmap_info(matrix, [["a"], ["b"]])
    figure = draw_heatmap(info)
    left, top, width, height = json.loads(cells(info, figure))["box"]
    assert width == height
    cut = extent(figure)
    corner = figure.axes[0].transData.transform((-0.5, -0.5)) / figure.dpi  # upper left, in inches from the lower left
    assert np.allclose([left, top], [72 * (corner[0] - cut.x0), 72 * (cut.y1 - corner[1])], atol=0.05)  # rounding
