"""Writing the report of a run folder, and the heatmap of a matrix alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reports import figures
from reports.files import write_all, write_bytes
from reports.html import all_tables, page
from reports.inputs import read_run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from affinity.matrix import AffinityMatrix

SUFFIXES = (".png", ".svg", ".csv", ".json")
DRAWN = ("heatmap", "graph", "dendrogram", "forest", "pareto", "predicted", "curves")
TABLES = (
    "verdicts",
    "baselines",
    "affinities",
    "cost",
    "step_matching",
    "controls",
    "equal_sizes",
    "forms",
    "weight_shares",
    "early",
    "audit",
    "data",
    "factors",
    "complementarity",
    "apart",
    "stability",
    "co_assignment",
)


def render(run_folder: Path) -> Path:
    """Builds ``report.html`` and ``figures/`` from the three JSON files of a run folder, and nothing else.

    The same files give the same bytes. Files of an earlier report that this one has no data for are removed.

    Args:
        run_folder: Holds ``affinity.json``, ``recommendation.json`` and ``evidence.json``.

    Returns:
        The path of ``report.html``.

    Raises:
        InputError: If a file is missing or malformed, or the folder cannot be written.
    """
    run = read_run(run_folder)
    drawings, tables = figures.draw_all(run), all_tables(run)
    folder = run_folder / "figures"
    written = write_all(folder, drawings.values(), tables.values())
    for name in (f"{stem}{suffix}" for stem in (*DRAWN, *TABLES) for suffix in SUFFIXES):
        if name not in written:
            (folder / name).unlink(missing_ok=True)
    return write_bytes(run_folder / "report.html", page(run, drawings, tables).encode())


def render_heatmap(
    matrix: "AffinityMatrix",
    groups: Sequence[Sequence[str]] | None,
    folder: Path,
    *,
    chosen: bool = True,
    predicted: "NDArray[np.bool_] | None" = None,
) -> dict[str, Path]:
    """Writes the heatmap alone: ``heatmap.png``, ``.svg``, ``.csv`` and ``.json``; file names to paths.

    Args:
        matrix: Affinities of ``T`` tasks.
        groups: Disjoint groups to keep together and outline, or None.
        folder: Where to; made if it is not there.
        chosen: Whether the groups are the answer (outlined) or a proposal (dashed).
        predicted: Cells of the matrix that are predicted among measured ones, which is marked, shape ``(T, T)``.

    Raises:
        InputError: If a group names an unknown task, a task stands in two groups, or the folder cannot be written.
    """
    return write_all(folder, [figures.heatmap(matrix, groups, chosen=chosen, predicted=predicted)])
