"""Errors of the machine rather than of the input or of ours: a full disk, a folder that cannot be written."""

import errno
import os
import re
from collections.abc import Iterator

ROOM = (errno.ENOSPC, errno.EDQUOT)
"""No room on a disk, or beyond a quota."""
DISK = (errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE)
"""What may not be read or written, a disk that fails, a share that is gone, too many open files."""
GOES_ON = "the same command goes on"


def machine_error(error: BaseException) -> str | None:
    """One line with the remedy; None for anything else."""
    for one in _chain(error):
        if type(one).__name__ == "WorkerDied":
            return str(one)
        number = _number(one)
        place = getattr(one, "filename", None) or "the disk"
        if number in ROOM:
            return f"{place}: no room left; make some, and {GOES_ON}"
        if number in DISK:
            return f"{place}: {os.strerror(number)}; see to it, and {GOES_ON}"
        if type(one).__module__.startswith(("sqlite3", "sqlalchemy")):
            reason = " ".join(str(getattr(one, "orig", None) or one).split())
            return f"the database of the studies does not do its part ({reason}); see to it, and {GOES_ON}"
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _number(error: BaseException) -> int | None:
    """The system's number of an error; libraries written in Rust say it in words."""
    if isinstance(error, OSError):
        return error.errno
    said = re.search(r"\(os error (\d+)\)", str(error))
    return int(said[1]) if said else None
