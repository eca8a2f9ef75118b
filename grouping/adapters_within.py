"""How many adapters fit into a number of bytes, whichever tasks share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def most_adapters(size: Mapping[int, int], *, tasks: int, limit: int) -> int:
    """The most groups such that every partition into so many, or fewer, takes at most ``limit``.

    What a group takes depends on its number of tasks alone: all adapters are equally large, or their ranks grow with
    their groups, so that each takes a part that is fixed and a part per task. All partitions into as many groups then
    take the same, and a limit on bytes is one on groups. Of sizes that grow otherwise the largest partition counts: the
    limit holds, and may forbid a partition that would just fit.

    Args:
        size: Of a group's adapter by the group's number of tasks, 1 to ``tasks``; of any unit.
        tasks: Number of tasks.
        limit: Of the same unit.

    Returns:
        0 if not even one group of all tasks fits.
    """
    most = {0: {0: 0}}  # the largest partition of so many tasks by its number of groups
    for groups in range(1, tasks + 1):
        before = most[groups - 1]
        most[groups] = {
            held: max(before[held - last] + size[last] for last in range(1, held + 1) if held - last in before)
            for held in range(groups, tasks + 1)
        }
        if most[groups][tasks] > limit:
            return groups - 1
    return tasks
