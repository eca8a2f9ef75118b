"""All pairs of texts whose shingles are nearly the same, exactly."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BLOCK = 2_000_000
"""Candidate products, or shingles under verification, that are held at a time."""

LIMIT = 500
"""Later texts that one text is compared with; beyond it a sample of them, so that filled-in templates end as well."""

ROUNDING = 1e-9
"""Guards products such as 0.7 x 10 against ending just above a whole number."""


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of ``D`` texts that are near.

    Args:
        count: ``D``.
        pairs: ``i < j`` in ascending order, shape ``(P, 2)``.
        sampled: Texts with more than :data:`LIMIT` candidates; if there are any, pairs are missing.
    """

    count: int
    pairs: "NDArray[np.int64]"
    sampled: int

    def relation(self) -> "csr_array[np.int32]":
        """The relation "equal or near": symmetric, entries 1, diagonal 1, shape ``(D, D)``."""
        itself = np.arange(self.count)
        rows = np.concatenate([self.pairs[:, 0], self.pairs[:, 1], itself])
        columns = np.concatenate([self.pairs[:, 1], self.pairs[:, 0], itself])
        ones = np.ones(len(rows), dtype=np.int32)
        return coo_array((ones, (rows, columns)), shape=(self.count, self.count)).tocsr()


def near_pairs(shingles: "csr_array[np.int32]", *, threshold: float) -> NearPairs:
    r"""Pairs of rows with a Jaccard similarity :math:`|x \cap y| / |x \cup y|` of ``threshold`` or more.

    Prefix filtering: a pair at the threshold shares at least ``ceil(threshold * n)`` of the ``n`` shingles of either,
    so the two have a common shingle among the ``n - ceil(threshold * n) + 1`` rarest of each. Only pairs with such a
    common shingle are compared in full. Unlike with MinHash nothing is missed by chance, and on short texts it is as
    fast. Rows without shingles are near to nothing.

    The one exception are data sets of filled-in templates, where nearly all pairs are candidates: a text with more
    than :data:`LIMIT` of them is compared with a fixed sample, and ``sampled`` counts such texts.

    Args:
        shingles: Entries 1, shape ``(D, V)``.
        threshold: Above 0, at most 1.

    Raises:
        ValueError: If ``threshold`` is not above 0 and at most 1.

    Source: Bayardo, Ma, Srikant, "Scaling up all pairs similarity search", WWW 2007,
    https://doi.org/10.1145/1242572.1242591; the filter is Chaudhuri, Ganti, Kaushik, ICDE 2006. The sample is ours.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"Expected `threshold` above 0 and at most 1, but got {threshold}.")
    sizes = np.diff(shingles.indptr)  # shape: (D,)
    found, sampled = [np.empty((0, 2), dtype=np.int64)], 0
    for candidates in _candidates(shingles, sizes, threshold):
        pairs, crowded = _sample(candidates)
        found.append(_verified(shingles, sizes, pairs, threshold))
        sampled += crowded
    pairs = np.concatenate(found)
    return NearPairs(len(sizes), pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], sampled)


def blocks(work: "NDArray[np.int64]") -> "Iterator[tuple[int, int]]":
    """Cuts rows into runs ``start, stop`` of about :data:`BLOCK` products each; ``work`` has shape ``(rows,)``."""
    starts = np.flatnonzero(np.diff(np.cumsum(work) // BLOCK)) + 1
    return pairwise([0, *starts.tolist(), len(work)])


def _candidates(
    shingles: "csr_array[np.int32]", sizes: "NDArray[np.int32]", threshold: float
) -> "Iterator[NDArray[np.int64]]":
    """Pairs ``i < j`` of compatible sizes that share a shingle of their prefixes, block by block, ``(P, 2)``."""
    prefixes = _prefixes(shingles, sizes, threshold)
    transposed = prefixes.T.tocsr()
    work = np.asarray(prefixes @ np.diff(transposed.indptr), dtype=np.int64)  # products per row, shape: (D,)
    for start, stop in blocks(work):
        shared = (prefixes[start:stop] @ transposed).tocoo()
        first, second = shared.coords[0].astype(np.int64) + start, shared.coords[1].astype(np.int64)
        smaller, larger = np.minimum(sizes[first], sizes[second]), np.maximum(sizes[first], sizes[second])
        kept = (first < second) & (smaller >= threshold * larger - ROUNDING)
        yield np.stack([first[kept], second[kept]], axis=1)


def _prefixes(shingles: "csr_array[np.int32]", sizes: "NDArray[np.int32]", threshold: float) -> "csr_array[np.int32]":
    """The rarest shingles of every row, without those that only one row has, shape ``(D, V)``."""
    frequency = np.bincount(shingles.indices, minlength=shingles.shape[1])  # shape: (V,)
    owners = np.repeat(np.arange(len(sizes)), sizes)  # shape: (entries,)
    order = np.lexsort((shingles.indices, frequency[shingles.indices], owners))
    place = np.arange(len(order)) - np.repeat(shingles.indptr[:-1], sizes)  # 0 for a row's rarest shingle
    length = sizes - np.ceil(threshold * sizes - ROUNDING).astype(np.int64) + 1  # shape: (D,)
    columns = shingles.indices[order]
    kept = (place < length[owners]) & (frequency[columns] > 1)
    cells = (owners[kept], columns[kept])
    return coo_array((np.ones(int(kept.sum()), dtype=np.int32), cells), shape=shingles.shape).tocsr()


def _sample(pairs: "NDArray[np.int64]") -> "tuple[NDArray[np.int64], int]":
    """About :data:`LIMIT` pairs per first text, chosen by a hash of the two numbers, and how many texts had more."""
    counts = np.bincount(pairs[:, 0])  # shape: (D,)
    if not (counts > LIMIT).any():
        return pairs, 0
    mixed = pairs.astype(np.uint64) @ np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    uniform = (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
    return pairs[uniform * counts[pairs[:, 0]] < LIMIT], int((counts > LIMIT).sum())


def _verified(
    shingles: "csr_array[np.int32]", sizes: "NDArray[np.int32]", pairs: "NDArray[np.int64]", threshold: float
) -> "NDArray[np.int64]":
    """Those of ``pairs`` that truly reach the threshold, shape ``(P, 2)``."""
    kept = [np.empty((0, 2), dtype=np.int64)]
    step = max(1, BLOCK // max(1, int(sizes.max(initial=1))))
    for start in range(0, len(pairs), step):
        part = pairs[start : start + step]
        both = shingles[part[:, 0]].multiply(shingles[part[:, 1]])
        common: NDArray[np.int64] = np.asarray(both.sum(axis=1), dtype=np.int64)  # shape: (pairs,)
        union = sizes[part[:, 0]] + sizes[part[:, 1]] - common
        kept.append(part[common >= threshold * union - ROUNDING])
    return np.concatenate(kept)
