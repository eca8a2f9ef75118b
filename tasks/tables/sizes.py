"""How large files, rows and cells may be: larger ones are a mistake, or meant to harm."""

import stat
from pathlib import Path

from tasks.errors import InputError

MOST_BYTES = 4 << 30
"""Of one file."""
LONGEST_LINE = 64 << 20
"""Characters of one row of JSON lines."""
LONGEST_CELL = 16 << 20
"""Characters of one cell of a CSV file; the csv module's own limit of 131,072 is below the length of some sources."""


def check_size(path: Path, name: str) -> None:
    """Refuses what is no file, such as a device that never ends, and files that are too large.

    Raises:
        InputError: As said.
        OSError: If there is no such file.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise InputError("is no file", place=name)
    if found.st_size > MOST_BYTES:
        raise InputError(
            f"has {found.st_size / 2**30:.1f} GiB, expected {MOST_BYTES >> 30} at most; leave out rows, or columns "
            "that no task reads",
            place=name,
        )
