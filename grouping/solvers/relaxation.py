"""A bound on every partition: each task picks a size and its best partners by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grouping.pair_rules import PairRules
    from grouping.solvers.pairwise_values import PairwiseValues

MOMENTUM = 0.7
"""Share of the last direction in the next."""
PATIENCE = 5
"""Rounds without a better bound after which steps are shortened by :data:`SHORTER`."""
SHORTER = 0.7
HALVINGS = 60
"""Steps of a bisection: down to rounding."""
IDLE = 1e-6
"""A band whose direction has shrunk to this share of the whole is left as it is."""
TINY = 1e-12
"""Share of the largest multiplier below which one is 0: numbers near the smallest that exist take long to compute."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A bound and what gives it.

    Args:
        bound: No partition is worth more; a margin for rounding included.
        multipliers: One matrix per band of sizes, shape ``(bands, T, T)``.
        price: What every group pays for being one of at most so many.
        tasks: What each task gets at best, shape ``(T,)``; with the price of the groups, these make the bound.
        rounds: How many were evaluated.
    """

    bound: float
    multipliers: NDArray[np.float64]
    price: float
    tasks: NDArray[np.float64]
    rounds: int


def relax(
    values: PairwiseValues,
    rules: PairRules,
    *,
    max_groups: int | None,
    bands: Sequence[tuple[int, int]],
    target: float,
    rounds: int,
    tolerance: float,
    start: Relaxed | None = None,
    floor: NDArray[np.float64] | None = None,
    price: float | None = None,
) -> Relaxed:
    r"""Lowers the bound by subgradient steps.

    Let ``M`` be a matrix with :math:`x^T M x \ge 0` for all ``x``: a symmetric part without negative eigenvalues, any
    antisymmetric part. Adding it to the effects lowers no group's sum, so each group is worth at most what its members
    get if each picks the size ``m`` and its best ``m - 1`` partners alone,

    .. math:: d_t = \max_m \; c(m) \Big( M_{tt} + \max_{|P| = m - 1} \sum_{s \in P} (A + M)_{s \to t} \Big)
        + l_t + b(m) - \frac{\mu}{m}, \qquad \text{bound} = \sum_t d_t + \mu K,

    where :math:`\mu \ge 0` is the price of a group if there may be ``K``. Every ``M`` gives a bound; they may differ
    between sizes. The best is a semidefinite relaxation, in which every size's matrix of "s and t share a group" has no
    negative eigenvalue and rows that sum to ``m``. Steps are Polyak's, towards ``target``, along an average of
    subgradients.

    Args:
        bands: Ranges of sizes that share one ``M``, first and last included, from 2 on.
        target: The value of a known partition; the bound does not go below.
        rounds: At most so many evaluations.
        tolerance: Ends at a bound this close to the target, as a share of the bound.
        start: Where to go on from, of the same bands.
        floor: What each task gets at least, shape ``(T,)``, because groups of sizes in no band give that much. By
            default what it gets alone: 0, less the price of a group.
        price: The price of a group, if it is settled.

    Source: after Caprara, Pisinger and Toth, "Exact solution of the quadratic knapsack problem", INFORMS J. Comput.
    1999, https://doi.org/10.1287/ijoc.11.2.125, who split the effects between both ends; the positive semidefinite part
    is ours, as are the sizes.
    """
    count, half = values.tasks, (values.effects + values.effects.T) / 2
    multipliers = np.zeros((len(bands), count, count)) if start is None else start.multipliers.copy()
    rows = _Rows(values, rules, half)
    groups = 0 if max_groups is None else max_groups
    settled = price is not None or max_groups is None
    if price is None:
        price = start.price if start is not None else 0.0 if max_groups is None else rows.price(groups)
    best = Relaxed(np.inf, multipliers, price, np.full(count, np.inf), 0)
    direction, price_direction = np.zeros_like(multipliers), 0.0
    stale = np.ones(len(bands), dtype=np.bool_)
    parts: list[tuple[NDArray[np.float64], NDArray[np.intp]]] = [(np.empty(0), np.empty(0, dtype=np.intp))] * len(bands)
    stride, failed = 1.0, 0
    for done in range(1, rounds + 1):
        for band in np.flatnonzero(stale).tolist():
            parts[band] = rows.of(multipliers[band], bands[band])
        worth = np.concatenate([rows.alone, *(part for part, _ in parts)], axis=1) - price / rows.sizes(bands)
        if floor is not None:
            worth[:, 0] = floor
        chosen = worth.argmax(axis=1)
        size = rows.sizes(bands)[chosen]
        each = worth[np.arange(count), chosen]
        bound = float(each.sum()) + groups * price
        bound += 1e-9 * (abs(bound) + abs(target))
        if bound < best.bound:
            failed = 0 if bound < best.bound - 1e-6 * abs(best.bound) else failed + 1
            best = Relaxed(bound, multipliers.copy(), price, each, done)
        else:
            failed += 1
        if failed > PATIENCE:
            stride, failed = SHORTER * stride, 0
        if best.bound - target <= tolerance * abs(best.bound):
            break
        keep = MOMENTUM if done > 1 else 0.0
        direction *= keep
        for band, (low, high) in enumerate(bands):
            who = np.flatnonzero((size >= low) & (size <= high))
            order = parts[band][1]
            for task in who.tolist():
                of = (1 - keep) * values.scale[size[task] - 1]
                direction[band, order[task, : size[task] - 1], task] += of
                direction[band, task, task] += of
        price_direction = keep * price_direction + (1 - keep) * (groups - (1 / size).sum()) * (not settled)
        lengths = (direction**2).sum(axis=(1, 2))
        length = float(lengths.sum()) + price_direction**2
        if length == 0.0:
            break
        step = stride * (bound - target) / length
        price = max(0.0, price - step * price_direction)
        stale = lengths > IDLE * length
        for band in np.flatnonzero(stale).tolist():
            multipliers[band] = _projected(multipliers[band] - step * direction[band])
    return replace(best, rounds=done)


class _Rows:
    """What each task gets at best, by size."""

    def __init__(self, values: PairwiseValues, rules: PairRules, half: NDArray[np.float64]) -> None:
        count = values.tasks
        self._values, self._half = values, half
        self._forced = rules.unit[:, None] == rules.unit
        np.fill_diagonal(self._forced, False)
        self._barred = rules.apart | np.eye(count, dtype=np.bool_)
        self._least = self._forced.sum(axis=0) + 1
        self._most = np.minimum(count - self._barred.sum(axis=0) + 1, rules.largest)
        self.alone = np.where(self._least == 1, 0.0, -np.inf)[:, None]

    def price(self, groups: int) -> float:
        """The best price of a group without multipliers, by bisection: the bound is convex in it."""
        band = (2, len(self.alone))
        if band[1] < 2:
            return 0.0
        worth = np.concatenate([self.alone, self.of(np.zeros_like(self._half), band)[0]], axis=1)
        sizes = self.sizes([band])
        low, high = 0.0, 1.0 + 4 * len(self.alone) * float(np.abs(worth[np.isfinite(worth)]).max())
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            chosen = sizes[(worth - middle / sizes).argmax(axis=1)]
            low, high = (middle, high) if (1 / chosen).sum() > groups else (low, middle)
        return low

    @staticmethod
    def sizes(bands: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
        """The sizes in the order of columns, one task first."""
        return np.concatenate([[1], *(np.arange(low, high + 1) for low, high in bands)])

    def of(
        self, multipliers: NDArray[np.float64], band: tuple[int, int]
    ) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Worth of each size in the band, shape ``(T, sizes)``, and each task's best partners, shape ``(T, T)``."""
        values, (low, high) = self._values, band
        effects = (self._half + multipliers).T  # targets by sources
        large = 2 * np.abs(effects).max() + 1
        order = np.argsort(large * self._barred - large * self._forced - effects, axis=1)[:, : high - 1]
        sums = np.cumsum(np.take_along_axis(effects, order, axis=1), axis=1)[:, low - 2 :]
        sizes = np.arange(low, high + 1)
        worth = values.scale[low - 1 : high] * (sums + np.diagonal(multipliers)[:, None])
        worth += values.level[:, None] + values.trend[low - 1 : high]
        worth[(sizes < self._least[:, None]) | (sizes > self._most[:, None])] = -np.inf
        return worth, order


def _projected(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest matrix whose symmetric part has no negative eigenvalue."""
    even, odd = (matrix + matrix.T) / 2, (matrix - matrix.T) / 2
    even[np.abs(even) < TINY * np.abs(even).max()] = 0.0
    roots, vectors = np.linalg.eigh(even)
    kept = roots > TINY * max(roots[-1], 0.0)
    vectors = vectors[:, kept]
    projected: NDArray[np.float64] = (vectors * roots[kept]) @ vectors.T + odd
    return projected
