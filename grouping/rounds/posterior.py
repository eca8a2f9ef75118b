"""What is believed about every possible group: expected gains, draws, and floors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.served_rows import ServedRows
from grouping.universe import singles_and_together

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor
    from grouping.objective import Objective
    from grouping.universe import Universe


@dataclass(frozen=True, eq=False)
class Posterior:
    """Beliefs about the ``R`` groups of a universe; forbidden groups have totals of ``-inf``.

    Args:
        universe: The groups.
        means: Every served task's expected gain, shape ``(R, T)``; NaN elsewhere.
        totals: Sum over them, shape ``(R,)``.
        shortfall: Points that the lower bound of the worst of their deltas lies below its floor, alike; 0 or less is
            admissible.
        total_draws: Joint draws of the totals, shape ``(D, R)``.
        shortfall_draws: What the shortfall would be once the group is trained, if the draw is true, alike.
    """

    universe: Universe
    means: NDArray[np.float64]
    totals: NDArray[np.float64]
    shortfall: NDArray[np.float64]
    total_draws: NDArray[np.float64]
    shortfall_draws: NDArray[np.float64]

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order of the columns."""
        return self.universe.tasks


def posterior(
    gains: GainPredictor,
    deltas: GainPredictor | None,
    *,
    universe: Universe,
    allowed: NDArray[np.bool_],
    trained: NDArray[np.intp],
    delta_errors: NDArray[np.float64],
    objective: Objective,
    draws: int,
    generator: np.random.Generator,
) -> Posterior:
    """Beliefs about the allowed groups.

    Args:
        gains: Predicts gains, as they count.
        deltas: Predicts deltas in points; None for an objective without floors.
        universe: The groups.
        allowed: Those that meet the constraints, shape ``(R,)``.
        trained: Numbers of the groups that were trained: their shortfall is known and not drawn.
        delta_errors: Standard error that a measured delta of each task is expected to have, shape ``(T,)``.
    """
    tasks = universe.tasks
    places = np.flatnonzero(allowed)
    rows = ServedRows.at(places, universe)  # of G groups
    means = np.full((len(allowed), len(tasks)), np.nan)
    means[places] = rows.predict(gains).mean
    totals = np.full(len(allowed), -np.inf)
    totals[places] = np.nansum(means[places], axis=1)
    total_draws = np.full((draws, len(allowed)), -np.inf)
    total_draws[:, places] = rows.draw_totals(gains, draws=draws, generator=generator)

    shortfall = np.full(len(allowed), -np.inf)
    shortfall_draws = np.full((draws, len(allowed)), -np.inf)
    if deltas is not None:
        known = rows.predict(deltas)
        shortfall[places] = objective.shortfall(known.mean, known.error, tasks)
        drawn = rows.draw(deltas, draws=draws, generator=generator)
        shortfall_draws[:, places] = np.concatenate([objective.shortfall(of, delta_errors, tasks) for of in drawn])
        sure = np.concatenate([trained, singles_and_together(universe)[0]])
        shortfall_draws[:, sure] = shortfall[sure]
    return Posterior(universe, means, totals, shortfall, total_draws, shortfall_draws)
