"""Which groups of many tasks may serve some of their members alone, as there are too many ways to look at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.served_rows import ServedRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.constraints import Constraints
    from grouping.rounds.knowledge import Knowledge

    Rows = NDArray[np.bool_]

HELPED = 300
"""Sets of tasks that helpers are looked for, the first ones."""
HELPERS = 2
"""Helpers of each that are looked at: one by one, and all of them at once."""


def likely_overlaps(known: Knowledge, sets: Rows, rules: Constraints) -> tuple[Rows, Rows]:
    """Rows of who is trained and of who is served, alike: trained groups that serve one of the sets, and sets with the
    helpers with which they are expected to gain most.

    Args:
        rules: For who is trained together.
        sets: Tasks that may be served together, the likeliest first, shape ``(S, T)``; nobody helps a set of one.
    """
    tasks = known.tasks
    sets = sets[sets.sum(axis=1) > 1]
    trained = known.rows_measured()
    holds = ~(sets[None] & ~trained[:, None]).any(axis=2) & (sets.sum(axis=1) < trained.sum(axis=1)[:, None])
    group, held = np.nonzero(holds)  # which trained group holds which set and more

    chosen = sets[:HELPED]
    wanted, helper = np.nonzero(~chosen)
    helped = chosen[wanted]
    helped[np.arange(len(helper)), helper] = True
    kept = rules.among(helped, tasks)
    wanted, helped, helper = wanted[kept], helped[kept], helper[kept]
    worth = ServedRows(helped, chosen[wanted]).totals(known.counted)
    order = np.lexsort((-worth, wanted))
    rank = np.arange(len(order)) - np.searchsorted(wanted[order], wanted[order])
    best = order[rank < HELPERS]
    every = chosen.copy()
    np.logical_or.at(every, wanted[best], helped[best])
    more = np.flatnonzero(every.sum(axis=1) > chosen.sum(axis=1) + 1)
    more = more[rules.among(every[more], tasks)]
    members = np.concatenate([trained[group], helped[best], every[more]])
    return members, np.concatenate([sets[held], chosen[wanted[best]], chosen[more]])
