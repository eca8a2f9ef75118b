"""How a command talks: options of the whole program, which may stand anywhere.

``--quiet``, ``--verbose`` and ``--debug`` hold for whatever command runs, so they are taken off the command line before
a command reads it. What is decided on the way goes to the logger ``cotrain`` and its children at level INFO: with
``--verbose`` onto standard error, and from Python wherever :mod:`logging` is told to::

    logging.basicConfig(level="INFO")
"""

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from cotrain.clock import began

PLACED = "--json"
"""An option of every single command; where it stands before the command's name, it is put behind it."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a command talks."""

    quiet: bool = False
    """No progress: the answer and errors alone."""
    verbose: bool = False
    """What is decided and why, too."""
    debug: bool = False
    """Tracebacks of errors, too."""


class _State:
    manner = Manner()


def is_quiet() -> bool:
    """Whether the command that is running was asked for no progress."""
    return _State.manner.quiet


def manner_of(argv: Sequence[str]) -> tuple[Manner, list[str]]:
    """The manner that was asked for, and the command line without it; behind ``--`` everything stays."""
    end = argv.index("--") if "--" in argv else len(argv)
    options, rest = list(argv[:end]), argv[end:]
    asked = {name: f"--{name}" in options for name in ("quiet", "verbose", "debug")}
    options = [of for of in options if of not in ("--quiet", "--verbose", "--debug")]
    command = next((index for index, of in enumerate(options) if not of.startswith("-")), None)
    if command is not None and PLACED in options[:command]:
        name = options[command]
        before = [of for of in options[:command] if of != PLACED]
        options = [*before, name, PLACED, *options[command + 1 :]]
    return Manner(**asked), [*options, *rest]


@contextmanager
def talking(manner: Manner) -> Iterator[None]:
    """Within it, the command that is running talks so."""
    before, _State.manner = _State.manner, manner
    logger, handler = logging.getLogger("cotrain"), _Lines()
    level = logger.level
    if manner.verbose:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        _State.manner = before
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Lines(logging.Handler):
    """One line per record, after the seconds since the command began, on what is standard error at that moment: above
    the bars, where there are some."""

    def emit(self, record: logging.LogRecord) -> None:
        text = "".join(char if char.isprintable() else " " for char in record.getMessage())
        with suppress(BrokenPipeError):  # whoever read it has left
            print(f"[{time.monotonic() - began():.1f} s] {text}", file=sys.stderr, flush=True)
