"""One class for every line, or every word, of a text."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.kinds.spans import NONE, cross_entropy, flat_targets, frequency_loss


@dataclass(frozen=True)
class TokenLabels:
    """One of ``C`` classes for each of a text's lines or words, its *spans*.

    Targets ``(N, U)`` in 0 to C - 1, -1 where a text has no more spans; scores are those of all ``P`` spans, text
    after text, ``(P, C)``. The loss of a text is the mean cross-entropy of its spans, so long texts count no more than
    short ones. Metrics read the chosen classes, ``(N, U)``, and count every span alike.
    """

    name: str = "tokens"
    default_metric: str = "macro_f1"
    pooled: bool = False
    placed: bool = True

    def outputs(self, n_classes: int) -> int:
        """One score per class."""
        return n_classes

    def prior_loss(self, train_targets: NDArray[Any], targets: NDArray[Any]) -> float:
        """Of the class frequencies among train's spans, each count plus one."""
        n_classes = int(max(train_targets.max(), targets.max())) + 1
        return frequency_loss(train_targets, targets, n_classes=n_classes)

    def losses(self, scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
        """Mean cross-entropy of every text's spans, shape ``(N,)``."""
        return cross_entropy(scores, targets)

    def strata(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """Every class that a text has among its spans, for every text."""
        rows = np.broadcast_to(np.arange(len(targets))[:, None], targets.shape)[targets != NONE]
        return np.unique(np.column_stack([rows, flat_targets(targets)]), axis=0).astype(np.int64)
