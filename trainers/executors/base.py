"""What an executor is."""

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from trainers.job import Job


class Executor(Protocol):
    """Computes jobs. Used in a ``with`` statement, which ends its processes."""

    @property
    def workers(self) -> int:
        """Jobs that it computes at the same time."""

    @property
    def remote(self) -> bool:
        """Whether other machines may compute them, which have devices that this one lacks."""

    def like(self, open_context: Callable[[Any], Any], spec: Any) -> "Executor":
        """Another of the same kind and size, that opens another context; this one rests meanwhile."""

    def results(self, jobs: Sequence[Job[Any, Any]]) -> Iterator[tuple[int, bytes]]:
        """Index and encoded result of every job, as they finish.

        Closing the iterator drops the jobs that have not started.

        Raises:
            Exception: The first error of a job, as it was raised.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
