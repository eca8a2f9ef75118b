"""Groupings worth a look: the best under draws of the gains, under their means, and under a lower bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.rounds.choice import best_by_bound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.objective import Objective
    from grouping.rounds.posterior import Posterior
    from grouping.solvers import Solver


def admissible(
    shortfall: NDArray[np.float64], allowed: NDArray[np.bool_], *, tasks: tuple[str, ...], objective: Objective,
    solver: Solver,
) -> NDArray[np.bool_]:  # fmt: skip
    """The groups to choose from, by number, shape ``(R,)``: those that keep their floors.

    Where no grouping keeps every floor, the floors are lowered together until one does: the worst shortfall is then
    as small as it can be. Where the allowed groups make up no grouping at all, the first answer stands.
    """

    def feasible(threshold: float) -> bool:
        values = np.where(allowed & (shortfall <= threshold), 0.0, -np.inf)
        return solver.solve(values, tasks=tasks, max_groups=objective.max_adapters).feasible

    keeping = allowed & (shortfall <= 0)
    if np.array_equal(keeping, allowed) or feasible(0.0):
        return keeping
    levels = np.unique(shortfall[allowed & (shortfall > 0)])
    if not feasible(levels[-1]):
        return keeping
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if feasible(levels[middle]) else (middle + 1, high)
    lowered: NDArray[np.bool_] = allowed & (shortfall <= levels[low])
    return lowered


def propose(beliefs: Posterior, *, z: float, objective: Objective, solver: Solver) -> dict[Grouped, float]:
    """Distinct best groupings with the share of draws under which each is the best, most frequent first.

    Each draw of the gains is solved exactly. The best under the expected gains and under the lower bound
    (:func:`grouping.rounds.choice.best_by_bound`) are always among them, with a share of 0 if no draw agrees.
    """
    counts: dict[Grouped, float] = {}
    draws = len(beliefs.total_draws)
    allowed = beliefs.totals > -np.inf

    def best(totals: NDArray[np.float64], shortfall: NDArray[np.float64], bound: float = 0.0) -> Grouped | None:
        usable = admissible(shortfall, allowed, tasks=beliefs.tasks, objective=objective, solver=solver)
        found = best_by_bound(
            np.where(usable, totals, -np.inf), variances, z=bound, universe=beliefs.universe, objective=objective,
            solver=solver,
        )  # fmt: skip
        return None if found is None else found.grouping

    variances = np.zeros(len(allowed))
    variances[allowed] = beliefs.total_draws[:, allowed].var(axis=0)
    for totals, shortfall in zip(beliefs.total_draws, beliefs.shortfall_draws, strict=True):
        grouping = best(totals, shortfall)
        if grouping is not None:
            counts[grouping] = counts.get(grouping, 0.0) + 1 / draws
    for bound in (0.0, z):
        grouping = best(beliefs.totals, beliefs.shortfall, bound)
        if grouping is not None:
            counts.setdefault(grouping, 0.0)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0].groups)))
