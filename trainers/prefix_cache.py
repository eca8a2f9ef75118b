"""The frozen layers below the adapter, computed once per text and kept on disk, memory-mapped by every worker.

With the top k of d layers adapted, training then costs k/d of the full forward and backward. The states are fp32, so a
run with the cache equals a run without it up to rounding.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.encoding import Tokens
from tasks.errors import InputError
from trainers.backbone import Backbone, lower_states
from trainers.inputs import TokenInputs, positions

BATCH_TOKENS = 2048
"""Tokens per forward pass while the cache is filled; bounds memory, not results."""


def cache_path(folder: Path, tokens: Tokens, *, identity: str, lowest: int) -> Path:
    """Where the states of ``tokens`` are kept: named by the base model's identity, the layer, and the tokens."""
    digest = hashlib.sha256(f"{identity}:{lowest}:".encode())
    digest.update(np.ascontiguousarray(tokens.ids).tobytes())
    digest.update(np.ascontiguousarray(tokens.offsets).tobytes())
    return folder / f"{digest.hexdigest()[:32]}.npy"


def fill_cache(
    path: Path, tokens: Tokens, backbone: Backbone, *, lowest: int, advance: Callable[[int], None] = lambda _rows: None
) -> int:
    """Writes the states of all of ``tokens`` to ``path``, unless they are there.

    Args:
        advance: Called with the number of texts done, after every batch.

    Returns:
        Positions computed, padding included; 0 if the file was there.

    Raises:
        InputError: If the disk has no room for it.
    """
    if path.exists():
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    size = len(tokens.ids) * backbone.hidden * 4
    free = os.statvfs(path.parent)
    if size > free.f_bavail * free.f_frsize:
        raise InputError(f"no room for {size / 2**20:,.0f} MiB of cached layers", place=str(path.parent))
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.npy")
    inputs, computed = TokenInputs(tokens), 0
    states = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=(len(tokens.ids), backbone.hidden))
    try:
        for rows in _by_length(tokens.lengths):
            batch = inputs.batch(rows, backbone.device)
            values = lower_states(backbone, batch.values, batch.mask, lowest=lowest)
            states[positions(tokens, rows)[0]] = values[batch.mask.bool()].cpu().numpy()
            computed += batch.tokens
            advance(len(rows))
        states.flush()
        del states
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
    return computed


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
