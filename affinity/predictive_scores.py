r"""How good predictions of gains are that come with an error: the score of the whole distribution, and its calibration.

Beside :mod:`affinity.agreement`, which judges the predicted values alone. Cells that are NaN on any side count nowhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NegativeTransfer:
    """How well negative transfer, a gain below 0, is told beforehand.

    Args:
        precision: Share of cells called negative that are; NaN if none is called so. Calling at random gives ``base``.
        recall: Share of negative cells that are called so; NaN if there are none.
        base: Share of all cells that are negative.
        called: Share of all cells that are called negative, which is the recall of calling at random.
        count: Cells.
    """

    precision: float
    recall: float
    base: float
    called: float
    count: int


def crps(measured: Array, mean: Array, error: Array) -> Array:
    r"""Continuous ranked probability score of normal predictions, in the unit of the gains; lower is better.

    .. math:: \sigma \left( z (2 \Phi(z) - 1) + 2 \varphi(z) - \pi^{-1/2} \right), \quad z = (y - \mu) / \sigma

    It is 0 for a sure and right prediction and the absolute error where ``error`` is 0. All shapes are alike.

    Raises:
        ValueError: If shapes differ or an error is below 0.

    Source: Gneiting and Raftery, JASA 2007, https://doi.org/10.1198/016214506000001437, equation 21 (negatively
    oriented there).
    """
    _require(measured, mean, error)
    sure = error == 0
    sigma = np.where(sure, 1.0, error)
    z = (measured - mean) / sigma
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    score: Array = np.where(
        sure, np.abs(measured - mean), sigma * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))
    )
    return score


def coverage(
    measured: Array, mean: Array, error: Array, *, measured_error: Array | None = None, level: float = 0.9
) -> float:
    """Share of measured gains within the central interval of ``level``; ``level`` itself if errors are as stated.

    Args:
        measured_error: Standard errors of the measured gains, that of the task's reference among them, which widen the
            interval; None where the true gain is known. A prediction that learned from gains against the same reference
            shares its error with them, and is then judged too kindly.

    Raises:
        ValueError: If shapes differ, an error is below 0, no cell is left, or ``level`` is not between 0 and 1.
    """
    other = np.zeros_like(error) if measured_error is None else measured_error
    _require(measured, mean, error, other)
    if not 0 < level < 1:
        raise ValueError(f"Expected `level` between 0 and 1, but got {level}.")
    away = np.abs(measured - mean)
    half = float(ndtri((1 + level) / 2)) * np.sqrt(error**2 + other**2)
    kept = np.isfinite(away) & np.isfinite(half)
    _require_cells(kept)
    return float(np.mean(away[kept] <= half[kept]))


def negative_transfer(measured: Array, predicted: Array, *, threshold: float = 0.0) -> NegativeTransfer:
    """Precision and recall of calling negative what is predicted below ``threshold``.

    Args:
        measured: Gains; negative transfer is below 0.
        predicted: Predicted gains, or any bound of them.
        threshold: Predictions below it are called negative.

    Raises:
        ValueError: If shapes differ or no cell is left.
    """
    _require(measured, predicted)
    kept = np.isfinite(measured) & np.isfinite(predicted)
    _require_cells(kept)
    true, called = measured[kept] < 0, predicted[kept] < threshold
    hits = float(np.sum(true & called))
    return NegativeTransfer(
        precision=hits / float(called.sum()) if called.any() else float("nan"),
        recall=hits / float(true.sum()) if true.any() else float("nan"),
        base=float(true.mean()),
        called=float(called.mean()),
        count=int(kept.sum()),
    )


def _require(measured: Array, predicted: Array, *errors: Array) -> None:
    shapes = {of.shape for of in (measured, predicted, *errors)}
    if len(shapes) > 1:
        raise ValueError(f"Expected arrays of one shape, but got {sorted(shapes)}.")
    if any(np.any(of < 0) for of in errors):
        raise ValueError("Expected standard errors of 0 or more, but got one below 0.")


def _require_cells(kept: NDArray[np.bool_]) -> None:
    if not kept.any():
        raise ValueError("Expected at least one cell that all sides have, but got none.")
