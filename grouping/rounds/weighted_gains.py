"""Gains as the objective counts them: some tasks' more than others'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictor import Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor, Measured


@dataclass(frozen=True, eq=False)
class WeightedGains:
    """A predictor whose values are another's times the tasks' weights; it learns what that one learns.

    Args:
        gains: Predicts gains.
        weights: By task, of mean 1, shape ``(T,)``.
    """

    gains: GainPredictor
    weights: NDArray[np.float64]

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order of the columns."""
        return self.gains.tasks

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        """Expected values and their errors, both ``(G, T)``."""
        said = self.gains.predict(members)
        return Prediction(said.mean * self.weights, said.error * self.weights)

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Joint draws, shape ``(draws, G, T)``."""
        drawn: NDArray[np.float64] = self.gains.draw(members, draws=draws, generator=generator) * self.weights
        return drawn

    def update(self, measured: Sequence[Measured]) -> WeightedGains:
        """After these measurements, of gains as they are, too."""
        return WeightedGains(self.gains.update(measured), self.weights)


def shares(weights: Mapping[str, float], tasks: Sequence[str]) -> NDArray[np.float64]:
    """Weights of mean 1, shape ``(T,)``; a task that is not named counts once before that."""
    found = np.array([weights.get(task, 1.0) for task in tasks])
    scaled: NDArray[np.float64] = found / found.mean()
    return scaled
