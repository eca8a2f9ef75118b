"""How far a long computation is, and how long it still takes: bars on a terminal, plain lines elsewhere.

Everything goes to standard error, so that standard output stays what a program can read::

    with progress_on(sys.stderr) as progress:
        with progress.phase("probe runs", total=36) as phase:
            phase.skip(4)               # found in the ledger
            phase.advance(1, "a+b")     # one run done
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Self, TextIO

from cotrain.manner import is_quiet
from cotrain.notebook import in_notebook
from cotrain.terminal import animates


def clock_text(seconds: float) -> str:
    """``75`` as ``1:15``, ``3675`` as ``1:01:15``; ``?`` where it is not known."""
    if not seconds < float("inf"):
        return "?"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


class Phase:
    """One stretch of work of a known amount, in any unit that grows evenly with time (modelled cost, runs).

    Args:
        name: What is done, such as ``probe runs``.
        total: The whole amount.
        draw: Called after every change.
        now: A clock in seconds.
    """

    def __init__(
        self, name: str, total: float, *, draw: Callable[["Phase"], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self.total = total
        self.done = 0.0
        self.skipped = 0.0
        self.note = ""
        self._draw = draw
        self._now = now
        self._start = now()

    def advance(self, amount: float = 1.0, note: str = "") -> None:
        """``amount`` of the work was done; ``note`` says what."""
        self.done += amount
        self.note = note
        self._draw(self)

    def skip(self, amount: float = 1.0, note: str = "") -> None:
        """``amount`` needs no work, as it was found finished; it tells nothing about the speed."""
        self.skipped += amount
        self.note = note
        self._draw(self)

    def expect(self, total: float) -> None:
        """The whole amount is now known to be ``total``."""
        self.total = total
        self._draw(self)

    @property
    def fraction(self) -> float:
        """Part of the work that is behind, 0 to 1; 1 where there is none to do."""
        return min(1.0, (self.done + self.skipped) / self.total) if self.total > 0 else 1.0

    @property
    def elapsed(self) -> float:
        """Seconds since the phase began."""
        return self._now() - self._start

    @property
    def remaining(self) -> float:
        """Seconds to go at the speed so far; infinite before anything was done, 0 at the end."""
        left = max(0.0, self.total - self.done - self.skipped)
        if left == 0.0:
            return 0.0
        return self.elapsed * left / self.done if self.done > 0 else float("inf")


class Progress(ABC):
    """Where a computation tells how far it is. Enter it once; leaving it restores the terminal."""

    @abstractmethod
    def phase(self, name: str, total: float) -> AbstractContextManager[Phase]:
        """Opens a stretch of work; it ends with the ``with`` block, also on an exception."""

    @abstractmethod
    def line(self, text: str) -> None:
        """Says one thing worth a line of its own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027  # most have nothing to restore
        """Called once, when the progress is left."""


class Silent(Progress):
    """Says nothing: ``--quiet``, and the default of the Python functions."""

    @contextmanager
    def phase(self, name: str, total: float) -> Iterator[Phase]:
        yield Phase(name, total, draw=lambda phase: None)

    def line(self, text: str) -> None:
        return None


class Lines(Progress):
    """Plain lines, for a file or a pipe: one when a phase begins, one when it ends, and between them rarely.

    Args:
        stream: Where lines go.
        every: Seconds that lie between two lines of a phase, at least; a twentieth of what it has lasted, if that is
            more, so that a night fills no file.
        now: A clock in seconds.
    """

    def __init__(self, stream: TextIO, *, every: float = 5.0, now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._every = every
        self._now = now
        self._last = now()
        self._read = True

    @contextmanager
    def phase(self, name: str, total: float) -> Iterator[Phase]:
        phase = Phase(name, total, draw=self._draw, now=self._now)
        self.line(f"{name}: started")
        yield phase
        self.line(f"{name}: done in {clock_text(phase.elapsed)}")

    def line(self, text: str) -> None:
        self._last = self._now()
        try:
            if self._read:
                print(text, file=self._stream, flush=True)
        except BrokenPipeError:  # whoever read them has left, which ends no training
            self._read = False

    def _draw(self, phase: Phase) -> None:
        if self._now() - self._last >= max(self._every, phase.elapsed / 20):
            note = f" ({phase.note})" if phase.note else ""
            self.line(f"{phase.name}: {phase.fraction:.0%}, {clock_text(phase.remaining)} left{note}")


def progress_on(stream: TextIO, *, quiet: bool = False, brief: bool = False) -> Progress:
    """Bars where ``stream`` is a terminal that can move its cursor, plain lines elsewhere, nothing when ``quiet``.

    In a notebook, one cell output that is drawn again and again (:mod:`cotrain.cell`).

    Args:
        brief: Whether it lasts seconds, so that it says nothing where there are no bars.
    """
    if quiet or is_quiet():
        return Silent()
    if animates(stream):
        from cotrain.bars import Bars

        return Bars(stream)
    if in_notebook():
        from cotrain.cell import Cell

        return Cell()
    return Silent() if brief else Lines(stream)


def progress_by_default() -> Progress:
    """What a Python function shows that was not told: a cell output in a notebook, nothing elsewhere."""
    if in_notebook():
        from cotrain.cell import Cell

        return Cell()
    return Silent()
