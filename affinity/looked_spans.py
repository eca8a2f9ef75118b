"""Which lines or words of an example are looked at where gradients are taken: each takes a backward pass of its own.

An example's loss is the mean over its spans; some of them, drawn by chance, have the same mean on average. All examples
have equally many, so that their readouts make an array.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.encoding import EncodedTask
from trainers.mixing import seeded

SPANS = 4
"""Spans of an example that are looked at, at most."""


@dataclass(frozen=True, eq=False)
class LookedSpans:
    """``R`` spans of each of ``N`` examples; one that has fewer has some of them more than once.

    Args:
        read_at: Tokens that they are read at, shape ``(N, R)``.
        targets: Their classes, shape ``(N, R)``.
    """

    read_at: NDArray[np.int32]
    targets: NDArray[np.int32]


def spans_of(task: EncodedTask) -> int:
    """``R``: :data:`SPANS`, or fewer where no training example has so many."""
    return min(SPANS, int(task.splits["train"].targets.shape[1]))


def looked_spans(task: EncodedTask, split: str) -> LookedSpans:
    """Of every example of a split, drawn from the task's name."""
    rows = task.splits[split]
    assert rows.read_at is not None
    known = rows.targets >= 0
    keys = np.where(known, seeded("looked spans", task.name, split).random(known.shape), np.inf)
    order = np.argsort(keys, axis=1)  # an example's own spans first
    turn = np.arange(spans_of(task)) % known.sum(axis=1)[:, None]  # shape: (N, R)
    chosen = np.take_along_axis(order, turn, axis=1)
    return LookedSpans(
        np.take_along_axis(rows.read_at, chosen, axis=1), np.take_along_axis(rows.targets, chosen, axis=1)
    )
