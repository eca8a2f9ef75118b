"""What is believed about every possible group: expected gains, draws, and floors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.universe import singles_and_together

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor
    from grouping.objective import Objective
    from grouping.universe import Universe

CHUNK = 1 << 23
"""Most numbers that one call draws at a time: 64 MiB of them."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Beliefs about the ``R`` groups of a universe; forbidden groups have totals of ``-inf``.

    Args:
        universe: The groups.
        means: Every member's expected gain, shape ``(R, T)``; NaN where a task is no member.
        totals: Sum over members, shape ``(R,)``.
        shortfall: Points that the lower bound of the worst member's delta lies below its floor, alike; 0 or less is
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
    members = universe.members[places]  # shape: (G, T)
    means = np.full((len(allowed), len(tasks)), np.nan)
    means[places] = gains.predict(members).mean
    totals = np.full(len(allowed), -np.inf)
    totals[places] = np.nansum(means[places], axis=1)
    total_draws = np.full((draws, len(allowed)), -np.inf)
    total_draws[:, places] = draw_totals(gains, members, draws=draws, generator=generator)

    shortfall = np.full(len(allowed), -np.inf)
    shortfall_draws = np.full((draws, len(allowed)), -np.inf)
    if deltas is not None:
        known = deltas.predict(members)
        shortfall[places] = objective.shortfall(known.mean, known.error, tasks)
        for rows in _chunks(draws, members.size):
            drawn = deltas.draw(members, draws=len(rows), generator=generator)
            shortfall_draws[np.ix_(rows, places)] = objective.shortfall(drawn, delta_errors, tasks)
        sure = np.concatenate([trained, singles_and_together(universe)[0]])
        shortfall_draws[:, sure] = shortfall[sure]
    return Posterior(universe, means, totals, shortfall, total_draws, shortfall_draws)


def draw_totals(
    gains: GainPredictor, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Joint draws of the sum of the members' gains of each group, shape ``(D, G)``.

    Members of one run share its luck, so the variance of a sum is not the sum of the members' variances.

    Args:
        members: Rows of membership, shape ``(G, T)``.
    """
    return np.concatenate(
        [
            np.nansum(gains.draw(members, draws=len(rows), generator=generator), axis=-1)
            for rows in _chunks(draws, members.size)
        ]
    )


def _chunks(draws: int, numbers: int) -> list[NDArray[np.intp]]:
    """Consecutive indices of draws, few enough at a time for :data:`CHUNK`."""
    step = max(1, CHUNK // max(1, numbers))
    return [np.arange(start, min(start + step, draws)) for start in range(0, draws, step)]
