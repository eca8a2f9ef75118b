"""What trackers print, warn of and fail with, in lines that may be shown."""

import contextlib
import io
import re
import warnings
from collections.abc import Callable, Iterator

CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
"""A user's name and password in an address."""
MEANT_FOR_USERS = (UserWarning, RuntimeWarning)
"""Warnings that are passed on; others are about a package's own code."""


@contextlib.contextmanager
def quietly(warn: Callable[[str], None]) -> Iterator[None]:
    """Nothing that is printed within it reaches standard output, which may be a program's input.

    Args:
        warn: Called with the first line of every warning that is meant for users.
    """
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                yield
        finally:
            for warning in heard:
                if issubclass(warning.category, MEANT_FOR_USERS):
                    warn(shown(str(warning.message)))


def shown(text: str) -> str:
    """The first line of a text, without names and passwords in addresses."""
    return CREDENTIALS.sub("", next(iter(text.strip().splitlines()), ""))


def in_words(error: Exception) -> str:
    """An error in one line."""
    text = shown(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
