r"""How well predicted gains tell measured ones, and how well anything could.

Losses hardly move between groups, so relative errors flatter every predictor. What counts is the order of the groups
for one target (:attr:`Agreement.rank`) and whether negative transfer is seen (:attr:`Agreement.f1`) beside what no
prediction at all reaches (:attr:`Agreement.f1_base`). Measured gains are noisy themselves: :func:`reliability`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from affinity.matrix import AffinityMatrix

Array = NDArray[np.float64]

FEWEST = 3
"""Groups of one target that make a rank correlation worth a number."""


@dataclass(frozen=True)
class Agreement:
    """Predicted against measured gains.

    Args:
        rank: Spearman correlation within each target, mean over targets; -1 to 1, 0 is chance; NaN if undefined.
        pearson: Correlation of all gains at once; NaN if either side is constant.
        f1: F1 of predicting negative transfer (gain below 0), 0 to 1.
        f1_base: F1 of calling everything negative transfer.
        negative: Share of measured gains below 0.
        count: Gains compared.
    """

    rank: float
    pearson: float
    f1: float
    f1_base: float
    negative: float
    count: int


@dataclass(frozen=True)
class Reliability:
    r"""How well two halves of the replicates agree, and what that allows.

    Args:
        halves: Rank correlation within targets of the two halves, ``r``.
        whole: Reliability of the mean of both halves, :math:`2r / (1 + r)` (Spearman and Brown); 0 where ``r <= 0``.
        ceiling: Highest rank correlation that a perfect predictor can be expected to have with that mean,
            :math:`\sqrt{2r / (1 + r)}`.
    """

    halves: float
    whole: float
    ceiling: float


def compare(predicted: Array, measured: Array) -> Agreement:
    """Compares gains of shape ``(G, T)``, groups or sources by targets; cells that are NaN on either side are left out.

    Raises:
        ValueError: If shapes differ or no cell is left.
    """
    kept = _both(predicted, measured)
    said, true = predicted[kept] < 0, measured[kept] < 0
    wrong = int(np.sum(said != true))
    hits = int(np.sum(said & true))
    base = float(true.mean())
    return Agreement(
        rank=within_target_spearman(predicted, measured),
        pearson=pooled_pearson(predicted, measured),
        f1=2 * hits / (2 * hits + wrong) if hits + wrong else 1.0,
        f1_base=2 * base / (1 + base),
        negative=base,
        count=int(kept.sum()),
    )


def within_target_spearman(predicted: Array, measured: Array) -> float:
    """Spearman correlation of each column with 3 cells or more, and not constant, on both sides; mean over columns."""
    kept = _both(predicted, measured)
    found = []
    for t in range(predicted.shape[1]):
        left, right = predicted[kept[:, t], t], measured[kept[:, t], t]
        if len(left) >= FEWEST and np.ptp(left) > 0 and np.ptp(right) > 0:
            found.append(float(stats.spearmanr(left, right).statistic))
    return float(np.mean(found)) if found else float("nan")


def pooled_pearson(predicted: Array, measured: Array) -> float:
    """Pearson correlation of all cells at once; NaN if either side is constant."""
    kept = _both(predicted, measured)
    left, right = predicted[kept], measured[kept]
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return float("nan")
    return float(np.corrcoef(left, right)[0, 1])


def pooled_spearman(predicted: Array, measured: Array) -> float:
    """Spearman correlation of all cells at once; NaN if either side is constant."""
    kept = _both(predicted, measured)
    left, right = predicted[kept], measured[kept]
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return float("nan")
    return float(stats.spearmanr(left, right).statistic)


def reliability(first: Array, second: Array) -> Reliability:
    """Agreement of two halves of the seeds with each other; shapes ``(G, T)``, NaN cells left out."""
    halves = within_target_spearman(first, second)
    whole = 2 * halves / (1 + halves) if halves > 0 else (0.0 if halves <= 0 else halves)
    return Reliability(halves=halves, whole=whole, ceiling=float(np.sqrt(whole)))


def off_diagonal(matrix: AffinityMatrix) -> Array:
    """The scores with NaN for a task and itself, shape ``(T, T)``, so that the zeros there count for nothing."""
    return np.where(np.eye(len(matrix.tasks), dtype=bool), np.nan, matrix.scores)


def _both(predicted: Array, measured: Array) -> NDArray[np.bool_]:
    if predicted.shape != measured.shape or predicted.ndim != 2:
        raise ValueError(f"Expected two tables of one shape (G, T), but got {predicted.shape} and {measured.shape}.")
    kept = np.isfinite(predicted) & np.isfinite(measured)
    if not kept.any():
        raise ValueError("Expected at least one gain that both sides have, but got none.")
    return kept
