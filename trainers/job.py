"""Work units: pure functions of their content, so that a finished one need never be done again."""

from typing import Protocol, TypeVar

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
