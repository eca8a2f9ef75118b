"""One pass over a split in batches of similar length."""

import numpy as np
from numpy.typing import NDArray

from tasks.encoding import EncodedRows

WINDOW = 4
"""Batches whose rows are sorted by length together: wide enough to save padding, narrow enough to mix."""


def batches(rows: EncodedRows, *, batch_size: int, generator: np.random.Generator) -> list[NDArray[np.int64]]:
    """Row numbers of every batch; each row is in exactly one.

    Rows are shuffled, sorted by their tokens inside windows of several batches and cut; then the batches are shuffled.
    There are ``ceil(N / batch_size)``, and their sizes differ by one at most: no small last batch with a noisy step.

    Args:
        rows: The split, ``N`` examples.
        batch_size: Examples per batch at most.
        generator: Where the order comes from.

    Raises:
        ValueError: If ``batch_size`` is below 1.
    """
    if batch_size < 1:
        raise ValueError(f"Expected `batch_size` of 1 or more, but got {batch_size}.")
    count = -(-len(rows) // batch_size)
    order, lengths = generator.permutation(len(rows)), rows.lengths
    edges = np.arange(count + 1) * len(rows) // max(count, 1)  # shape: (count + 1,)
    found: list[NDArray[np.int64]] = []
    for start in range(0, count, WINDOW):
        window = edges[start : start + WINDOW + 1]
        members = order[window[0] : window[-1]]
        by_length = members[np.argsort(lengths[members], kind="stable")]
        found += np.split(by_length, window[1:-1] - window[0])
    return [found[index] for index in generator.permutation(count)]
