"""Worlds in which every group has a value, drawn from what is believed, and what partitions are worth in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictors.group_totals import total_features
from grouping.labels import masks_of, members_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ENUMERATED = 12
"""Most tasks for which every group has a row in a table."""


@dataclass(frozen=True, eq=False)
class Worlds:
    """``D`` drawn worlds; the value of a partition is a base and the sum of its groups' totals.

    Args:
        count: Number of tasks.
        weights: Of the features of a group's total, shape ``(D, F)``.
        base: Value where every task is alone, shape ``(D,)``.
        misfit: Variance of the luck of each member of a group that was not seen, shape ``(D, T)``.
        run: Standard deviation of each member's part in the luck of its run, alike.
        seen: Groups that were seen, as masks in ascending order, shape ``(n,)``.
        extra: What each of them has beyond its features, shape ``(D, n)``.
    """

    count: int
    weights: Array
    base: Array
    misfit: Array
    run: Array
    seen: NDArray[np.int64]
    extra: Array

    def totals(self, masks: NDArray[np.int64]) -> Array:
        """Totals of groups without luck that was not seen, shape ``(D, G)``; 0 for singles and the empty mask."""
        found: Array = self.weights @ _features(masks, self.count).T
        if len(self.seen):
            place, known = self._places(masks)
            found[:, known] += self.extra[:, place[known]]
        return found

    def luck(self, labels: NDArray[np.intp]) -> Array:
        """Expected variance of the luck of the groups of partitions that were not seen, shape ``(C,)``."""
        masks, place = np.unique(masks_of(labels), return_inverse=True)
        new = (np.bitwise_count(masks) > 1) & ~np.isin(masks, self.seen)
        members = members_of(masks, self.count) * new[:, None].astype(np.float64)
        variances = (self.misfit @ members.T + (self.run @ members.T) ** 2).mean(axis=0)  # shape: (G,)
        found: Array = variances[place.reshape(labels.shape)].sum(axis=1)
        return found

    def every_total(self) -> Array:
        """Totals of all groups by mask, shape ``(D, 2 ** T)``; for few tasks."""
        found = self.weights @ _table(self.count).T
        found[:, self.seen] += self.extra
        return found

    def values(self, labels: NDArray[np.intp]) -> Array:
        """Values of ``C`` partitions without luck that was not seen, shape ``(D, C)``."""
        masks, place = np.unique(masks_of(labels), return_inverse=True)
        totals = self.totals(masks)
        found = np.broadcast_to(self.base[:, None], (len(self.base), len(labels))).copy()
        for column in place.reshape(labels.shape).T[: int(labels.max()) + 1]:
            found += totals[:, column]
        return found

    def _places(self, masks: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where masks would stand among the seen groups, and which of them do."""
        place = np.minimum(np.searchsorted(self.seen, masks), len(self.seen) - 1)
        return place, np.flatnonzero(self.seen[place] == masks)

    @cached_property
    def mean(self) -> Worlds:
        """One world: the mean of all."""
        fields = (self.weights, self.base, self.misfit, self.run, self.extra)
        weights, base, misfit, run, extra = (field.mean(axis=0, keepdims=True) for field in fields)
        return Worlds(self.count, weights, base, misfit, run, self.seen, extra)

    def only(self, which: NDArray[np.intp]) -> Worlds:
        """Some of the worlds."""
        fields = (self.weights, self.base, self.misfit, self.run, self.extra)
        weights, base, misfit, run, extra = (field[which] for field in fields)
        return Worlds(self.count, weights, base, misfit, run, self.seen, extra)

    def plus(self, other: Worlds, factor: float) -> Worlds:
        """The values of these worlds and ``factor`` times those of others, over the same seen groups; luck as here."""
        return Worlds(
            self.count, self.weights + factor * other.weights, self.base + factor * other.base, self.misfit, self.run,
            self.seen, self.extra + factor * other.extra,
        )  # fmt: skip


def joined(worlds: Sequence[Worlds]) -> Worlds:
    """All worlds of several, which saw the same groups."""
    return Worlds(
        count=worlds[0].count,
        weights=np.concatenate([of.weights for of in worlds]),
        base=np.concatenate([of.base for of in worlds]),
        misfit=np.concatenate([of.misfit for of in worlds]),
        run=np.concatenate([of.run for of in worlds]),
        seen=worlds[0].seen,
        extra=np.concatenate([of.extra for of in worlds]),
    )


@lru_cache(maxsize=4)
def _table(count: int) -> Array:
    """Features of all groups by mask, shape ``(2 ** T, F)``."""
    return total_features(members_of(np.arange(1 << count, dtype=np.int64), count))


def _features(masks: NDArray[np.int64], count: int) -> Array:
    return _table(count)[masks] if count <= ENUMERATED else total_features(members_of(masks, count))
