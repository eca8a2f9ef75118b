"""A predictor whose forecasts of groups that were not measured are corrected by what earlier runs showed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.calibration import Correction
from affinity.predictor import GainPredictor, Measured, Prediction
from affinity.predictors.measurements import membership

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Corrects forecasts alone: a group that was measured keeps its posterior, and a single its 0.

    Args:
        inner: The predictor.
        correction: Of forecasts; their errors are multiplied by its slope.
        measured: Groups that ``inner`` was told of.
        unjudged: Tasks of which 0 is said whatever happens, and stays said.
    """

    inner: GainPredictor
    correction: Correction
    measured: tuple[Measured, ...] = ()
    unjudged: frozenset[str] = frozenset()

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order of the columns."""
        return tuple(self.inner.tasks)

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        """Corrected means and errors, both ``(G, T)``."""
        said, here = self.inner.predict(members), self._forecasts(members)
        mean = np.where(here, self.correction.apply(said.mean), said.mean)
        return Prediction(mean, np.where(here, self.correction.slope * said.error, said.error))

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
        """The inner predictor's draws, corrected alike, shape ``(draws, G, T)``."""
        drawn = self.inner.draw(members, draws=draws, generator=generator)
        corrected: Array = np.where(self._forecasts(members), self.correction.apply(drawn), drawn)
        return corrected

    def update(self, measured: Sequence[Measured]) -> "Calibrated":
        """After these measurements too: their groups are no forecasts any more."""
        return Calibrated(self.inner.update(measured), self.correction, (*self.measured, *measured), self.unjudged)

    def _forecasts(self, members: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Cells that are corrected, shape ``(G, T)``: judged members of groups of two or more that are new."""
        known = {row.tobytes() for row in membership(self.tasks, self.measured)}
        fresh = np.array([row.tobytes() not in known for row in np.asarray(members, dtype=np.bool_)], dtype=np.bool_)
        judged = np.array([task not in self.unjudged for task in self.tasks])
        cells: NDArray[np.bool_] = (fresh & (members.sum(axis=1) > 1))[:, None] & judged & members
        return cells
