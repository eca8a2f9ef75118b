"""The best grouping by a lower bound of its mean gain, found exactly."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.objective import Objective
    from grouping.solvers import Solver
    from grouping.universe import Universe


@dataclass(frozen=True)
class Candidate:
    """A grouping with the sum of its tasks' gains.

    Args:
        total: Sum of the groups' expected sums of gains.
        variance: Sum of the groups' variances: groups are trained apart, so their errors are independent.
    """

    grouping: Grouped
    total: float
    variance: float

    def bound(self, z: float) -> float:
        """The lower bound ``total - z sqrt(variance)``."""
        return self.total - z * sqrt(self.variance)


def best_by_bound(
    totals: NDArray[np.float64],
    variances: NDArray[np.float64],
    *,
    z: float,
    universe: Universe,
    objective: Objective,
    solver: Solver,
) -> Candidate | None:
    r"""The admissible partition with the highest :math:`m - z \sqrt{v}`, by the objective's number of groups.

    A standard deviation does not add up over groups, a variance does. The bound is convex in :math:`(m, v)`, so its
    maximum lies at a partition that also maximises :math:`m - \lambda v` for some :math:`\lambda \ge 0`, and that is
    a sum over groups, which the solver maximises exactly. All such partitions are met by starting from the highest
    mean and the lowest variance and solving between two neighbours until nothing new lies between them. With ``z`` of
    0 one solve is enough.

    Args:
        totals: Expected sum of the members' gains of each group of the universe, shape ``(R,)``; ``-inf`` forbids it.
        variances: Variance of that sum, alike; read where the group is allowed.
        z: Standard errors that the bound lies below the mean.

    Returns:
        The best candidate, of equals the one with fewer adapters; None where no partition is admissible.
    """
    allowed = totals > -np.inf

    def solve(mean_weight: float, price: float) -> Candidate | None:
        linear = np.full(len(totals), -np.inf)
        linear[allowed] = mean_weight * totals[allowed] - price * variances[allowed]
        frontier = solver.solve(linear, tasks=universe.tasks, max_groups=objective.max_adapters)
        k = objective.pick(frontier.values)
        grouping = None if k is None else frontier.groupings[k - 1]
        if grouping is None:
            return None
        places = universe.places(grouping)
        return Candidate(grouping, float(totals[places].sum()), float(variances[places].sum()))

    highest = solve(1.0, 0.0)
    if highest is None or z == 0:
        return highest
    surest = solve(0.0, 1.0)
    found = [highest] if surest is None else [highest, surest]
    intervals = [(highest, surest)] if surest is not None else []
    while intervals:
        upper, lower = intervals.pop()
        if upper.variance <= lower.variance or upper.total <= lower.total:
            continue
        price = (upper.total - lower.total) / (upper.variance - lower.variance)
        between = solve(1.0, price)
        if between is None:
            continue
        line = upper.total - price * upper.variance
        if between.total - price * between.variance > line + 1e-12 * (1 + abs(line)):
            found.append(between)
            intervals += [(upper, between), (between, lower)]
    return max(found, key=lambda c: (c.bound(z), -c.grouping.adapters))
