"""The one exception for bad input: every message names the place, what was found, and what to do."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class InputError(ValueError):
    """Something that a user gave is wrong; the command line prints it in one line and exits with code 2.

    Args:
        message: What was expected, what came, and the remedy. One line.
        place: Where it stands: a file, a file and a line, or a field such as ``tasks.clone.label``.
    """

    def __init__(self, message: str, *, place: str = "") -> None:
        self.message = " ".join(message.split())
        self.place = place = " ".join(place.splitlines())  # a field's name may hold line breaks
        super().__init__(f"{place}: {self.message}" if place else self.message)

    def within(self, place: str) -> "InputError":
        """The same error with ``place`` put in front of its own place."""
        joined = f"{place}: {self.place}" if self.place else place
        return InputError(self.message, place=joined)


def did_you_mean(name: str, choices: "Iterable[str]") -> str:
    """``"; did you mean `label`?"`` for the closest of ``choices``, or an empty string."""
    close = get_close_matches(name, list(choices), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""
