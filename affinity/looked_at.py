"""Which examples' gradients are taken: all, or as many as there is room for.

A training example that is looked at stands for as many of its task as are not: steps per pass stay those of all.
"""

from collections.abc import Sequence
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from affinity.looked_spans import spans_of
from affinity.mapped import FP32
from affinity.splits import SPLITS
from tasks.encoding import EncodedTask
from trainers.mixing import seeded

ROOM = 4 * 2**30
"""Bytes that the gradients of all tasks at one anchor may take, and their inner products again."""
FEWEST = 64
"""Examples of a split that are looked at in any case."""


def readouts_of(task: EncodedTask) -> int:
    """Per example: one, or one per label where an example has several; of spans as many as are looked at."""
    if task.kind.placed:
        return spans_of(task)
    return task.outputs if task.kind.name == "multilabel" else 1


def most_examples(tasks: Sequence[EncodedTask], *, weights: int) -> int | None:
    """Most examples of each split such that the gradients of all tasks fit into :data:`ROOM`, and so do their inner
    products; None if all do.

    Args:
        weights: Of the adapter, whose every one has a number for each readout.
    """
    sizes = np.array([len(task.splits[split]) for task in tasks for split in SPLITS])
    each = np.repeat([readouts_of(task) for task in tasks], len(SPLITS))
    room = min(ROOM // (FP32 * weights), isqrt(ROOM // FP32))
    if int(sizes @ each) <= room:
        return None
    ends = np.unique(sizes)
    taken = np.array([int(np.minimum(sizes, end) @ each) for end in ends])
    place = int(np.searchsorted(taken, room, side="right"))  # the first end that is too much
    before, used = (0, 0) if place == 0 else (int(ends[place - 1]), int(taken[place - 1]))
    more = (room - used) // int(each[sizes > before].sum())
    return max(FEWEST, before + more)


def looked_rows(task: EncodedTask, split: str, *, most: int | None) -> NDArray[np.int64]:
    """At most so many examples of a split, ascending: whole units, drawn by chance from the task's name.

    Where the first unit alone is larger, some of its examples.
    """
    units = task.splits[split].units
    if most is None or len(units) <= most:
        return np.arange(len(units))
    _, place, count = np.unique(units, return_inverse=True, return_counts=True)
    order = seeded("looked at", task.name, split).permutation(len(count))
    chosen = order[: max(1, int(np.searchsorted(np.cumsum(count[order]), most, side="right")))]
    return np.flatnonzero(np.isin(place, chosen))[:most]
