"""The command ``cotrain``: what happens around every command, above all when something is wrong.

Bad input ends in one line on standard error and code 2, an interruption in one line and code 130, a machine that does
not do its part, and anything else, in one line and code 1 (:mod:`cotrain.exit_codes`); ``--debug`` shows the traceback
too. Imports of this module stay light: when a file of the user's stands in front of one of our packages, nothing but
the standard library can be trusted.
"""

import io
import os
import sys
import traceback
from collections.abc import Sequence

from cotrain.clock import command
from cotrain.exit_codes import BAD_INPUT, DONE, INTERRUPTED, UNEXPECTED
from cotrain.manner import manner_of, talking
from cotrain.shadow import active_shadows, hidden_library


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; ``argv`` is without the program's name."""
    manner, given = manner_of(sys.argv[1:] if argv is None else argv)
    if manner.quiet and manner.verbose:
        return _say("--quiet, --verbose: they contradict each other; leave one out", BAD_INPUT)
    shadows = active_shadows()
    if shadows:
        return _say(str(shadows[0]), BAD_INPUT)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    with command(process=argv is None), talking(manner):
        return _run(given, debug=manner.debug)


def _run(given: Sequence[str], *, debug: bool) -> int:
    try:
        from cotrain.command_line import run

        code = run(given)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt as error:
        return _stopped(error)
    except BrokenPipeError:
        return _reader_left()
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # rich ends the program so
            return _reader_left()
        raise
    except Exception as error:
        interruption = _interruption(error)
        if interruption is not None:
            return _stopped(interruption)
        from tasks.errors import InputError

        if isinstance(error, InputError):
            return _say(str(error), BAD_INPUT, debug=debug)
        library = hidden_library()
        if library is not None:
            return _say(str(library), BAD_INPUT, debug=debug)
        from cotrain.machine_errors import machine_error

        told = machine_error(error)
        if told is not None:
            return _say(told, UNEXPECTED, debug=debug)
        text = str(error) or "no message"
        return _say(f"{type(error).__name__}: {text} (unexpected; --debug shows where)", UNEXPECTED, debug=debug)


def _stopped(error: KeyboardInterrupt) -> int:
    """After Ctrl-C, or SIGTERM, which has a code of its own."""
    print("stopped; the same command goes on where it was", file=sys.stderr)
    return getattr(error, "code", INTERRUPTED)


def _interruption(error: BaseException) -> KeyboardInterrupt | None:
    """The interruption during which an error arose: a library that is cut in the middle may fail at cleaning up."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, KeyboardInterrupt):
        seen = seen.__cause__ or seen.__context__
    return seen


def _say(text: str, code: int, *, debug: bool = False) -> int:
    """One line whatever is in ``text``, without the control characters that data may hold."""
    if debug:
        traceback.print_exc()
    line = "".join(char if char.isprintable() else " " for char in text)
    print(f"error: {' '.join(line.split())}", file=sys.stderr)
    return code


def _reader_left() -> int:
    """The reader of a pipe has seen enough, which is no error; Python's flush at exit must not fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE
