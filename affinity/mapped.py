"""Numbers of many tasks in blocks that are mapped into memory from files."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trainers.mapped_file import mapped_file

if TYPE_CHECKING:
    from torch import Tensor, device

IN_MEMORY = 2**30
"""Bytes of an array beyond which it is kept in a file."""
FP32 = 4
"""Bytes of a number."""


def in_file(count: int, *, at: "device", folder: Path | None) -> bool:
    """Whether so many numbers are kept in a file of the folder, if there is one; those of a GPU never are."""
    return folder is not None and at.type == "cpu" and FP32 * count > IN_MEMORY


def zeros(rows: int, columns: int, *, at: "device", folder: Path | None, what: str) -> "Tensor":
    """A matrix of zeros; a large one on a CPU is a file of the folder, which goes when nobody needs it any more.

    Args:
        at: The device.
        folder: None keeps everything in memory.
        what: It is, should there be no room.

    Raises:
        NoRoom: If the disk has no room for it.
    """
    import torch

    if folder is None or not in_file(rows * columns, at=at, folder=folder):
        return torch.zeros(rows, columns, device=at)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="products-", dir=folder, ignore_cleanup_errors=True) as place:
        return torch.from_numpy(mapped_file(Path(place) / "array.npy", (rows, columns), what=what))


def read_mapped(path: Path) -> "dict[str, NDArray[np.float32]]":
    """The arrays of a file of :mod:`safetensors`, read where they are used; writing to them does not change it."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name).numpy() for name in file.keys()}  # noqa: SIM118  # it is no mapping
