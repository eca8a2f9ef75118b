"""What to train next: any group beside the best of what was trained, and whole groupings that a draw finds best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.completions import FEASIBLE, UNSERVED, CoverCompletions, PartitionCompletions
from grouping.imagined import best_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.rows import Rows
    from grouping.solvers.selection import Mode

    Array = NDArray[np.float64]

IMAGINED = 24
"""Draws whose best groupings become moves."""
CONSIDERED = 192
"""Most single groups whose completions are looked for, the most promising ones."""


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
    expected: Array,
    rows: Rows,
    *,
    trained: NDArray[np.intp],
    untrained: NDArray[np.intp],
    adapters: int,
    mode: Mode,
    left: int,
) -> list[Move]:
    """All moves that need at most ``left`` models.

    Args:
        draws: Gains of the rows, :data:`UNSERVED` where a task is no member, shape ``(D, R, T)``.
        expected: Their expected gains, alike, shape ``(R, T)``.
        trained: Rows that were trained, and the singles.
        untrained: Rows that may be trained.
    """
    known = bool(np.ptp(draws[:, trained], axis=0).max(initial=0.0) == 0.0)
    sure = draws[:1, trained] if known else draws[:, trained]
    considered = _promising(draws, expected, trained, untrained)
    new = draws[:, considered]
    if mode == "cover":
        holding = rows.members[untrained].any(axis=0)
        typical = np.where(
            holding, np.where(rows.members[untrained], expected[untrained], 0.0).sum(axis=0)
            / np.maximum(rows.members[untrained].sum(axis=0), 1), 0.0,
        )  # fmt: skip
        covers = CoverCompletions.of(expected[trained], typical, others=adapters - 1)
        values = covers.values(sure, new)
    else:
        inside = rows.members.astype(np.float64)
        partitions = PartitionCompletions.of(
            (expected[trained] * inside[trained]).sum(axis=1), rows.masks[trained], others=adapters - 1
        )
        values = partitions.values(
            (sure * inside[trained]).sum(axis=2), (new * inside[considered]).sum(axis=2), rows.masks[considered]
        )
    found = [
        Move((int(row),), values[:, column]) for column, row in enumerate(considered) if values[0, column] > FEASIBLE
    ]
    return found + _whole(draws, expected, rows, trained, untrained, adapters=adapters, mode=mode, left=left)


def _whole(
    draws: Array, expected: Array, rows: Rows, trained: NDArray[np.intp], untrained: NDArray[np.intp], *,
    adapters: int, mode: Mode, left: int,
) -> list[Move]:  # fmt: skip
    """Groupings that are the best under a draw or under the expected gains and need two models or more."""
    usable = np.sort(np.concatenate([trained, untrained]))
    among = rows.only(usable[usable < rows.shared])
    worlds = np.concatenate([expected[None, usable], draws[:IMAGINED][:, usable]])
    missing = set(untrained.tolist())
    seen: dict[tuple[int, ...], None] = {}
    for chosen in best_rows(worlds, among, adapters=adapters, mode=mode):
        if chosen is not None:
            seen[tuple(int(usable[row]) for row in chosen)] = None
    found = []
    for grouping in seen:
        needed = tuple(row for row in grouping if row in missing)
        if 1 < len(needed) <= left:
            found.append(Move(needed, draws[:, list(grouping)].max(axis=1).sum(axis=1)))
    return found


def _promising(
    draws: Array, expected: Array, trained: NDArray[np.intp], untrained: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The untrained rows that most improve on what each task has in the best trained group, on average over draws."""
    if len(untrained) <= CONSIDERED:
        return untrained
    have = np.sort(expected[trained], axis=0)[-2:].mean(axis=0)  # of two groups, as one alone is seldom free to serve
    better = np.maximum(draws[:IMAGINED][:, untrained] - have, 0.0).sum(axis=2).mean(axis=0)
    total = np.where(expected[untrained] > UNSERVED, expected[untrained], 0.0).sum(axis=1)
    half = CONSIDERED // 2
    first = np.argsort(-better, kind="stable")[:half]
    rest = np.setdiff1d(np.argsort(-total, kind="stable"), first, assume_unique=True)
    by_total = [row for row in np.argsort(-total, kind="stable") if row in set(rest.tolist())][:half]
    return np.sort(untrained[np.concatenate([first, np.array(by_total, dtype=np.intp)])])
