"""The best allowed partition in each of several worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.sampling.local_moves import improved
from grouping.sampling.worlds import ENUMERATED
from grouping.solvers.unlimited import best_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grouping.labels import Labels
    from grouping.sampling.allowed import Allowed
    from grouping.sampling.worlds import Worlds


def best_partitions(
    worlds: Worlds, centres: Sequence[Labels], allowed: Allowed, generator: np.random.Generator
) -> list[Labels]:
    """Exact up to :data:`grouping.sampling.worlds.ENUMERATED` tasks; beyond, by local moves.

    Args:
        centres: Partitions that local moves begin with, beside a random one.
    """
    count = worlds.count
    if count <= ENUMERATED:
        totals = worlds.every_total()
        totals[:, ~allowed.every_group] = -np.inf
        return [tuple(row) for row in best_labels(totals, max_groups=allowed.max_adapters).tolist()]
    starts = [*centres, allowed.random(generator)]
    rows = np.array([starts[index % len(starts)] for index in range(len(worlds.base))], dtype=np.intp)
    return improved(worlds, rows, allowed)
