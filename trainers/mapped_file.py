"""Arrays in files that are mapped into memory: the system keeps what it has room for, and takes it back for others."""

import errno
import os
import zlib
from pathlib import Path

import numpy as np

from tasks.errors import InputError


class NoRoom(InputError):
    """The disk has no room for an array."""


def mapped_file(path: Path, shape: tuple[int, int], *, what: str) -> np.memmap[tuple[int, ...], np.dtype[np.float32]]:
    """A new array of zeros in a file whose room is taken, as writing beyond a full disk would end the process.

    Args:
        what: It is, for the message.

    Raises:
        NoRoom: If the disk has no room for it.
    """
    size, free = shape[0] * shape[1] * 4, os.statvfs(path.parent)
    problem = NoRoom(f"no room for {size / 2**20:,.0f} MiB of {what}", place=str(path.parent))
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


def checksum(path: Path) -> str:
    """Of a file, to tell it from one that the disk has changed."""
    total = 0
    with path.open("rb") as file:
        while part := file.read(1 << 22):
            total = zlib.crc32(part, total)
    return f"{total:08x}"
