"""Which names a task may have: they become file names, and are joined with ``+`` and ``,``."""

import re

from tasks.errors import InputError

MAX_LENGTH = 64
"""Characters of the longest name."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


def check_name(name: str, *, place: str) -> None:
    """Refuses a name that could not be a file name or part of a group's name.

    Raises:
        InputError: If the name is empty, too long, or has other characters than letters, digits, ``_`` and ``-``.
    """
    if len(name) > MAX_LENGTH:
        raise InputError(f"expected a task name of at most {MAX_LENGTH} characters, but got {len(name)}", place=place)
    if not _NAME.fullmatch(name):
        raise InputError(f"expected a task name of letters, digits, `_` and `-`, but got {name!r}", place=place)
