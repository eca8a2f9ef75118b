"""How far a search is: a bar on a terminal, or one line per answer."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cotrain.manner import is_quiet
from cotrain.progress import Lines, clock_text, progress_on
from cotrain.terminal import animates

if TYPE_CHECKING:
    from grouping.sequential import Asked


@contextmanager
def search_progress(models: int, *, trainer: bool, quiet: bool) -> "Iterator[Callable[[Asked], None]]":
    """Within it, what it gives is called after every answer.

    Args:
        models: Most questions.
        trainer: Whether a command answers, which writes on standard error too: no bar then, but the time that is left.
        quiet: Whether nothing is said.
    """
    if quiet or is_quiet():
        yield lambda _asked: None
    elif animates(sys.stderr) and not trainer:
        with progress_on(sys.stderr) as progress, progress.phase("search", models) as phase:
            yield lambda asked: phase.advance(1, _said(asked))
    else:
        yield _lines(models, timed=trainer)


def _lines(models: int, *, timed: bool) -> "Callable[[Asked], None]":
    started, count, lines = time.monotonic(), 0, Lines(sys.stderr)

    def say(asked: "Asked") -> None:
        nonlocal count
        count += 1
        ahead = (time.monotonic() - started) * (models - count) / count
        left = f", at most {clock_text(ahead)} left" if timed else ""
        lines.line(f"{count}/{models} {_said(asked)}{left}")

    return say


def _said(asked: "Asked") -> str:
    from reports.lettering import printable

    answer = "cannot be trained" if asked.answer is None else f"{asked.answer.mean.sum():+.4f}"
    best = f", best {asked.value:+.4f}" if asked.choice is not None else ""
    return f"{printable('+'.join(asked.step.group))}: {answer}{best}"
