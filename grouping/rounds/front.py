"""The trade-off between adapters, mean gain and the worst task, over what was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.solvers import Solver
    from grouping.universe import Universe


def pareto_front(
    means: NDArray[np.float64], usable: NDArray[np.bool_], *, universe: Universe, solver: Solver
) -> tuple[Grouped, ...]:
    """Partitions that no other beats in adapters (fewer), mean gain and worst task's gain (higher) at once.

    For each number of groups the highest mean gain is solved for, first without and then with ever higher floors on
    the gain of the worst task: each floor lies above the worst task of the solution before.

    Args:
        means: Expected gain of each group's members, shape ``(R, T)``; NaN where a task is no member.
        usable: Groups of the universe that groupings may be made of, shape ``(R,)``.

    Returns:
        By adapters, then by falling mean gain; one grouping for each distinct pair of values.
    """
    worst = np.where(np.isnan(means), np.inf, means).min(axis=1)  # shape: (R,)
    totals = np.where(usable, np.nansum(means, axis=1), -np.inf)
    found: dict[Grouped, tuple[int, float, float]] = {}
    floor = -np.inf
    while True:
        frontier = solver.solve(np.where(worst >= floor, totals, -np.inf), tasks=universe.tasks)
        lowest = np.inf
        for value, grouping in zip(frontier.values, frontier.groupings, strict=True):
            if grouping is None:
                continue
            low = float(worst[universe.places(grouping)].min())
            lowest = min(lowest, low)
            found.setdefault(grouping, (grouping.adapters, -float(value), -low))
        if lowest == np.inf:
            break
        floor = float(np.nextafter(lowest, np.inf))
    best: list[tuple[tuple[int, float, float], Grouped]] = []
    for grouping, figures in sorted(found.items(), key=lambda item: (item[1], item[0].groups)):
        if not any(all(a <= b for a, b in zip(other, figures, strict=True)) for other, _ in best):
            best.append((figures, grouping))
    return tuple(grouping for _, grouping in best)
