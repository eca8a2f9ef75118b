"""One driver per run folder."""

import os
import sys
import time
from pathlib import Path

from tasks.errors import InputError

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


PATIENCE = 2.0
"""Seconds to wait for a driver that has just been killed."""


class FolderLock:
    """Held until it is released or its process dies, however it dies; worker processes do not inherit it.

    Args:
        file: The lock file; it stays, empty of meaning, after the lock is released.

    Raises:
        InputError: If another process holds the lock.
    """

    def __init__(self, file: Path, *, patience: float = PATIENCE) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = time.monotonic() + patience
        while True:
            try:
                _take(self._descriptor)
                break
            except OSError:
                if time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                holder = os.read(self._descriptor, 32).decode("ascii", "replace").strip()
                os.close(self._descriptor)
                process = f"process {holder}" if holder.isdigit() else "another process"
                raise InputError(
                    f"{process} is working in this run folder; wait for it, or name another folder with --out",
                    place=str(file.parent),
                ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Lets others work in the folder."""
        os.close(self._descriptor)
