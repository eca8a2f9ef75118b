"""What a predictor of group gains is, what it is told and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Measured:
    """A measured value of every member of one group: gains, or changes in points; any scale, 0 for a single.

    Args:
        group: Member tasks.
        mean: Measured values, shape ``(M,)``.
        error: Their standard errors, shape ``(M,)``; 0 where a table is taken at its word.
        shared: The part of ``error`` that all measurements of a task share, that of its reference; shape ``(M,)``.
            None where it is not known, which reads as 0.

    Raises:
        ValueError: If names repeat, shapes differ, or a number is not finite.
    """

    group: tuple[str, ...]
    mean: NDArray[np.float64]
    error: NDArray[np.float64]
    shared: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if len(set(self.group)) < len(self.group):
            raise ValueError(f"Expected different members, but got {self.group}.")
        given = {"mean": self.mean, "error": self.error} | ({} if self.shared is None else {"shared": self.shared})
        for name, values in given.items():
            if values.shape != (len(self.group),) or not np.isfinite(values).all():
                raise ValueError(
                    f"Expected one finite `{name}` for each of {'+'.join(self.group)}, but got {values.tolist()}."
                )


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted values of ``G`` groups.

    Args:
        mean: Expected value of each member, shape ``(G, T)``; NaN where the task is not a member, 0 for a single.
        error: Standard error of that expectation, shape ``(G, T)``; NaN alike, 0 for a single.
    """

    mean: NDArray[np.float64]
    error: NDArray[np.float64]


class GainPredictor(Protocol):
    """A posterior over the values of every member in any group; it never changes, ``update`` gives a new one."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """The ``T`` tasks, in the order of the columns."""

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        """Means and errors for groups given as rows of membership, shape ``(G, T)``."""

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Joint draws, shape ``(draws, G, T)``: one draw is one world, in which all groups have their values.

        NaN where the task is not a member, 0 for a single.
        """

    def update(self, measured: Sequence[Measured]) -> "GainPredictor":
        """The posterior after these measurements too; a group measured before is replaced, not counted twice."""
