"""Accepts only what was trained: the best trained grouping by a lower bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.rounds.choice import best_by_bound
from grouping.rounds.proposals import admissible
from grouping.served_rows import ServedRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.objective import Objective
    from grouping.rounds.choice import Candidate
    from grouping.rounds.knowledge import Knowledge
    from grouping.solvers import Solver

DRAWS = 2048
"""Draws from which the variance of a trained group's gains is read: within about 3 % of it."""


@dataclass(frozen=True)
class Accepted:
    """A trained grouping that was chosen.

    Args:
        shortfall: Points that the worst lower bound of a delta lies below its floor; 0 or less where all are kept,
            ``-inf`` for an objective without floors.
    """

    candidate: Candidate
    shortfall: float


def accept(
    known: Knowledge,
    *,
    allowed: NDArray[np.bool_],
    z: float,
    objective: Objective,
    solver: Solver,
    generator: np.random.Generator,
) -> Accepted | None:
    """The trained grouping with the highest lower bound of its mean gain, among those that the objective admits.

    Measured gains enter through the predictor's posterior, so a lucky measurement counts for less than it shows, and
    the bound takes off what is still uncertain. Errors of different groups are taken as independent: they are trained
    apart, and what all gains have in common is a small part. Where no trained grouping keeps every floor, it is chosen
    among those with the smallest worst shortfall.

    Args:
        allowed: Groups of the universe that meet the constraints, shape ``(R,)``.
        z: Standard errors that the bound lies below the mean.

    Returns:
        None if no trained grouping meets the constraints.
    """
    tasks, universe = known.tasks, known.universe
    usable = allowed & known.trained()
    places = np.flatnonzero(usable)
    rows = ServedRows.at(places, universe)
    totals, shortfall = np.full(len(usable), -np.inf), np.full(len(usable), -np.inf)
    totals[places] = rows.totals(known.counted)
    if known.deltas is not None:
        deltas = rows.predict(known.deltas)
        shortfall[places] = objective.shortfall(deltas.mean, deltas.error, tasks)
    variances = np.zeros(len(usable))
    variances[places] = rows.draw_totals(known.counted, draws=DRAWS, generator=generator).var(axis=0, ddof=1)
    kept = admissible(shortfall, usable, tasks=tasks, objective=objective, solver=solver)
    candidate = best_by_bound(
        np.where(kept, totals, -np.inf),
        variances,
        z=z,
        universe=universe,
        objective=objective,
        solver=solver,
    )
    if candidate is None:
        return None
    worst = max(float(shortfall[place]) for place in universe.places(candidate.grouping))
    return Accepted(candidate, worst)
