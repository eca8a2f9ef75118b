"""Groups as bit masks: bit ``i`` of a mask says whether task ``i`` is a member."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from grouping.partition import Group


MAX_TASKS = 16
"""Most tasks of an exact search: its work grows as three to their power. 12 tasks take milliseconds, 16 a second."""


def all_members(tasks: int) -> NDArray[np.bool_]:
    """Members of every mask, shape ``(2 ** T, T)``; row 0 is the empty group.

    Raises:
        InputError: If there are more than :data:`MAX_TASKS` tasks.
    """
    require_few(tasks)
    members: NDArray[np.bool_] = (np.arange(1 << tasks)[:, None] >> np.arange(tasks)) & 1 == 1
    return members


def require_few(tasks: int) -> None:
    """Refuses more than :data:`MAX_TASKS` tasks."""
    if tasks > MAX_TASKS:
        raise InputError(
            f"found {tasks} tasks, and the exact search takes at most {MAX_TASKS}; leave some out, or split the suite"
        )


def mask_of(group: Iterable[str], tasks: Sequence[str]) -> int:
    """The group's mask over ``tasks``."""
    return sum(1 << tasks.index(task) for task in group)


def group_of(mask: int, tasks: Sequence[str]) -> Group:
    """The mask's members, sorted by name."""
    return tuple(sorted(task for index, task in enumerate(tasks) if mask >> index & 1))
