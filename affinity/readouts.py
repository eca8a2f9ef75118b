r"""One number per prediction: what a linearised model is linear in.

A *readout* is a scalar that a task's loss depends on. For classes it is the margin
:math:`m = z_y - \log \sum_{c \ne y} e^{z_c}` of the right class, which turns cross-entropy into the logistic loss
:math:`\log(1 + e^{-m})` of one number, whatever the number of classes; a label of several has a margin of its own, and
so has every line or word; a regression's readout is its error, with the squared loss. Above 0 a margin is right.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tasks.kinds import Kind


def margins(kind: Kind, scores: Tensor, targets: Tensor) -> Tensor:
    """Readouts of scored examples, shape ``(B, R)``; ``R`` is 1, or the number of labels or spans that it has.

    Args:
        kind: Of the task. Retrieval is not among them: its candidates are texts of their own, see :func:`ranking`.
        scores: What the head gives, shape ``(B, outputs)``; of spans ``(B R, outputs)``.
        targets: As in :class:`tasks.encoding.EncodedRows`; of spans ``(B, R)``, none of them missing.
    """
    if kind.placed:
        return ranking(scores, targets.long().flatten()).reshape(targets.shape)
    if kind.name == "regression":
        return scores - targets.float()[:, None]
    if kind.name in ("binary", "multilabel"):
        return (2 * targets.float().reshape(len(scores), -1) - 1) * scores
    return ranking(scores, targets.long())


def ranking(scores: Tensor, right: Tensor, *, allowed: Tensor | None = None) -> Tensor:
    """Margins of the right one of several candidates, shape ``(B, 1)``.

    Args:
        scores: Shape ``(B, P)``.
        right: Index of the right candidate, shape ``(B,)``.
        allowed: Candidates that count, the right one whatever it says, shape ``(B, P)``; all if None.
    """
    chosen = scores.gather(1, right[:, None])
    out = torch.zeros_like(scores, dtype=torch.bool).scatter_(1, right[:, None], True)
    if allowed is not None:
        out = out | ~allowed
    return chosen - scores.masked_fill(out, -torch.inf).logsumexp(1, keepdim=True)


@dataclass(frozen=True)
class ReadoutLoss:
    """The loss of a readout and its slope, elementwise.

    Args:
        squared: Squared loss of an error; otherwise the logistic loss of a margin.
    """

    squared: bool

    @classmethod
    def of(cls, kind: Kind) -> "ReadoutLoss":
        """The loss that a kind of task has."""
        return cls(squared=kind.name == "regression")

    def value(self, readouts: Tensor) -> Tensor:
        """Losses."""
        return readouts.square() if self.squared else nn.functional.softplus(-readouts)

    def slope(self, readouts: Tensor) -> Tensor:
        """Derivatives by the readouts."""
        return 2 * readouts if self.squared else -torch.sigmoid(-readouts)
