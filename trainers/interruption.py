"""Being asked to end, by a signal or a deadline: a run in progress goes on to its next step, and is kept."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from trainers.out_of_budget import OutOfTime


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
    deadline: float | None = None
    """Time of :func:`time.monotonic` at which work ends."""
    together = False
    """Whether other processes have to end at the same step."""


def asked() -> bool:
    """Whether this process was asked to end, or its deadline has come."""
    return _State.asked or (_State.deadline is not None and time.monotonic() > _State.deadline)


def end() -> BaseException:
    """Why work ends: the signal, or else the deadline."""
    if _State.asked or _State.deadline is None:
        return Terminated()
    return OutOfTime("the time limit came before the work was done")


def ask() -> None:
    """Asks this process to end, as SIGTERM does; for whoever gets no signals."""
    _State.asked = True


def check() -> None:
    """Where work can end.

    Raises:
        Terminated: If the process was asked to end.
        OutOfTime: If its deadline has come.
    """
    check_signals()
    if asked() and not _State.together:
        raise end()


def check_signals() -> None:
    """Where work can end that no deadline ends.

    Raises:
        Terminated: If the process was asked to end.
    """
    if _State.asked:
        raise Terminated


@contextmanager
def together(*, several: bool) -> Iterator[None]:
    """Within it, where there are several processes, no deadline ends this one alone: they see it at different checks,
    and agree by :func:`asked` on a step at which all of them end."""
    before, _State.together = _State.together, several
    try:
        yield
    finally:
        _State.together = before


@contextmanager
def until(deadline: float | None) -> Iterator[None]:
    """Within it, work ends at ``deadline``, a time of :func:`time.monotonic`, at the next :func:`check`; None sets
    none. Of two, one within the other, the earlier counts."""
    before = _State.deadline
    _State.deadline = min((of for of in (before, deadline) if of is not None), default=None)
    try:
        yield
    finally:
        _State.deadline = before


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
    somebody else handles the signal. An error after the signal is :class:`Terminated` too: a library that was cut in
    the middle may have raised it, and swallowed the signal's own exception."""
    free = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if threading.current_thread() is not threading.main_thread() or not free:
        yield
        return
    handle()
    try:
        yield
    except Exception as error:
        if _State.asked:
            raise Terminated from error
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _State.asked = False
