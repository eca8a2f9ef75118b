"""A run's learning curve: its best point, and where it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Point:
    """One point of a curve.

    Args:
        value: Mean of the members' stop-half losses, each divided by its prior loss.
        stop: Stop-half loss by member.
        train: Mean training loss since the point before, by member; NaN where it had no batch.
        shares: Mean share of the steps that an aggregator gave to each member since then; empty without one.
    """

    value: float
    stop: Mapping[str, float]
    train: Mapping[str, float]
    shares: Mapping[str, float] = field(default_factory=dict)


class Curve:
    """Points so far, and the weights of the best.

    Args:
        passes: Passes of every member.
        limit: For a reference: passes up to which it may go on; it ends once ``passes`` passes in a row bring no better
            point.
        grid: Points per pass.
    """

    def __init__(self, *, passes: int, limit: int | None, grid: int) -> None:
        self.passes, self.limit, self.grid = passes, limit, grid
        self.points: list[Point] = []
        self.chosen = 0
        self.ended = False
        self.weights: Sequence[Sequence[Tensor]] | None = None

    def add(self, point: Point, weights: Sequence[Sequence[Tensor]]) -> None:
        """Takes a point in; keeps a copy of its weights if no point before was as good."""
        best = np.inf if self.weights is None else self.points[self.chosen].value
        if point.value < best:
            self.chosen = len(self.points)
            self.weights = [[tensor.clone() for tensor in tensors] for tensors in weights]
        self.points.append(point)

    @property
    def finished(self) -> bool:
        """Whether no pass is left to make; a run ends at the end of a pass, unless it was ended before."""
        done = len(self.points)
        if self.ended:
            return True
        if done % self.grid or not done:
            return False
        stale = done - 1 - self.chosen >= self.passes * self.grid
        return done == (self.limit or self.passes) * self.grid or (self.limit is not None and stale)

    @property
    def may_end(self) -> bool:
        """Whether it goes on although it has the passes that its best point needs to count."""
        return not self.finished and len(self.points) >= self.passes * self.grid

    def end(self) -> None:
        """Ends it where it is."""
        self.ended = True
