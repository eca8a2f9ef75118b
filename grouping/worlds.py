"""Worlds in which every group has a value, drawn from what is believed, and what partitions are worth in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictors.group_totals import total_features
from grouping.labels import masks_of, members_of

if TYPE_CHECKING:
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

    def totals(self, masks: NDArray[np.int64]) -> tuple[Array, Array]:
        """Totals of groups and the variances of their luck, both ``(D, G)``; 0 for singles and the empty mask."""
        members = members_of(masks, self.count)
        found = self.weights @ _features(masks, members).T
        shared = (members & (members.sum(axis=1) > 1)[:, None]).astype(np.float64)
        luck = self.misfit @ shared.T + (self.run @ shared.T) ** 2
        if len(self.seen):
            place = np.minimum(np.searchsorted(self.seen, masks), len(self.seen) - 1)
            known = np.flatnonzero(self.seen[place] == masks)
            found[:, known] += self.extra[:, place[known]]
            luck[:, known] = 0.0
        return found, luck

    def every_total(self, worlds: NDArray[np.intp]) -> Array:
        """Totals of all groups by mask in some of the worlds, without luck, shape ``(len(worlds), 2 ** T)``."""
        found = self.weights[worlds] @ _table(self.count).T
        found[:, self.seen] += self.extra[worlds]
        return found

    def values(self, labels: NDArray[np.intp]) -> tuple[Array, Array]:
        """Values of ``C`` partitions and the variances of their luck, both ``(D, C)``."""
        masks, place = np.unique(masks_of(labels), return_inverse=True)
        place = place.reshape(labels.shape)
        totals, luck = self.totals(masks)
        return self.base[:, None] + totals[:, place].sum(axis=2), luck[:, place].sum(axis=2)

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


@lru_cache(maxsize=4)
def _table(count: int) -> Array:
    """Features of all groups by mask, shape ``(2 ** T, F)``."""
    return total_features(members_of(np.arange(1 << count, dtype=np.int64), count))


def _features(masks: NDArray[np.int64], members: NDArray[np.bool_]) -> Array:
    count = members.shape[1]
    return _table(count)[masks] if count <= ENUMERATED else total_features(members)
