"""What a heatmap's cells say one by one, for the page's script: scores, errors, and where they are in the drawing."""

import json
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reports.heatmap import HeatmapInfo
from reports.lettering import printable
from reports.origin import origin
from reports.style import extent

POINTS = 72
"""Units of an SVG per inch."""
DIGITS = 5
"""Decimals of scores and errors; the page shows three."""


def cells(info: HeatmapInfo, figure: Figure) -> str:
    """JSON for the page's script, in drawing order.

    ``tasks``; ``scores`` and ``errors``, sources by targets, null where unknown; ``predicted`` cells among measured
    ones, or null; ``what`` a score is; ``box``, left, top, width and height of all cells in units of the SVG.
    """
    of = origin(info.estimator)
    content = {
        "tasks": [printable(task) for task in info.tasks],
        "scores": _rounded(info.scores),
        "errors": _rounded(info.errors),
        "predicted": None if info.predicted is None else info.predicted.astype(int).tolist(),
        "what": ("predicted gain" if of.predicted else "gain") if of.gains else "score",
        "box": _box(figure),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _rounded(values: NDArray[np.float64]) -> list[list[Any]]:
    return [[round(float(v), DIGITS) if np.isfinite(v) else None for v in row] for row in values]


def _box(figure: Figure) -> list[float]:
    """The axes' frame, as the SVG that is cut to the figure's extent has it: from the upper left corner."""
    width, height = figure.get_size_inches()
    frame, cut = figure.axes[0].get_position(), extent(figure)
    box = (frame.x0 * width - cut.x0, cut.y1 - frame.y1 * height, frame.width * width, frame.height * height)
    return [round(float(POINTS * length), 2) for length in box]
