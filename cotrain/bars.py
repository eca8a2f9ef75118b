"""Progress bars on a terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Display
from rich.table import Column
from rich.text import Text

from cotrain.progress import Phase, Progress, clock_text

ROOMY = 60
"""Characters from which on a terminal has room for a bar, and for what was done last."""
WIDE = 100
"""Characters from which on it has room for a long bar."""


class _Left(ProgressColumn):
    """How long a phase still takes, counted down between its steps; before its first step, how long it has taken."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        if task.finished:
            return Text(f"done in {clock_text(task.fields['seconds'])}")
        ends = task.fields["ends"]
        if ends is None:
            return Text(f"{clock_text(task.elapsed or 0.0)} so far")
        return Text(f"{clock_text(max(0.0, ends - time.monotonic()))} left")


class _Share(ProgressColumn):
    """How much is done; nothing before the first step."""

    def render(self, task: Task) -> Text:
        return Text("" if task.total is None else f"{task.percentage:3.0f}%")


class Bars(Progress):
    """One bar per phase, with the time that is left and the run that was done last.

    Args:
        stream: The terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        console = Console(file=stream)
        roomy = console.width >= ROOMY
        name = TextColumn(
            "{task.description}",
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=None if roomy else 1),
        )
        left = _Left(table_column=Column(no_wrap=True, min_width=12))  # `done in 1:15`
        note = TextColumn("[dim]{task.fields[note]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"))
        bar = BarColumn(bar_width=20 if console.width >= WIDE else 10)
        columns = (name, bar, _Share(), left, note) if roomy else (name, _Share(), left)
        self._display = Display(*columns, console=console, expand=True)
        self._display.start()

    @contextmanager
    def phase(self, name: str, total: float) -> Iterator[Phase]:
        bar = self._display.add_task(escape(name), total=None, ends=None, note="", seconds=0.0)

        def draw(phase: Phase) -> None:
            left = phase.remaining
            ends = time.monotonic() + left if left < float("inf") else None
            self._display.update(
                bar, total=1.0, completed=min(phase.fraction, 0.999), ends=ends, note=escape(phase.note)
            )

        phase = Phase(name, total, draw=draw)
        yield phase
        self._display.update(bar, total=1.0, completed=1.0, seconds=phase.elapsed, note="")

    def line(self, text: str) -> None:
        self._display.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        self._display.stop()
