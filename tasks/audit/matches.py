"""Which rows of one split come back in another: word for word, nearly, or one side only."""

from typing import TYPE_CHECKING

import numpy as np

from tasks.audit.near import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array


def match_inputs(
    rows: "NDArray[np.int64]", source: "NDArray[np.int64]", near: "csr_array[np.int32]"
) -> "dict[str, NDArray[np.int64]]":
    """Compares whole inputs of one task, side by side.

    Args:
        rows: Text numbers, shape ``(N, sides)``.
        source: Text numbers, shape ``(M, sides)``.
        near: The relation "equal or near" on texts, shape ``(D, D)``.

    Returns:
        For ``exact``, ``near`` and ``part`` (the text of one side occurs in the source, on either side): a row of the
        source that shows it, or -1; shape ``(N,)``. A row has at most one of the three, the first that holds.
    """
    nothing = np.full(len(rows), -1, dtype=np.int64)
    part = _first_holding(rows, source).max(axis=1, initial=-1) if rows.shape[1] > 1 else nothing
    return _first_kind(first_equal(rows, source), first_near(rows, source, near), part)


def match_texts(
    rows: "NDArray[np.int64]", source: "NDArray[np.int64]", near: "csr_array[np.int32]"
) -> "dict[str, NDArray[np.int64]]":
    """Compares texts of two tasks, whatever side they stand on: a row is met whole if all its texts are met.

    Args:
        rows: Text numbers, shape ``(N, sides)``.
        source: Text numbers, shape ``(M, sides of the other task)``.
        near: The relation "equal or near" on texts, shape ``(D, D)``.

    Returns:
        As :func:`match_inputs`.
    """
    held = _first_holding(rows, source)  # shape: (N, sides)
    close = first_near(rows.reshape(-1, 1), source.reshape(-1, 1), near).reshape(rows.shape)
    either = np.where(held >= 0, held, np.where(close >= 0, close // source.shape[1], -1))
    return _first_kind(_all(held), _all(either), held.max(axis=1, initial=-1))


def first_equal(rows: "NDArray[np.int64]", source: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """First row of the source with the same texts, or -1; shape ``(N,)``."""
    first: dict[tuple[int, ...], int] = {}
    for number, texts in enumerate(source.tolist()):
        first.setdefault(tuple(texts), number)
    return np.array([first.get(tuple(texts), -1) for texts in rows.tolist()], dtype=np.int64)


def first_near(
    rows: "NDArray[np.int64]", source: "NDArray[np.int64]", near: "csr_array[np.int32]"
) -> "NDArray[np.int64]":
    """First row of the source that is near on every side without being the same, or -1; shape ``(N,)``."""
    keys, inverse = np.unique(rows, axis=0, return_inverse=True)
    sources, numbers = np.unique(source, axis=0, return_index=True)
    found = np.full(len(keys), len(source), dtype=np.int64)
    for first, second in _near_pairs_of_keys(keys, sources, near):
        differ = (keys[first] != sources[second]).any(axis=1)
        np.minimum.at(found, first[differ], numbers[second[differ]])
    found[found == len(source)] = -1
    return found[inverse.reshape(-1)]


def _near_pairs_of_keys(
    keys: "NDArray[np.int64]", sources: "NDArray[np.int64]", near: "csr_array[np.int32]"
) -> "Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]":
    """Indices into ``keys`` and ``sources`` of pairs that are near on every side, block by block.

    Pairs are listed by the side with the fewest of them and looked up on the others: a side whose text is the same
    everywhere tells nothing and costs nothing.
    """
    work = [_pairs_per_key(keys[:, side], sources[:, side], near) for side in range(keys.shape[1])]
    best = int(np.argmin([int(pairs.sum()) for pairs in work]))
    for start, stop in blocks(work[best]):
        chosen: csr_array[np.int32] = near[keys[start:stop, best]]
        pairs = chosen[:, sources[:, best]].tocoo()
        first, second = pairs.coords[0].astype(np.int64) + start, pairs.coords[1].astype(np.int64)
        for side in range(keys.shape[1]):
            if side != best and len(first):  # scipy answers an empty look-up with another type
                kept = np.asarray(near[keys[first, side], sources[second, side]]).reshape(-1) > 0
                first, second = first[kept], second[kept]
        yield first, second


def _pairs_per_key(
    keys: "NDArray[np.int64]", sources: "NDArray[np.int64]", near: "csr_array[np.int32]"
) -> "NDArray[np.int64]":
    """How many sources are equal or near to each key on one side; both of shape ``(rows,)``."""
    count = np.bincount(sources, minlength=near.shape[0])  # shape: (D,)
    return np.asarray(near @ count, dtype=np.int64)[keys]


def _first_holding(rows: "NDArray[np.int64]", source: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """For every text the first row of the source that holds it on any side, or -1; shape ``(N, sides)``."""
    flat = first_equal(rows.reshape(-1, 1), source.reshape(-1, 1))
    return np.where(flat >= 0, flat // source.shape[1], -1).reshape(rows.shape)


def _all(partners: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """The first side's partner if every side has one, or -1; from ``(N, sides)`` to ``(N,)``."""
    return np.where((partners >= 0).all(axis=1), partners[:, 0], -1)


def _first_kind(
    exact: "NDArray[np.int64]", near: "NDArray[np.int64]", part: "NDArray[np.int64]"
) -> "dict[str, NDArray[np.int64]]":
    """Keeps each row in the first kind that holds; partners or -1, shape ``(N,)``."""
    near = np.where(exact >= 0, -1, near)
    return {"exact": exact, "near": near, "part": np.where((exact >= 0) | (near >= 0), -1, part)}
