"""A unit of work that ends at a deadline, in whatever process it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainers.interruption import until
from trainers.job import Job, Unit
from trainers.out_of_budget import OutOfTime

CUT = b""
"""The answer of a unit that the deadline has ended, or not let begin. No encoded result is empty."""


@dataclass(frozen=True)
class Timed:
    """A unit that is cut at the deadline; a run that keeps itself goes on from there when it is asked for again.

    Units of other processes see the same clock: :func:`time.monotonic` is the machine's.
    """

    unit: Unit[Any, Any]
    """Gives key, label, size, members and result."""
    deadline: float
    """Time of :func:`time.monotonic`."""

    @property
    def key(self) -> str:
        return self.unit.key

    @property
    def label(self) -> str:
        return self.unit.label

    @property
    def size(self) -> float:
        return self.unit.size

    @property
    def members(self) -> Sequence[Job[Any, Any]]:
        return self.unit.members

    def run(self, context: Any) -> Any:
        """The unit's result, or None once the deadline has come."""
        try:
            with until(self.deadline):
                return self.unit.run(context)
        except OutOfTime:
            return None

    def encode(self, result: Any) -> bytes:
        return CUT if result is None else self.unit.encode(result)

    def decode(self, data: bytes) -> Any:
        return self.unit.decode(data)

    def split(self, data: bytes) -> Sequence[bytes]:
        return self.unit.split(data)

    def join(self, parts: Sequence[bytes]) -> bytes:
        """Nothing, if a part was cut: what is whole is in no ledger yet, and is computed again."""
        return CUT if CUT in parts else self.unit.join(parts)

    def alone(self) -> Sequence["Timed"]:
        return [Timed(of, self.deadline) for of in self.unit.alone()]
