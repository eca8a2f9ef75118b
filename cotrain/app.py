"""The command ``cotrain``: what happens around every command, above all when something is wrong.

Bad input ends in one line on standard error and code 2, an interruption in one line and code 130, anything else in
one line and code 1; ``--debug`` shows the traceback instead. Imports of this module stay light: when a file of the
user's stands in front of one of our packages, nothing but the standard library can be trusted.
"""

import io
import os
import sys
import traceback
from collections.abc import Sequence

from cotrain.clock import command
from cotrain.shadow import active_shadows

BAD_INPUT = 2
"""Exit code when a file, a field or an option is wrong."""
STOPPED = 130
"""Exit code after an interruption, as shells have it; after SIGTERM it is 143."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; ``argv`` is without the program's name."""
    given = list(sys.argv[1:] if argv is None else argv)
    options = given[: given.index("--")] if "--" in given else given
    debug = "--debug" in options
    if debug:
        given.remove("--debug")
    shadows = active_shadows()
    if shadows:
        return _say(str(shadows[0]), BAD_INPUT)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    with command(process=argv is None):
        return _run(given, debug=debug)


def _run(given: Sequence[str], *, debug: bool) -> int:
    from cotrain.command_line import run
    from tasks.errors import InputError

    try:
        return run(given)
    except InputError as error:
        return _say(str(error), BAD_INPUT, debug=debug)
    except KeyboardInterrupt as error:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return getattr(error, "code", STOPPED)
    except BrokenPipeError:
        _silence_stdout()
        return 0
    except Exception as error:
        text = str(error) or "no message"
        return _say(f"{type(error).__name__}: {text} (unexpected; --debug shows where)", 1, debug=debug)


def _say(text: str, code: int, *, debug: bool = False) -> int:
    """One line whatever is in ``text``, without the control characters that data may hold."""
    if debug:
        traceback.print_exc()
    line = "".join(char if char.isprintable() else " " for char in text)
    print(f"error: {' '.join(line.split())}", file=sys.stderr)
    return code


def _silence_stdout() -> None:
    """Keeps Python's flush at exit from failing once more, after the reader of a pipe has left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
