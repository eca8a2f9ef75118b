"""Progress in a notebook: one cell output that is drawn again and again."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from importlib import import_module
from typing import Any

from cotrain.progress import Phase, Progress, clock_text

KEPT = 12
"""Phases and lines that are shown, the newest; a long run must not fill the notebook."""


class Cell(Progress):
    """One line per phase with a bar, and what is said between them, in one output.

    Args:
        every: Seconds that lie between two drawings of a phase, at least: each is a message to the browser.
        now: A clock in seconds.
        show: Called with the HTML of the first drawing, gives what is called with the HTML of the others; by default
            IPython's display.
    """

    def __init__(
        self,
        *,
        every: float = 1.0,
        now: Callable[[], float] = time.monotonic,
        show: "Callable[[str], Callable[[str], None]] | None" = None,
    ) -> None:
        self._every, self._now, self._show = every, now, show or _displayed
        self._update: Callable[[str], None] | None = None
        self._rows: list[str] = []
        self._open: list[Phase] = []
        self._last = float("-inf")

    @contextmanager
    def phase(self, name: str, total: float) -> Iterator[Phase]:
        phase = Phase(name, total, draw=lambda _phase: self._draw(), now=self._now)
        self._open.append(phase)
        self._draw(now=True)
        try:
            yield phase
            self._keep(_row(name, 1.0, f"done in {clock_text(phase.elapsed)}"))
        finally:
            self._open.remove(phase)
            self._draw(now=True)

    def line(self, text: str) -> None:
        self._keep(f"<tr><td colspan='3'>{escape(text)}</td></tr>")
        self._draw(now=True)

    def _keep(self, row: str) -> None:
        self._rows = [*self._rows, row][-KEPT:]

    def _draw(self, *, now: bool = False) -> None:
        if not now and self._now() - self._last < self._every:
            return
        self._last = self._now()
        going = [_row(of.name, of.fraction, _left(of)) for of in self._open]
        html = f"<table>{''.join([*self._rows, *going])}</table>"
        if self._update is None:
            self._update = self._show(html)
        else:
            self._update(html)


def _left(phase: Phase) -> str:
    note = f" ({phase.note})" if phase.note else ""
    return f"{phase.fraction:.0%}, {clock_text(phase.remaining)} left{note}" if phase.done or phase.skipped else "..."


def _row(name: str, fraction: float, text: str) -> str:
    bar = f"<progress value='{fraction:.3f}' max='1'></progress>"
    style = "style='text-align:left'"
    return f"<tr><td {style}>{escape(name)}</td><td>{bar}</td><td {style}>{escape(text)}</td></tr>"


def _displayed(html: str) -> Callable[[str], None]:
    ipython: Any = import_module("IPython.display")
    handle = ipython.display(ipython.HTML(html), display_id=True)
    return lambda text: handle.update(ipython.HTML(text))
