"""Per-example losses by kind of task: what training descends and what a gain is measured on."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional


def binary(scores: Tensor, targets: Tensor) -> Tensor:
    """Logistic loss of one logit; scores ``(B, 1)``, targets ``(B,)``."""
    return functional.binary_cross_entropy_with_logits(scores[:, 0], targets.to(scores.dtype), reduction="none")


def multiclass(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy; scores ``(B, C)``, targets ``(B,)``."""
    return functional.cross_entropy(scores, targets.long(), reduction="none")


def multilabel(scores: Tensor, targets: Tensor) -> Tensor:
    """Mean over labels of the logistic loss; scores and targets ``(B, C)``."""
    return functional.binary_cross_entropy_with_logits(scores, targets.to(scores.dtype), reduction="none").mean(1)


def regression(scores: Tensor, targets: Tensor) -> Tensor:
    """Squared error of the standardised target; scores ``(B, 1)``, targets ``(B,)``."""
    return (scores[:, 0] - targets.to(scores.dtype)).square()


def retrieval(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy over candidates; scores ``(B, P)``, targets: the right candidate's index, ``(B,)``."""
    return functional.cross_entropy(scores, targets.long(), reduction="none")


def span_means(losses: Tensor, targets: Tensor) -> Tensor:
    """Mean over every example's spans, shape ``(B,)``; losses of all spans ``(P,)``, targets ``(B, U)``."""
    known = targets >= 0
    padded = losses.new_zeros(targets.shape).masked_scatter(known, losses)
    return padded.sum(1) / known.sum(1)


def spans(scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean cross-entropy of an example's spans; scores of all spans ``(P, C)``, targets ``(B, U)``, -1 behind each."""
    losses = functional.cross_entropy(scores, targets[targets >= 0].long(), reduction="none")
    return span_means(losses if weights is None else losses * weights, targets)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "binary": binary,
    "multiclass": multiclass,
    "multilabel": multilabel,
    "regression": regression,
    "retrieval": retrieval,
    "tokens": spans,
    "text": spans,
}


def in_batch(scores: Tensor, documents: Tensor) -> Tensor:
    """Retrieval's training loss: every other document of the batch is a negative, except equal ones.

    Args:
        scores: Similarities of ``B`` queries to the ``B`` documents of the batch, shape ``(B, B)``.
        documents: Identity of each document, shape ``(B,)``; a repeated document is no negative of itself.

    Returns:
        Losses, shape ``(B,)``.
    """
    same = documents[:, None] == documents[None, :]
    same.fill_diagonal_(False)
    own = torch.arange(len(scores), device=scores.device)
    return functional.cross_entropy(scores.masked_fill(same, float("-inf")), own, reduction="none")


def training_loss(kind: str, scores: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean loss of a training batch; retrieval's candidates are the batch's own documents.

    Args:
        weights: What losses count, shape ``(B,)``, or each label's, shape ``(B, C)``, or each span's, shape ``(P,)``;
            all 1 if None. They are not divided by their sum over the batch: a batch of rare classes makes a larger
            step.
    """
    if weights is not None and kind == "multilabel":
        wanted = targets.to(scores.dtype)
        return functional.binary_cross_entropy_with_logits(scores, wanted, weight=weights.to(scores.dtype))
    if weights is not None and kind == "tokens":
        return spans(scores, targets, weights).mean()
    losses = in_batch(scores, targets) if kind == "retrieval" else LOSSES[kind](scores, targets)
    return losses.mean() if weights is None else (losses * weights).mean()
