"""How commands end, for shells and programs."""

DONE = 0
"""An answer was given, whatever it is."""
UNEXPECTED = 1
"""Something went wrong that is no fault of the input; and ``cotrain doctor`` found something wrong."""
BAD_INPUT = 2
"""A file, a field or an option is wrong."""
INTERRUPTED = 130
"""Ctrl-C: 128 and the number of the signal, as shells have it."""
TERMINATED = 143
"""SIGTERM, likewise."""

MEANINGS = {
    DONE: "an answer, whatever its verdict, also where a limit cut it short",
    UNEXPECTED: "a full disk, lost workers, something unexpected, or a finding of doctor",
    BAD_INPUT: "a file, a field or an option is wrong",
    INTERRUPTED: "interrupted (Ctrl-C); the same command goes on",
    TERMINATED: "ended by SIGTERM; the same command goes on",
}
"""The table at the end of ``cotrain --help``."""
