"""The files of an affinity matrix in a run folder, and the line in its log."""

from affinity.matrix import AffinityMatrix
from cotrain.run_folder import RunFolder

AFFINITIES = "affinities"
"""The event in the log."""


def save_affinities(folder: RunFolder, matrix: AffinityMatrix) -> None:
    """Writes ``affinity.json``, ``.csv`` and ``.parquet``, and logs that they are there."""
    matrix.save(folder.path)
    folder.log(AFFINITIES, estimator=matrix.estimator, tasks=list(matrix.tasks))
