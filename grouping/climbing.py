r"""Groupings of many tasks that are good in a world without luck, found by changing one task's membership at a time.

In a partition one task moves to another group, in a cover one joins or leaves a group. All changes of all groupings
are tried at once and each grouping takes its best one, until none helps: some hundred small array operations, however
many worlds there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.completions import UNSERVED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from affinity.predictors.group_worlds import Worlds
    from grouping.solvers.selection import Mode

    Array = NDArray[np.float64]
    Groupings = NDArray[np.bool_]

MOST_CHANGES = 300
"""Changes after which a climb ends; one of 30 tasks takes 20 to 60."""
LEAST = 1e-9
"""Least improvement that counts: less may come from rounding."""


@dataclass(frozen=True, eq=False)
class Climb:
    """Where groupings ended, and the way there.

    Args:
        end: No change of one task improves it in its world, shape ``(D, K, T)``.
        values: In its world, shape ``(D,)``.
        path: After the first, the second, ... change: the groupings that made it, each of shape ``(<= D, K, T)``.
    """

    end: Groupings
    values: Array
    path: list[Groupings]


def climb(worlds: Worlds, start: Groupings, *, mode: Mode, beside: Array | None = None) -> Climb:
    """Climbs from each grouping in its own world.

    Args:
        worlds: ``D`` of them.
        start: Groups as rows of membership, empty ones among them, shape ``(D, K, T)``; every task in one group, in a
            cover in one or more.
        beside: Of a cover, what other groups that stay do for every task, shape ``(D, T)``; None if there are none.
    """
    if beside is None:
        beside = np.full((len(start), start.shape[2]), UNSERVED)
    changes = _Moves(worlds, start) if mode == "partition" else _Flips(worlds, start, beside)
    current = changes.groupings
    values = _values(gains_in(worlds, current), current, mode, beside)
    path: list[Groupings] = []
    moving = np.arange(len(current))
    while len(path) < MOST_CHANGES:
        group, task, more = changes.best(moving)
        better = more > LEAST
        moving = moving[better]
        if not len(moving):
            break
        changes.apply(moving, group[better], task[better])
        values[moving] += more[better]
        path.append(current[moving].copy())
    return Climb(current, values, path)


def gains_in(worlds: Worlds, groupings: Groupings) -> Array:
    """Gains of every group's members, :data:`UNSERVED` elsewhere, shape ``(D, K, T)``."""
    inside = groupings.astype(np.float64)
    found = worlds.gains(inside.sum(axis=2, keepdims=True), inside @ worlds.partner)
    return np.where(groupings, found, UNSERVED)


def _values(gains: Array, groupings: Groupings, mode: Mode, beside: Array) -> Array:
    found: Array = (
        np.where(groupings, gains, 0.0).sum(axis=(1, 2))
        if mode == "partition"
        else np.maximum(gains.max(axis=1), beside).sum(axis=1)
    )
    return found


def _flipped(worlds: Worlds, groupings: Groupings) -> Array:
    """Gains of each group with one task more or less, shape ``(D, K, T flipped, T)``."""
    inside = groupings.astype(np.float64)
    sign = np.where(groupings, -1.0, 1.0)
    number = inside.sum(axis=2, keepdims=True) + sign
    beside = (inside @ worlds.partner)[:, :, None, :] + sign[..., None] * worlds.partner[:, None]
    members = groupings[:, :, None, :] ^ np.eye(groupings.shape[2], dtype=np.bool_)
    return np.where(members, worlds.gains(number[..., None], beside), UNSERVED)


class _Flips:
    """Covers: a task joins or leaves a group."""

    def __init__(self, worlds: Worlds, start: Groupings, beside: Array) -> None:
        self._worlds, self.groupings, self._beside = worlds, start.copy(), beside

    def best(self, which: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
        """Of some groupings the group and the task of the best change, and what it adds."""
        there, groupings = self._worlds.at(which), self.groupings[which]
        gains, stays = gains_in(there, groupings), self._beside[which]
        beside = np.repeat(stays[:, None], gains.shape[1], axis=1)  # by the best of the other groups
        for group in range(gains.shape[1]):
            others = np.delete(gains, group, axis=1)
            if others.shape[1]:
                beside[:, group] = np.maximum(stays, others.max(axis=1))
        values = np.maximum(beside[:, :, None, :], _flipped(there, groupings)).sum(axis=3).reshape(len(gains), -1)
        best = values.argmax(axis=1)
        group, task = np.divmod(best, gains.shape[2])
        return group, task, values[np.arange(len(gains)), best] - np.maximum(gains.max(axis=1), stays).sum(axis=1)

    def apply(self, which: NDArray[np.intp], group: NDArray[np.intp], task: NDArray[np.intp]) -> None:
        """Makes the changes."""
        self.groupings[which, group, task] ^= True


class _Moves:
    """Partitions: a task moves to another group. What a group's total changes by is kept until it changes."""

    def __init__(self, worlds: Worlds, start: Groupings) -> None:
        self._worlds, self.groupings = worlds, start.copy()
        self._change = self._changes(worlds, start)  # of a group's total by one task more or less, shape: (D, K, T)

    def best(self, which: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
        """Of some groupings the new group and the task of the best change, and what it adds."""
        groupings, change = self.groupings[which], self._change[which]
        leaving = np.take_along_axis(change, groupings.argmax(axis=1)[:, None], axis=1)
        added = np.where(groupings, -np.inf, change + leaving).reshape(len(which), -1)
        best = added.argmax(axis=1)
        group, task = np.divmod(best, groupings.shape[2])
        return group, task, added[np.arange(len(which)), best]

    def apply(self, which: NDArray[np.intp], group: NDArray[np.intp], task: NDArray[np.intp]) -> None:
        """Makes the changes."""
        home = self.groupings[which, :, task].argmax(axis=1)
        self.groupings[which, home, task] = False
        self.groupings[which, group, task] = True
        both = np.stack([home, group], axis=1)
        changed = self.groupings[which[:, None], both]
        self._change[which[:, None], both] = self._changes(self._worlds.at(which), changed)

    def _changes(self, worlds: Worlds, groupings: Groupings) -> Array:
        before = np.where(groupings, gains_in(worlds, groupings), 0.0).sum(axis=2)
        flipped = _flipped(worlds, groupings)
        found: Array = np.where(flipped > UNSERVED, flipped, 0.0).sum(axis=3) - before[:, :, None]
        return found
