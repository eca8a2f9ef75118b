"""An affinity matrix as a table of a notebook: sources below each other, targets side by side, cells coloured."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix

HELPS, HURTS = "33,102,172", "178,24,43"
"""Blue above 0, red below it; the strength of a score is the colour's."""
STRONGEST = 0.75
"""Opacity of the strongest score."""


def matrix_html(matrix: "AffinityMatrix") -> str:
    """One table; names are escaped, and the error of a cell is what it says when it is pointed at."""
    most = float(np.abs(matrix.scores).max(initial=0.0)) or 1.0
    heads = "".join(f"<th>{escape(name)}</th>" for name in matrix.tasks)
    rows = []
    for i, source in enumerate(matrix.tasks):
        cells = "".join(_cell(matrix, i, j, most) for j in range(len(matrix.tasks)))
        rows.append(f"<tr><th>{escape(source)}</th>{cells}</tr>")
    by = f" by {escape(matrix.estimator)}" if matrix.estimator else ""
    caption = f"Affinity{by}: gain of the column's task when the row's is trained with it; above 0 it helps."
    return (
        f'<table><caption style="text-align:left">{caption}</caption>'
        f"<thead><tr><th>source / target</th>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(matrix: "AffinityMatrix", i: int, j: int, most: float) -> str:
    if i == j:
        return "<td>&ndash;</td>"
    score, error = float(matrix.scores[i, j]), float(matrix.errors[i, j])
    colour = f"rgba({HELPS if score > 0 else HURTS},{STRONGEST * abs(score) / most:.2f})"
    said = "error not known" if np.isnan(error) else f"standard error {error:.3f}"
    return f'<td style="background-color:{colour}" title="{said}">{score:+.3f}</td>'
