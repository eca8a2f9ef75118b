"""The frozen layers below the adapter, computed once per text and kept on disk, memory-mapped by every worker.

With the top k of d layers adapted, training then costs k/d of the full forward and backward. The states are fp32, so a
run with the cache equals a run without it up to rounding.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tasks.encoding import Tokens
from trainers.inputs import Inputs, Padded, positions
from trainers.interruption import check
from trainers.mapped_file import checksum, mapped_file

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
        states = mapped_file(temporary, (len(tokens.ids), hidden), what="cached layers")
        for rows in _by_length(tokens.lengths):
            check()
            batch = inputs.batch(rows, device)
            states[positions(tokens, rows)[0]] = lower(batch)[batch.mask.bool()].cpu().numpy()
            computed += batch.tokens
            advance(len(rows))
        states.flush()
        del states
        _sum_of(path).write_text(checksum(temporary))
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
    return computed


def _sum_of(path: Path) -> Path:
    """Where the checksum of a file stands."""
    return path.with_suffix(".sum")


def _unharmed(path: Path) -> bool:
    """Whether a file of an earlier command is what was written then."""
    try:
        return _sum_of(path).read_text() == checksum(path)
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
