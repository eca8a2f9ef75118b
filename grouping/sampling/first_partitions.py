"""What a study of partitions begins with, before it knows enough to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.labels import renumbered
from grouping.sampling.reasons_why import WORDS

if TYPE_CHECKING:
    from grouping.labels import Labels
    from grouping.sampling.allowed import Allowed
    from grouping.sampling.told import History

TASKS = 4
"""Tasks of a group of the spread partitions, about; there is one such partition for as many tasks."""
TRIED = 100
"""Random partitions of which the one whose tasks have met least is taken."""


def first_partitions(history: History, allowed: Allowed, generator: np.random.Generator) -> dict[Labels, str]:
    """The next of them, with the reason; none once there were enough.

    First every task alone, then all together. Where the objective reports gains, partitions into groups of about four
    tasks follow that have met as seldom as can be: a group tells one number per member, so a few such groups say more
    about partners than as many pairs.
    """
    count = len(history.tasks)
    both = (tuple(range(count)), (0,) * count)
    baselines = [labels for labels in both if labels not in history.held and allowed.allows(labels)]
    if baselines:
        return {baselines[0]: WORDS["baseline"]}
    if history.reported is None or len(history.held) >= 2 + count // TASKS:
        return {}
    return dict.fromkeys(_spread(history, allowed, generator), WORDS["spread"])


def _spread(history: History, allowed: Allowed, generator: np.random.Generator) -> list[Labels]:
    """A new allowed partition whose groups hold the fewest tasks that have met, or none."""
    held = np.array(sorted(labels for labels in history.held if len(set(labels)) > 1), dtype=np.intp)
    met = (held[:, :, None] == held[:, None, :]).sum(axis=0) if len(held) else np.zeros((1, 1))
    groups = min(max(2, round(len(history.tasks) / TASKS)), allowed.max_adapters)
    places = np.arange(len(allowed.blocks)) % groups
    drawn = [allowed.of_blocks(generator.permutation(places)) for _ in range(TRIED)]
    rows = np.array(drawn, dtype=np.intp)
    cost = ((rows[:, :, None] == rows[:, None, :]) * met).sum(axis=(1, 2))
    good = allowed.partitions(rows)
    order = [int(row) for row in np.argsort(cost, kind="stable") if good[row]]
    new = [labels for row in order if (labels := renumbered(drawn[row])) not in history.held]
    return new[:1]
