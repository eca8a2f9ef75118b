"""Finding the document that belongs to a query."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Retrieval:
    r"""Which of ``P`` documents belongs to a query; targets ``(N,)``, scores ``(N, P)``: similarities.

    The pool of a split is its distinct documents, and a target is the index of a document in it. The loss is
    cross-entropy over the pool, :math:`\log \sum_p e^{z_p} - z_y`. Metrics read reciprocal ranks ``(N, 1)``.
    """

    name: str = "retrieval"
    default_metric: str = "mrr"
    pooled: bool = True
    placed: bool = False

    def outputs(self, n_classes: int) -> int:
        """One number: the reciprocal rank of the right document."""
        return 1

    def prior_loss(self, train_targets: NDArray[Any], targets: NDArray[Any]) -> float:
        r""":math:`\log P`, uniform over the distinct documents among ``targets``; nothing is fitted on train."""
        return float(np.log(len(np.unique(targets))))

    def losses(self, scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
        """Cross-entropy over the pool, shape ``(N,)``."""
        logits = scores.astype(np.float64)  # shape: (N, P)
        return np.asarray(np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(logits)), targets])

    def strata(self, targets: NDArray[Any]) -> NDArray[np.int64]:
        """None: documents are all alike."""
        return np.empty((0, 2), dtype=np.int64)


def reciprocal_ranks(scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
    """One over the rank of every query's document, in (0, 1], shape ``(N, 1)``.

    A candidate that ties with the right document is ranked before it, so that equal scores for all earn ``1 / P`` and
    not 1.

    Args:
        scores: Similarities, shape ``(N, P)``.
        targets: Index of the right document, shape ``(N,)``.
    """
    right = scores[np.arange(len(scores)), targets][:, None]  # shape: (N, 1)
    return np.asarray(1.0 / (scores >= right).sum(axis=1, keepdims=True))
