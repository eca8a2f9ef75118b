r"""What each example's training loss counts where classes are balanced.

With :math:`N_c` of :math:`N` training examples in class :math:`c`, of :math:`C` classes that occur,

.. math:: w_c = N / (C\, N_c),

which is 1 on average over the training examples, and gives every class the same total. Multilabel has such weights for
every label by itself, of its two values. Where lines or words have the classes, one of an example with :math:`U` counts
:math:`1/U`, as in the example's loss. A class, or a value of a label, that is alone keeps weight 1, and so does
one that does not occur.
"""

import numpy as np
import torch
from torch import Tensor

from tasks.encoding import EncodedTask

BALANCED = ("binary", "multiclass", "multilabel", "tokens")
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
        known = targets >= 0  # behind the spans of an example there are none
        each = 1 / known.sum(axis=1)[np.nonzero(known)[0]] if task.kind.placed else None
        counts = np.bincount(targets[known], each, minlength=max(task.outputs, 2))[:, None]  # shape: (C, 1)
    there = (counts > 0).sum(axis=0)
    weights = counts.sum(axis=0) / (there * np.where(counts > 0, counts, 1))
    found = torch.from_numpy(np.where(counts > 0, weights, 1.0).astype(np.float32))
    return found if task.kind.name == "multilabel" else found[:, 0]


def example_weights(weights: Tensor, targets: Tensor) -> Tensor:
    """Weights of a batch's losses, shape ``(B,)``; for multilabel of each label's, ``(B, C)``; of all spans' ``(P,)``.

    Args:
        weights: As :func:`class_weights` gives them.
        targets: Shape ``(B,)``, or ``(B, C)``; of spans ``(B, U)``, -1 behind each example's.
    """
    if weights.dim() == 1:
        return weights[targets[targets >= 0].long()]
    return torch.where(targets > 0, weights[1], weights[0])
