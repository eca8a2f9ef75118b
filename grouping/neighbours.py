"""Partitions that are one change away from a given one."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from grouping.labels import renumbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grouping.labels import Labels

HALVED = 5
"""Most blocks of a group whose every division into two is a neighbour."""


def neighbours(labels: Labels, blocks: Sequence[int]) -> Iterator[Labels]:
    """Moves of one block, mergers of two groups, and divisions of a small group; some stand there twice.

    Args:
        blocks: Masks of the tasks that always stand together.
    """
    tasks = [[task for task in range(len(labels)) if mask >> task & 1] for mask in blocks]
    homes = [labels[of[0]] for of in tasks]
    new = max(homes) + 1

    def moved(which: Sequence[int], group: int) -> Labels:
        changed = list(labels)
        for block in which:
            for task in tasks[block]:
                changed[task] = group
        return renumbered(changed)

    for block, home in enumerate(homes):
        for group in range(new + 1):
            if group != home:
                yield moved([block], group)
    for into, gone in combinations(range(new), 2):
        yield moved([block for block, home in enumerate(homes) if home == gone], into)
    for group in range(new):
        inside = [block for block, home in enumerate(homes) if home == group]
        if 4 <= len(inside) <= HALVED:
            for size in range(2, len(inside) // 2 + 1):
                for part in combinations(inside, size):
                    yield moved(part, new)
