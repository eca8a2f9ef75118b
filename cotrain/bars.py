"""Progress bars on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Display

from cotrain.progress import Phase, Progress, clock_text


class Bars(Progress):
    """One bar per phase, with the time that is left and the run that was done last.

    Args:
        stream: The terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._display = Display(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[left]}"),
            TextColumn("[dim]{task.fields[note]}"),
            console=Console(file=stream),
        )
        self._display.start()

    @contextmanager
    def phase(self, name: str, total: float) -> Iterator[Phase]:
        bar = self._display.add_task(escape(name), total=1.0, left="", note="")

        def draw(phase: Phase) -> None:
            left = f"{clock_text(phase.remaining)} left"
            self._display.update(bar, completed=phase.fraction, left=left, note=escape(phase.note))

        phase = Phase(name, total, draw=draw)
        yield phase
        self._display.update(bar, completed=1.0, left=f"done in {clock_text(phase.elapsed)}", note="")

    def line(self, text: str) -> None:
        self._display.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        self._display.stop()
