r"""What each example's training loss counts where classes are balanced.

With :math:`N_c` of :math:`N` training examples in class :math:`c`, of :math:`C` classes that occur,

.. math:: w_c = N / (C\, N_c),

which is 1 on average over the training examples, and gives every class the same total. Multilabel has such weights for
every label by itself, of its two values. A class, or a value of a label, that is alone keeps weight 1.
"""

import numpy as np
import torch
from torch import Tensor

from tasks.encoding import EncodedTask

BALANCED = ("binary", "multiclass", "multilabel")
"""Kinds of task that have classes."""


def class_weights(task: EncodedTask) -> Tensor | None:
    """Weights by class, shape ``(C,)``; for multilabel by value and label, shape ``(2, C)``; None without classes."""
    if task.kind.name not in BALANCED:
        return None
    targets = task.splits["train"].targets.astype(np.int64)
    if task.kind.name == "multilabel":
        ones = targets.sum(axis=0)  # shape: (C,)
        counts = np.stack([len(targets) - ones, ones])
    else:
        counts = np.bincount(targets, minlength=max(task.outputs, 2))[:, None]  # shape: (C, 1)
    there = (counts > 0).sum(axis=0)
    weights = counts.sum(axis=0) / (there * np.maximum(counts, 1))
    found = torch.from_numpy(np.where(counts > 0, weights, 1.0).astype(np.float32))
    return found if task.kind.name == "multilabel" else found[:, 0]


def example_weights(weights: Tensor, targets: Tensor) -> Tensor:
    """Weights of a batch's losses, shape ``(B,)``; for multilabel of each label's, shape ``(B, C)``.

    Args:
        weights: As :func:`class_weights` gives them.
        targets: Shape ``(B,)``, or ``(B, C)``.
    """
    if targets.dim() == 1:
        return weights[targets.long()]
    return torch.where(targets > 0, weights[1], weights[0])
