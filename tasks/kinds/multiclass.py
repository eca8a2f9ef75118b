"""Three or more classes that exclude one another."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.kinds.frequencies import frequency_loss


@dataclass(frozen=True)
class Multiclass:
    r"""One of ``C`` classes; targets ``(N,)`` in 0 to C - 1, scores ``(N, C)``.

    The loss is cross-entropy, :math:`\log \sum_c e^{z_c} - z_y`.
    """

    name: str = "multiclass"
    default_metric: str = "accuracy"
    pooled: bool = False
    placed: bool = False

    def outputs(self, n_classes: int) -> int:
        """One score per class."""
        return n_classes

    def prior_loss(self, train_targets: NDArray[Any], targets: NDArray[Any]) -> float:
        """Of the class frequencies of train, each count plus one; loading sees to it that train has every class."""
        n_classes = int(max(train_targets.max(), targets.max())) + 1
        return frequency_loss(train_targets, targets, n_classes=n_classes)

    def losses(self, scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
        """Cross-entropy, shape ``(N,)``."""
        logits = scores.astype(np.float64)  # shape: (N, C)
        return np.asarray(np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(logits)), targets])

    def strata(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """The class of every row."""
        return np.column_stack([np.arange(len(targets)), targets]).astype(np.int64)
