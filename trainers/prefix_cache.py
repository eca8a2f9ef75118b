"""The frozen layers below the adapter, computed once per text and kept on disk, memory-mapped by every worker.

With the top k of d layers adapted, training then costs k/d of the full forward and backward. The states are fp32, so a
run with the cache equals a run without it up to rounding.
"""

import errno
import hashlib
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tasks.encoding import Tokens
from tasks.errors import InputError
from trainers.inputs import Inputs, Padded, positions
from trainers.interruption import check

BATCH_TOKENS = 2048
"""Tokens per forward pass while the cache is filled; bounds memory, not results."""


def cache_path(folder: Path, tokens: Tokens, *, identity: str, lowest: int) -> Path:
    """Where the states of ``tokens`` are kept: named by the base model's identity, the layer, and the tokens."""
    digest = hashlib.sha256(f"{identity}:{lowest}:".encode())
    digest.update(np.ascontiguousarray(tokens.ids).tobytes())
    digest.update(np.ascontiguousarray(tokens.offsets).tobytes())
    return folder / f"{digest.hexdigest()[:32]}.npy"


def cache_bytes(tokens: Tokens, hidden: int) -> int:
    """Disk that the states of ``tokens`` take."""
    return len(tokens.ids) * hidden * 4


class NoRoom(InputError):
    """The disk has no room for cached layers."""


def _new_file(path: Path, shape: tuple[int, int]) -> np.memmap[tuple[int, ...], np.dtype[np.float32]]:
    """A memory-mapped file whose room is taken, as writing beyond a full disk would end the process."""
    size, free = shape[0] * shape[1] * 4, os.statvfs(path.parent)
    problem = NoRoom(f"no room for {size / 2**20:,.0f} MiB of cached layers", place=str(path.parent))
    if size > free.f_bavail * free.f_frsize:
        raise problem
    found = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise problem from None  # other errors: the file system cannot, and takes room as it is written
    return found


def fill_cache(
    path: Path,
    tokens: Tokens,
    inputs: Inputs,
    lower: Callable[[Padded], Tensor],
    *,
    hidden: int,
    device: torch.device,
    advance: Callable[[int], None] = lambda _rows: None,
) -> int:
    """Writes the states of all of ``tokens`` to ``path``, unless they are there as they were written.

    Args:
        inputs: The texts as the model takes them.
        lower: States of a batch, shape ``(B, L, H)``.
        hidden: Their width ``H``.
        advance: Called with the number of texts done, after every batch.

    Returns:
        Positions computed, padding included; 0 if the file was there.

    Raises:
        NoRoom: If the disk has no room for it.
        OutOfTime: If the deadline comes first.
    """
    if path.exists() and _unharmed(path):
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, computed = path.with_name(f".{path.stem}.{os.getpid()}.npy"), 0
    try:
        states = _new_file(temporary, (len(tokens.ids), hidden))
        for rows in _by_length(tokens.lengths):
            check()
            batch = inputs.batch(rows, device)
            states[positions(tokens, rows)[0]] = lower(batch)[batch.mask.bool()].cpu().numpy()
            computed += batch.tokens
            advance(len(rows))
        states.flush()
        del states
        _sum_of(path).write_text(_summed(temporary))
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
    return computed


def _sum_of(path: Path) -> Path:
    """Where the checksum of a file stands."""
    return path.with_suffix(".sum")


def _summed(path: Path) -> str:
    total = 0
    with path.open("rb") as file:
        while part := file.read(1 << 22):
            total = zlib.crc32(part, total)
    return f"{total:08x}"


def _unharmed(path: Path) -> bool:
    """Whether a file of an earlier command is what was written then."""
    try:
        return _sum_of(path).read_text() == _summed(path)
    except (OSError, UnicodeDecodeError):
        return False


def read_cache(path: Path) -> NDArray[np.float32]:
    """The cached states, shape ``(tokens, H)``, memory-mapped: processes share the pages."""
    return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]  # shape and type were written


def _by_length(lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows in batches of similar length, at most :data:`BATCH_TOKENS` positions each."""
    batches: list[NDArray[np.int64]] = []
    order, start = np.argsort(lengths, kind="stable"), 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and int(lengths[order[stop]]) * (stop + 1 - start) <= BATCH_TOKENS:
            stop += 1
        batches.append(order[start:stop])
        start = stop
    return batches
