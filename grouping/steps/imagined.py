"""The best grouping in a world where all gains are known: one draw, or the expected gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.rows import FEASIBLE, UNSERVED
from grouping.solvers.disjoint import MOST_GROUPS, disjoint_partitions
from grouping.solvers.selection import DP_TASKS, select, select_by_sets, served_sets
from grouping.steps.affordable import affordable_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.cost_limit import RowCosts
    from grouping.rows import Rows
    from grouping.solvers.selection import Mode

    Array = NDArray[np.float64]

PASSES = 4
"""Most rounds of exchanging one group for a better one."""


def listed_partitions(
    rows: Rows, *, adapters: int, mode: Mode, costs: RowCosts | None = None
) -> NDArray[np.intp] | None:
    """What makes :func:`best_rows` fast where it is called more than once for these rows; None where nothing does."""
    if mode == "cover" or len(rows.tasks) <= DP_TASKS or adapters > MOST_GROUPS:
        return None
    listed = disjoint_partitions(rows.masks, groups=adapters)
    if listed is None or costs is None:
        return listed
    within: NDArray[np.bool_] = np.append(costs.each, 0.0)[listed].sum(axis=1) <= costs.limit
    return listed[within]


def best_rows(
    gains: Array,
    rows: Rows,
    *,
    adapters: int,
    mode: Mode,
    listed: NDArray[np.intp] | None = None,
    costs: RowCosts | None = None,
) -> list[tuple[int, ...] | None]:
    """Rows of the best grouping in each of ``D`` worlds, or None if there is none.

    Exact for partitions and where subsets can be enumerated, else by exchanges of one group at a time; where a limit on
    costs binds as in :func:`grouping.steps.affordable.affordable_rows`.

    Args:
        gains: Of every row's members, :data:`UNSERVED` elsewhere, shape ``(D, R, T)``.
        listed: Of :func:`listed_partitions` with the same costs, which is asked without it.
        costs: What the rows cost and may cost together.
    """
    if listed is None:
        listed = listed_partitions(rows, adapters=adapters, mode=mode, costs=costs)
    found = _best_rows(gains, rows, listed, adapters=adapters, mode=mode)
    dear = {} if costs is None else {at: of for at, of in enumerate(found) if of is not None and not costs.within(of)}
    if costs is not None and dear:
        worlds = list(dear)
        cheaper = affordable_rows(
            gains[worlds], rows, [dear[at] for at in worlds], adapters=adapters, mode=mode, costs=costs
        )
        for at, of in zip(worlds, cheaper, strict=True):
            found[at] = of
    return found


def _best_rows(
    gains: Array, rows: Rows, listed: NDArray[np.intp] | None, *, adapters: int, mode: Mode
) -> list[tuple[int, ...] | None]:
    """Without a limit on costs."""
    if len(rows.tasks) <= DP_TASKS:
        selected = select_by_sets(gains, rows, served_sets(rows, mode), adapters=adapters)
        return [None if found is None else found.rows for found in selected]
    if listed is not None:
        return _best_listed(gains, rows, listed)
    return [_best_of_many(world, rows, adapters=adapters, mode=mode) for world in gains]


def _best_listed(gains: Array, rows: Rows, listed: NDArray[np.intp]) -> list[tuple[int, ...] | None]:
    """The best of these partitions in each world."""
    if not len(listed):
        return [None] * len(gains)
    totals = np.where(rows.members, gains, 0.0).sum(axis=2)
    totals = np.pad(totals, ((0, 0), (0, 1)))  # a group that is not there
    found: list[tuple[int, ...] | None] = []
    for world in totals:
        values = world[listed].sum(axis=1)
        best = int(values.argmax())
        kept = tuple(row for row in listed[best].tolist() if row < len(rows.members))
        found.append(kept if values[best] > FEASIBLE else None)
    return found


def _best_of_many(gains: Array, rows: Rows, *, adapters: int, mode: Mode) -> tuple[int, ...] | None:
    if mode == "partition":
        found = select(gains, rows, adapters=adapters, mode=mode)
        return None if found is None else found.rows
    typical = np.where(rows.members, gains, np.nan)
    floor = np.nanmean(typical, axis=0) - 2 * np.nanstd(typical, axis=0)
    tried = [_exchange(gains, _greedy(gains, start, adapters)) for start in (np.full(len(floor), UNSERVED), floor)]
    value, chosen = max(((float(gains[of].max(axis=0).sum()), of) for of in tried), key=lambda pair: pair[0])
    if value < FEASIBLE:
        found = select(gains, rows, adapters=adapters, mode=mode)
        return None if found is None else found.rows
    serving = np.asarray(chosen)[gains[chosen].argmax(axis=0)]
    return tuple(sorted({int(row) for row in serving}))


def _greedy(gains: Array, start: Array, adapters: int) -> list[int]:
    """One row after the other, each the best beside those before; ``start`` is what tasks have without any."""
    current, chosen = start, []
    for _ in range(adapters):
        best = int(np.maximum(current, gains).sum(axis=1).argmax())
        chosen.append(best)
        current = np.maximum(current, gains[best])
    return chosen


def _exchange(gains: Array, chosen: list[int]) -> list[int]:
    """Replaces one row at a time by the best in its place, until nothing improves."""
    for _ in range(PASSES):
        before = list(chosen)
        for place in range(len(chosen)):
            rest = chosen[:place] + chosen[place + 1 :]
            beside = gains[rest].max(axis=0) if rest else np.full(gains.shape[1], UNSERVED)
            worth = np.maximum(beside, gains).sum(axis=1)
            best = int(worth.argmax())
            if worth[best] > worth[chosen[place]]:
                chosen[place] = best
        if chosen == before:
            break
    return chosen
