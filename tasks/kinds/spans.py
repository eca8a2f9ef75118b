"""Targets of examples that have several, one for each labelled span of their text: padded, and flat.

Targets are padded to one width, ``(N, U)``, with :data:`NONE` where an example has no more spans. Scores, losses and
states of spans are flat: ``(P, ...)`` for the ``P`` spans that there are, example after example.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

NONE = -1
"""Stands in padded targets where there is no span."""


def flat_targets(targets: NDArray[Any]) -> NDArray[Any]:
    """Targets of all spans, example after example, shape ``(P,)``."""
    return np.asarray(targets[targets != NONE])


def example_means(values: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
    """Mean over every example's spans, shape ``(N,)``; every example has at least one.

    Args:
        values: Of all spans, shape ``(P,)``.
        targets: Padded, shape ``(N, U)``.
    """
    known = targets != NONE
    padded = np.zeros(targets.shape)
    padded[known] = values
    return np.asarray(padded.sum(axis=1) / known.sum(axis=1))


def padded(values: list[NDArray[Any]], *, dtype: Any = np.int32) -> NDArray[Any]:
    """Arrays of different length as rows, shape ``(N, longest)``, with :data:`NONE` behind each."""
    found = np.full((len(values), max((len(of) for of in values), default=0)), NONE, dtype=dtype)
    for row, of in enumerate(values):
        found[row, : len(of)] = of
    return found


def cross_entropy(scores: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
    r"""Mean over every example's spans of :math:`\log \sum_c e^{z_c} - z_y`, shape ``(N,)``.

    Args:
        scores: Of all spans, shape ``(P, C)``.
        targets: Padded, shape ``(N, U)``.
    """
    logits, right = scores.astype(np.float64), flat_targets(targets)
    losses = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(logits)), right]
    return example_means(losses, targets)


def frequency_loss(train_targets: NDArray[Any], targets: NDArray[Any], *, n_classes: int) -> float:
    r"""Mean over examples of the mean over their spans of :math:`-\log p_y`, with :math:`p_c = (n_c + 1) / (P + C)`.

    Counts are of train's spans. The added one keeps it finite for a class that train lacks.
    """
    counts = np.bincount(flat_targets(train_targets), minlength=n_classes) + 1.0  # shape: (C,)
    log_p = np.log(counts / counts.sum())
    return float(example_means(-log_p[flat_targets(targets)], targets).mean())
