"""How a long computation tells how far it is, without knowing who looks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from trainers.job import Job


class Shown(Protocol):
    """A stretch of work that is being watched."""

    def advance(self, amount: float = 1.0, note: str = "") -> None:
        """``amount`` of the work was done; ``note`` says what."""

    def skip(self, amount: float = 1.0, note: str = "") -> None:
        """``amount`` needed no work, as it was found finished."""


Watch = Callable[[str, float], AbstractContextManager[Shown]]
"""Opens a watched stretch of work: its name and its whole amount."""


Tell = Callable[[str], None]
"""Says one line that a user should read, such as which task is left out and why."""


Finished = Callable[[Job[Any, Any], object, str], None]
"""Called with every job that is done, its result, and the phase that asked for it; also where it was found finished."""


class _Unseen:
    def advance(self, amount: float = 1.0, note: str = "") -> None:
        return None

    def skip(self, amount: float = 1.0, note: str = "") -> None:
        return None


@contextmanager
def unwatched(_name: str, _total: float) -> Iterator[Shown]:
    """Nobody looks."""
    yield _Unseen()


def untold(_line: str) -> None:
    """Nobody listens."""


def unheard(_job: Job[Any, Any], _result: object, _phase: str) -> None:
    """Nobody takes note."""
