"""The affinity matrix of a table of gains: pairs where they were trained, a guess where they were not."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from affinity.matrix import AffinityMatrix
from affinity.predictors import PREDICTORS, Hybrid, MeanOfPairs
from affinity.table_gains import TableGains

MANY = 20
"""With more tasks a Gaussian process over all groups takes minutes."""


@dataclass(frozen=True, eq=False)
class TableMatrix:
    """Affinities of a table of gains, and which of them are guesses.

    Args:
        matrix: Its estimator is the table's kind, followed by ``+hybrid`` or ``+mean_of_pairs`` where cells are
            predicted. Errors of measured cells are NaN where the table says nothing of errors.
        predicted: Cells whose pair was not trained, shape ``(T, T)``; False on the diagonal.
        gains: The predictor behind it, fitted on all groups of the table.
    """

    matrix: AffinityMatrix
    predicted: NDArray[np.bool_]
    gains: MeanOfPairs | Hybrid


def table_matrix(found: TableGains) -> TableMatrix:
    """The measured gain and error of every trained pair; the expected gain of the others, with its error."""
    tasks, gains = found.tasks, fit_gains(found)
    size = len(tasks)
    scores, errors = np.zeros((2, size, size))
    predicted = np.zeros((size, size), dtype=np.bool_)
    pairs = list(combinations(range(size), 2))
    said = gains.predict(np.array([[t in pair for t in range(size)] for pair in pairs]))
    for row, (i, j) in enumerate(pairs):
        at = ([j, i], [i, j])  # the first member is the target of the second, and the other way round
        pair = found.measured.get((tasks[i], tasks[j]))
        predicted[at] = pair is None
        scores[at] = said.mean[row, [i, j]] if pair is None else pair.gain
        if pair is None:
            errors[at] = said.error[row, [i, j]]
        else:
            errors[at] = pair.gain_error if found.errors_known else np.nan
    name = next(name for name, kind in PREDICTORS.items() if isinstance(gains, kind))
    estimator = f"{found.kind}+{name}" if predicted.any() else found.kind
    return TableMatrix(AffinityMatrix(tasks, scores, errors, estimator=estimator), predicted, gains)


def fit_gains(found: TableGains) -> MeanOfPairs | Hybrid:
    """The mean of pairs where all pairs and nothing larger was trained, a Gaussian process over groups elsewhere.

    On published tables of all groups of five tasks the mean of pairs is a little ahead in the first case, and mostly
    behind in others. With more than :data:`MANY` tasks it is the mean of pairs too.
    """
    measured = [of.gains() for of in found.measured.values()]
    pairs = len(found.tasks) * (len(found.tasks) - 1) // 2
    only_pairs = all(len(group) == 2 for group in found.measured)
    if len(found.tasks) > MANY or (only_pairs and len(measured) == pairs):
        return MeanOfPairs.fit(found.tasks, measured)
    return Hybrid.fit(found.tasks, measured)
