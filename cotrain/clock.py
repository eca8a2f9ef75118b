"""When the command began: hours are counted from there, so that starting up counts too."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class _State:
    began: float | None = None


def began() -> float:
    """When the command that is running began, as :func:`time.monotonic` has it; now, where a program called."""
    return time.monotonic() if _State.began is None else _State.began


def age() -> float:
    """Seconds since this process was started, where the system tells (Linux); else 0."""
    try:
        after_name = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        started = int(after_name.split()[19]) / os.sysconf("SC_CLK_TCK")  # field 22 of proc(5), in ticks since boot
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0


@contextmanager
def command(*, process: bool = False) -> Iterator[None]:
    """Within it, a command is running that has just begun.

    Args:
        process: Whether it began with this process.
    """
    before, _State.began = _State.began, time.monotonic() - (age() if process else 0.0)
    try:
        yield
    finally:
        _State.began = before
