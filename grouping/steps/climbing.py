r"""Groupings of many tasks that are good in a world without luck, found by changing one task's membership at a time.

In a partition one task moves to another group, in a cover one joins or leaves a group. All changes of all groupings
are tried at once and each grouping takes its best one, until none helps: some hundred small array operations, however
many worlds there are.

A single group beside others that stay is climbed to with the luck that it will have: a task is served by the better of
two, so that a group is worth more than what is expected of it, and a large one more than a small one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.rows import UNSERVED
from grouping.steps.improvement import expected_best

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


def climb(worlds: Worlds, start: Groupings, *, mode: Mode) -> Climb:
    """Climbs from each grouping in its own world.

    Args:
        worlds: ``D`` of them.
        start: Groups as rows of membership, empty ones among them, shape ``(D, K, T)``; every task in one group, in a
            cover in one or more.
    """
    return _ascended(_Moves(worlds, start) if mode == "partition" else _Flips(worlds, start))


def climb_beside(worlds: Worlds, start: Groupings, beside: Array) -> Climb:
    """Climbs from one group, in each world, to one that is expected to add most to others that stay.

    Args:
        worlds: ``D`` of them.
        start: The group, shape ``(D, 1, T)``; every task that no other group serves is in it.
        beside: What the others do for every task, :data:`UNSERVED` where none serves it, shape ``(D, T)``.
    """
    return _ascended(_Joins(worlds, start, beside))


def _ascended(changes: _Moves | _Flips) -> Climb:
    current, values = changes.groupings, changes.values()
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


def _flipped(worlds: Worlds, groupings: Groupings) -> Array:
    """Gains of each group with one task more or less, shape ``(D, K, T flipped, T)``."""
    inside = groupings.astype(np.float64)
    sign = np.where(groupings, -1.0, 1.0)
    number = inside.sum(axis=2, keepdims=True) + sign
    beside = (inside @ worlds.partner)[:, :, None, :] + sign[..., None] * worlds.partner[:, None]
    members = groupings[:, :, None, :] ^ np.eye(groupings.shape[2], dtype=np.bool_)
    return np.where(members, worlds.gains(number[..., None], beside), UNSERVED)


class _Flips:
    """Covers: a task joins or leaves a group. What each group would do after a flip is kept until it changes."""

    def __init__(self, worlds: Worlds, start: Groupings) -> None:
        self._worlds, self.groupings = worlds, start.copy()
        self._gains, self._flipped = gains_in(worlds, start), _flipped(worlds, start)

    def values(self) -> Array:
        """Of the groupings by now, shape ``(D,)``."""
        return self._compared(np.arange(len(self.groupings)))[0]

    def best(self, which: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
        """Of some groupings the group and the task of the best change, and what it adds."""
        now, after = self._compared(which)
        after = after.reshape(len(which), -1)
        best = after.argmax(axis=1)
        group, task = np.divmod(best, self.groupings.shape[2])
        return group, task, after[np.arange(len(which)), best] - now

    def apply(self, which: NDArray[np.intp], group: NDArray[np.intp], task: NDArray[np.intp]) -> None:
        """Makes the changes."""
        self.groupings[which, group, task] ^= True
        there, changed = self._worlds.at(which), self.groupings[which, group][:, None]
        self._gains[which, group] = gains_in(there, changed)[:, 0]
        self._flipped[which, group] = _flipped(there, changed)[:, 0]

    def _compared(self, which: NDArray[np.intp]) -> tuple[Array, Array]:
        """Values by now and after every change, shapes ``(d,)`` and ``(d, K, T)``."""
        gains = self._gains[which]
        served = gains.max(axis=1, keepdims=True)
        beside = np.full_like(gains, UNSERVED)  # by the best of the other groups
        if gains.shape[1] > 1:
            second = np.partition(gains, -2, axis=1)[:, -2, None]
            first = gains.argmax(axis=1, keepdims=True) == np.arange(gains.shape[1])[:, None]
            beside = np.where(first, second, served)
        after = np.maximum(beside[:, :, None], self._flipped[which]).sum(axis=3)
        return served[:, 0].sum(axis=1), after


class _Joins(_Flips):
    """One group beside others that stay: a task joins or leaves it, and is served by the better after some luck."""

    def __init__(self, worlds: Worlds, start: Groupings, beside: Array) -> None:
        super().__init__(worlds, start)
        self._beside = beside

    def _compared(self, which: NDArray[np.intp]) -> tuple[Array, Array]:
        group, beside, luck = self.groupings[which, 0], self._beside[which], self._worlds.luck[which]
        number = group.sum(axis=1)
        flipped = number[:, None] + np.where(group, -1, 1)
        none = np.zeros_like(luck)  # for a single
        now = expected_best(self._gains[which, 0], np.where(number[:, None] > 1, luck, none), beside)
        lucky = np.where(flipped[:, :, None] > 1, luck[:, None], none[:, None])
        after = expected_best(self._flipped[which, 0], lucky, beside[:, None])
        return now.sum(axis=1), after.sum(axis=2)[:, None]


class _Moves:
    """Partitions: a task moves to another group. What a group's total changes by is kept until it changes."""

    def __init__(self, worlds: Worlds, start: Groupings) -> None:
        self._worlds, self.groupings = worlds, start.copy()
        self._change = self._changes(worlds, start)  # of a group's total by one task more or less, shape: (D, K, T)

    def values(self) -> Array:
        """Of the groupings by now, shape ``(D,)``."""
        found: Array = np.where(self.groupings, gains_in(self._worlds, self.groupings), 0.0).sum(axis=(1, 2))
        return found

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
