"""Tasks with fewer examples, for measurements that need no more."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tasks.encoding import EncodedRows, EncodedTask


def shortened(task: EncodedTask, sizes: Mapping[str, int]) -> EncodedTask:
    """A task with the first rows of the splits that are named, and no other split.

    The constant predictor stays the one of all training rows.

    Args:
        sizes: Most examples by split.
    """
    train = task.splits["train"].targets
    splits = {name: _first(task.splits[name], size) for name, size in sizes.items()}
    splits = {
        name: replace(rows, prior_loss=task.kind.prior_loss(train, rows.targets)) for name, rows in splits.items()
    }
    return replace(task, splits=splits, fingerprint=f"{task.fingerprint}:{dict(sizes)}")


def _first(rows: EncodedRows, size: int) -> EncodedRows:
    """The first rows; of a pool, the documents that they need, which come in the order of their first use."""
    kept = np.arange(min(size, len(rows)))
    targets = rows.targets[kept]
    pool = np.arange(int(targets.max()) + 1) if rows.pooled else kept
    *own, last = rows.sides
    sides = (*(side.take(kept) for side in own), last.take(pool))
    places = None if rows.read_at is None else rows.read_at[kept]
    return replace(rows, sides=sides, targets=targets, units=rows.units[kept], read_at=places)
