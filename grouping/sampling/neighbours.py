"""Partitions that are one change away from a given one."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from grouping.labels import renumbered_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.labels import Labels
    from grouping.sampling.allowed import Allowed

HALVED = 5
"""Most blocks of a group whose every division into two is a neighbour."""


def neighbours(labels: Labels, allowed: Allowed) -> NDArray[np.intp]:
    """Moves of one block, mergers of two groups, and divisions of small groups, shape ``(C, T)``.

    Some stand there twice, some are the given partition, and some are not allowed.
    """
    home = allowed.home  # block of each task
    base = np.array(labels, dtype=np.intp)
    groups, blocks = int(base.max()) + 1, len(allowed.blocks)
    block, into = np.repeat(np.arange(blocks), groups + 1), np.tile(np.arange(groups + 1), blocks)
    moved = np.where(home == block[:, None], into[:, None], base)
    first, second = (np.array(of, dtype=np.intp) for of in np.triu_indices(groups, 1))
    merged = np.where(base == second[:, None], first[:, None], base)
    divided = [
        np.where(np.isin(home, part), groups, base)
        for group in range(groups)
        if 4 <= len(inside := np.unique(home[base == group])) <= HALVED
        for part in combinations(inside.tolist(), 2)
    ]
    return renumbered_rows(np.concatenate([moved, merged, np.array(divided, dtype=np.intp).reshape(-1, len(base))]))
