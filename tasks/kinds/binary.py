"""Two classes, one logit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.kinds.frequencies import frequency_loss


@dataclass(frozen=True)
class Binary:
    r"""Two classes; targets ``(N,)`` in {0, 1}, scores ``(N, 1)``: the logit of class 1.

    The loss is :math:`\log(1 + e^{-z})` for a positive and :math:`\log(1 + e^{z})` for a negative example.
    """

    name: str = "binary"
    default_metric: str = "accuracy"
    pooled: bool = False
    placed: bool = False

    def outputs(self, n_classes: int) -> int:
        """One logit."""
        return 1

    def prior_loss(self, train_targets: NDArray[Any], targets: NDArray[Any]) -> float:
        """Of the two class frequencies of train, each count plus one."""
        return frequency_loss(train_targets, targets, n_classes=2)

    def losses(self, scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
        """Logistic loss, shape ``(N,)``."""
        sign = 2.0 * targets - 1.0  # shape: (N,)
        return np.asarray(np.logaddexp(0.0, -sign * scores[:, 0].astype(np.float64)))

    def strata(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """The class of every row."""
        return np.column_stack([np.arange(len(targets)), targets]).astype(np.int64)
