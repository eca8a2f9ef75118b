"""Being asked to end: a run in progress goes on to its next step, is kept, and the process ends."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """The process was asked to end by SIGTERM."""

    code = 128 + signal.SIGTERM
    """Exit code, as shells have it."""


class _State:
    """Of this process: signals are a process's own."""

    asked = False
    """Whether SIGTERM has come."""
    running = 0
    """Runs in progress, which end at their next step."""


def asked() -> bool:
    """Whether this process was asked to end."""
    return _State.asked


def check() -> None:
    """Where a run can end.

    Raises:
        Terminated: If the process was asked to end.
    """
    if _State.asked:
        raise Terminated


@contextmanager
def ending_at_checks() -> Iterator[None]:
    """Within it, SIGTERM waits for the next :func:`check`."""
    _State.running += 1
    try:
        yield
    finally:
        _State.running -= 1


def handle(at_once: Callable[[], object] | None = None) -> None:
    """Lets SIGTERM end this process: by :class:`Terminated` at the next check of a run, or at once outside of runs.

    Args:
        at_once: What ends it outside of runs; by default, :class:`Terminated` is raised there too.
    """

    def come(_number: int, _frame: FrameType | None) -> None:
        _State.asked = True
        if _State.running:
            return
        if at_once is not None:
            at_once()
        raise Terminated

    signal.signal(signal.SIGTERM, come)


@contextmanager
def handled() -> Iterator[None]:
    """Within it, SIGTERM ends the work by :class:`Terminated`; nothing changes outside of the main thread, or where
    somebody else handles the signal."""
    free = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if threading.current_thread() is not threading.main_thread() or not free:
        yield
        return
    handle()
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _State.asked = False
