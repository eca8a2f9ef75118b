"""A hash that changes whenever data or their meaning change."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Part = str | int | float | None | tuple["Part", ...] | NDArray[Any]


def fingerprint(*parts: Part) -> str:
    """SHA-256 of ``parts`` in one canonical form, 64 hexadecimal digits.

    Every part is written with its type and length before it, so that no two different sequences share a form; an
    array by its little-endian type, shape and bytes. The same on every machine.
    """
    digest = hashlib.sha256()
    for piece in _pieces(parts):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(parts: Iterable[Part]) -> Iterable[bytes]:
    for part in parts:
        if isinstance(part, np.ndarray):
            array = np.ascontiguousarray(part, dtype=part.dtype.newbyteorder("<"))
            yield f"a{array.dtype.str}{array.shape};".encode()
            yield array.tobytes()
        elif isinstance(part, tuple):
            yield f"t{len(part)};".encode()
            yield from _pieces(part)
        elif isinstance(part, str):
            data = part.encode("utf-8", "surrogatepass")
            yield f"s{len(data)};".encode() + data
        else:
            yield f"{type(part).__name__}{part!r};".encode()
