"""A number."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10
"""Strata of a regression: tenths of the sorted targets."""


@dataclass(frozen=True)
class Regression:
    """A number, standardised by train's mean and standard deviation; targets ``(N,)``, scores ``(N, 1)``.

    The loss is the squared error, so the constant predictor's loss on train is 1.
    """

    name: str = "regression"
    default_metric: str = "r2"
    pooled: bool = False
    placed: bool = False

    def outputs(self, n_classes: int) -> int:
        """One number."""
        return 1

    def prior_loss(self, train_targets: NDArray[Any], targets: NDArray[Any]) -> float:
        """Of the training mean."""
        return float(np.mean((targets.astype(np.float64) - train_targets.mean(dtype=np.float64)) ** 2))

    def losses(self, scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
        """Squared error, shape ``(N,)``."""
        return np.asarray((scores[:, 0].astype(np.float64) - targets) ** 2)

    def strata(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """The tenth of the sorted targets that a row is in; equal targets are in the same one."""
        rank = np.searchsorted(np.sort(targets), targets)  # shape: (N,)
        return np.column_stack([np.arange(len(targets)), rank * BINS // max(len(targets), 1)]).astype(np.int64)
