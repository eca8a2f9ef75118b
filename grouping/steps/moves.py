"""What to train next: any group beside the best of what was trained, and whole groupings that a draw finds best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.rows import FEASIBLE
from grouping.steps.completions import CoverCompletions, PartitionCompletions
from grouping.steps.imagined import best_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.cost_limit import RowCosts
    from grouping.rows import Rows
    from grouping.solvers.selection import Mode
    from grouping.steps.effort import Effort

    Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Move:
    """Groups to train so that a grouping can be chosen.

    Args:
        missing: Untrained rows, one or more.
        values: Value of the grouping in each draw, shape ``(D,)``.
    """

    missing: tuple[int, ...]
    values: Array


def moves(
    draws: Array,
    rows: Rows,
    *,
    trained: NDArray[np.intp],
    untrained: NDArray[np.intp],
    adapters: int,
    mode: Mode,
    left: int,
    effort: Effort,
    costs: RowCosts | None = None,
) -> list[Move]:
    """All moves that need at most ``left`` models, to groupings within the limit on costs.

    Args:
        draws: Gains of the rows, :data:`UNSERVED` where a task is no member, shape ``(D, R, T)``.
        trained: Rows that were trained, and the singles.
        untrained: All others: they may be trained.
        costs: What the rows cost and may cost together.
    """
    expected = draws.mean(axis=0)
    known = bool(np.ptp(draws[:, trained], axis=0).max(initial=0.0) == 0.0)
    sure = draws[:1, trained] if known else draws[:, trained]
    new = draws[:, untrained]
    beside, each = (None, None) if costs is None else (costs.at(trained), costs.each[untrained])
    if mode == "cover":
        holding = rows.members[untrained].any(axis=0)
        typical = np.where(
            holding, np.where(rows.members[untrained], expected[untrained], 0.0).sum(axis=0)
            / np.maximum(rows.members[untrained].sum(axis=0), 1), 0.0,
        )  # fmt: skip
        covers = CoverCompletions.of(expected[trained], typical, others=adapters - 1, most=effort.ways, costs=beside)
        values = covers.values(sure, new, each)
    else:
        inside = rows.members.astype(np.float64)
        partitions = PartitionCompletions.of(
            (expected[trained] * inside[trained]).sum(axis=1),
            rows.masks[trained],
            others=adapters - 1,
            most=effort.ways,
            costs=beside,
        )
        values = partitions.values(
            (sure * inside[trained]).sum(axis=2), (new * inside[untrained]).sum(axis=2), rows.masks[untrained], each
        )
    found = [Move((int(row),), of) for row, of in zip(untrained, values.T, strict=True) if of[0] > FEASIBLE]
    worlds = np.concatenate([expected[None], draws[: effort.imagined]])
    missing = set(untrained.tolist())
    fewest = 2 if costs is None else 1  # of many ways to complete one group, the cheap ones may be left out above
    seen = {move.missing for move in found}
    for chosen in dict.fromkeys(best_rows(worlds, rows, adapters=adapters, mode=mode, costs=costs)):
        needed = tuple(row for row in chosen or () if row in missing)
        if chosen is None or not fewest <= len(needed) <= left or needed in seen:
            continue
        values = draws[:, list(chosen)].max(axis=1).sum(axis=1)
        if values[0] > FEASIBLE:
            found.append(Move(needed, values))
    return found
