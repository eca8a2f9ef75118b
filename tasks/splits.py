"""Random divisions that keep units whole and strata even."""

import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def generator_for(task: str, *, seed: int, purpose: str) -> np.random.Generator:
    """A generator of the task's own: it depends on seed, name and purpose, and on no other task."""
    return np.random.default_rng([seed, zlib.crc32(task.encode()), zlib.crc32(purpose.encode())])


def divide(
    units: NDArray[np.int64],
    strata: NDArray[np.int64],
    *,
    fractions: Sequence[float],
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    r"""Part of every row, 0 to ``P - 1``, shape ``(N,)``; rows of one unit get one part.

    Units come in turn, larger ones first and equal ones shuffled. Each goes to the part where it lowers

    .. math:: \sum_{p, s} (n_{ps} - f_p n_s)^2 / (f_p n_s)

    most: Pearson's distance between the rows :math:`n_{ps}` of stratum ``s`` in part ``p`` and the wanted number. All
    rows together count as one more stratum. With few units a part may stay empty: the caller checks.

    Args:
        units: Which rows stay together, shape ``(N,)``.
        strata: Pairs of a row and a stratum that it is in, shape ``(K, 2)``; see :meth:`tasks.kinds.Kind.strata`.
        fractions: Wanted shares of the ``P`` parts, above 0; scaled to sum to 1.
        generator: Breaks the ties.

    Raises:
        ValueError: If a fraction is not above 0.

    Source: after Sechidis et al., "On the stratification of multi-label data", 2011, who go label by label; the
    distance and whole units are ours.
    """
    if not all(fraction > 0 for fraction in fractions):
        raise ValueError(f"Expected `fractions` above 0, but got {tuple(fractions)}.")
    unit_of_row: NDArray[Any]
    _, unit_of_row = np.unique(units, return_inverse=True)
    sizes = np.bincount(unit_of_row)  # shape: (U,)
    strata_of, counts, starts = _contents(unit_of_row, strata)
    totals = np.bincount(strata_of, weights=counts)  # shape: (S,)
    wanted = [(fraction / sum(fractions) * totals).tolist() for fraction in fractions]  # P lists of S
    lacking = [list(row) for row in wanted]
    parts = list(zip(range(len(wanted)), wanted, lacking, strict=True))
    part_of_unit = np.zeros(len(sizes), dtype=np.int64)
    for unit in np.lexsort((generator.permutation(len(sizes)), -sizes)).tolist():
        content = range(starts[unit], starts[unit + 1])
        best, least = 0, math.inf
        for part, want, lack in parts:
            rise = 0.0
            for i in content:
                s = strata_of[i]
                rise += counts[i] * (counts[i] - 2.0 * lack[s]) / want[s]
            if rise < least:
                best, least = part, rise
        part_of_unit[unit] = best
        for i in content:
            lacking[best][strata_of[i]] -= counts[i]
    return part_of_unit[unit_of_row]


def _contents(unit_of_row: NDArray[Any], strata: NDArray[np.int64]) -> tuple[list[int], list[int], list[int]]:
    """Which strata the rows of each unit are in, and how many; unit ``u`` has the entries from ``starts[u]`` on.

    Stratum 0 is all rows. Plain lists: the loop above reads single numbers, which arrays are slow at.
    """
    width = int(strata[:, 1].max(initial=-1)) + 2
    keys = np.concatenate([unit_of_row * width, unit_of_row[strata[:, 0]] * width + strata[:, 1] + 1])
    distinct, counts = np.unique(keys, return_counts=True)
    starts = np.searchsorted(distinct // width, np.arange(int(unit_of_row.max()) + 2))
    return (distinct % width).tolist(), counts.tolist(), starts.tolist()
