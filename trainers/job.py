"""Work units: pure functions of their content, so that a finished one need never be done again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Context = TypeVar("Context", contravariant=True)
Result = TypeVar("Result")


class Job(Protocol[Context, Result]):
    """A unit of work that carries all it needs but the context that its process shares between jobs."""

    @property
    def key(self) -> str:
        """Content hash: equal keys give equal results."""

    @property
    def label(self) -> str:
        """What it is, for people: ``clone+defect, seed 0``."""

    @property
    def size(self) -> float:
        """Modelled cost in any unit; larger jobs start first."""

    def run(self, context: Context) -> Result:
        """Does the work."""

    def encode(self, result: Result) -> bytes:
        """The result as bytes, for the ledger and for travel between processes."""

    def decode(self, data: bytes) -> Result:
        """The result from its bytes.

        Raises:
            ValueError: If the bytes are damaged.
        """


class Unit(Job[Context, Result], Protocol):
    """What an executor gets from :func:`trainers.run_jobs.run_jobs`: one job, or several that are computed together.

    The ledger holds results of members under their own keys, never of units: which jobs were computed together leaves
    no trace in it.
    """

    @property
    def members(self) -> Sequence[Job[Any, Any]]:
        """The jobs."""

    def split(self, data: bytes) -> Sequence[bytes]:
        """The unit's encoded result as the encoded results of its members, in their order."""

    def join(self, parts: Sequence[bytes]) -> bytes:
        """The opposite."""

    def alone(self) -> Sequence["Unit[Any, Any]"]:
        """Every member as a unit of its own, for want of memory, say."""


@dataclass(frozen=True)
class Single:
    """A job by itself."""

    job: Job[Any, Any]
    """Gives key, label, size and result."""

    @property
    def key(self) -> str:
        return self.job.key

    @property
    def label(self) -> str:
        return self.job.label

    @property
    def size(self) -> float:
        return self.job.size

    @property
    def members(self) -> Sequence[Job[Any, Any]]:
        return (self.job,)

    def run(self, context: Any) -> Any:
        return self.job.run(context)

    def encode(self, result: Any) -> bytes:
        return self.job.encode(result)

    def decode(self, data: bytes) -> Any:
        return self.job.decode(data)

    def split(self, data: bytes) -> Sequence[bytes]:
        return (data,)

    def join(self, parts: Sequence[bytes]) -> bytes:
        (data,) = parts
        return data

    def alone(self) -> Sequence["Single"]:
        return (self,)
