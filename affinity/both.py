"""Two of a kind: what run ``a`` has, what run ``b`` has, and how far apart they are."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Both(Generic[T]):
    """What two runs have of the same kind."""

    a: T
    """Of the first run."""
    b: T
    """Of the second run."""


@dataclass(frozen=True)
class Difference:
    """``b`` minus ``a``, with its two-sided 95 % interval; its ends are None where the error is not known."""

    value: float
    """Above 0 the second run's is higher."""
    low: float | None = None
    """Lower end."""
    high: float | None = None
    """Upper end."""

    @property
    def certain(self) -> bool:
        """Whether the interval is known and excludes 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)
