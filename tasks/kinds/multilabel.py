"""Several labels, each of which is set or not."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Multilabel:
    """``C`` labels, each yes or no; targets ``(N, C)`` of 0 and 1, scores ``(N, C)``: one logit per label.

    The loss of an example is the mean of its ``C`` logistic losses.
    """

    name: str = "multilabel"
    default_metric: str = "macro_f1"
    pooled: bool = False
    placed: bool = False

    def outputs(self, n_classes: int) -> int:
        """One logit per label."""
        return n_classes

    def prior_loss(self, train_targets: NDArray[Any], targets: NDArray[Any]) -> float:
        r"""Of every label's own frequency on train, :math:`p = (n_1 + 1) / (N + 2)`."""
        p = (train_targets.sum(axis=0, dtype=np.float64) + 1.0) / (len(train_targets) + 2.0)  # shape: (C,)
        return float(-(targets * np.log(p) + (1.0 - targets) * np.log1p(-p)).mean())

    def losses(self, scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
        """Logistic loss, mean over labels, shape ``(N,)``."""
        sign = 2.0 * targets - 1.0  # shape: (N, C)
        return np.asarray(np.logaddexp(0.0, -sign * scores.astype(np.float64)).mean(axis=1))

    def strata(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """Every label that is set, for every row."""
        return np.argwhere(targets).astype(np.int64)
