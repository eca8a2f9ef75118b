"""When the command began: hours are counted from there, so that starting up counts too."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class _State:
    began: float | None = None


def began() -> float:
    """When the command that is running began, as :func:`time.monotonic` has it; now, where a program called."""
    return time.monotonic() if _State.began is None else _State.began


@contextmanager
def command() -> Iterator[None]:
    """Within it, a command is running that has just begun."""
    before, _State.began = _State.began, time.monotonic()
    try:
        yield
    finally:
        _State.began = before
