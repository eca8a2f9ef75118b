"""Jobs one after the other in this process."""

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from trainers.job import Job

Spec = TypeVar("Spec")


class InProcess(Generic[Spec]):
    """Runs jobs here; the context is opened with the first job.

    Args:
        open_context: Makes the context that jobs share from ``spec``.
        spec: What it is made from.
    """

    workers = 1
    remote = False

    def __init__(self, open_context: Callable[[Spec], Any], spec: Spec) -> None:
        self._open, self._spec, self._context = open_context, spec, None

    def results(self, jobs: Sequence[Job[Any, Any]]) -> Iterator[tuple[int, bytes]]:
        """Index and encoded result of every job, largest first."""
        for index in sorted(range(len(jobs)), key=lambda index: -jobs[index].size):
            if self._context is None:
                self._context = self._open(self._spec)
            yield index, jobs[index].encode(jobs[index].run(self._context))

    def like(self, open_context: Callable[[Any], Any], spec: Any) -> "InProcess[Any]":
        """See :class:`trainers.executors.base.Executor`."""
        return InProcess(open_context, spec)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context = None
