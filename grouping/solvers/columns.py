"""Partitions into groups of a pool: a linear programme, more groups by its prices, then whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grouping.solvers.pricing import price_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.solvers.units import Units

CERTAIN = 0.8
"""Groups of which this much is taken are taken whole; of others, the surest that serve :data:`STRIDE` of the units."""
LEAST_PART = 1e-6
"""Less of a group is none."""
STRIDE = 0.1
REFILLS = 3
"""Linear programmes for each set of units that are left."""
SMOOTH = 0.5
"""Share of the earlier prices in those that groups are sought for."""


@dataclass(frozen=True, eq=False)
class Combined:
    """The best partition into groups of a pool.

    Args:
        labels: Partitions that were found, labels of the units, shape ``(N,)`` each; none may be better than the known.
        relaxed: Highest value if groups may be taken in parts; a bound only for partitions into groups of the pool.
        pool: The groups, shape ``(G, N)``.
        rounds: Linear programmes that were solved.
    """

    labels: tuple[NDArray[np.intp], ...]
    relaxed: float
    pool: NDArray[np.bool_]
    rounds: int


@dataclass(frozen=True, eq=False)
class Prices:
    """The dual of a set partitioning programme.

    Args:
        value: Of the programme.
        units: What each unit costs, shape ``(N,)``.
        group: What each group costs on top, 0 or more.
        parts: How much of each column is taken, shape ``(G,)``.
    """

    value: float
    units: NDArray[np.float64]
    group: float
    parts: NDArray[np.float64]


def combine(
    units: Units,
    pool: NDArray[np.bool_],
    *,
    max_groups: int | None,
    value: float,
    rounds: int,
    nodes: int,
    most: int,
) -> Combined:
    """Adds groups of positive reduced value until none is found, then takes the best whole ones.

    A group whose reduced value is below ``value`` less the relaxed value is in no better partition of the pool and is
    left out of the programme in whole numbers.

    Args:
        pool: Groups to begin with, shape ``(G, N)``; a partition that meets the rules is among them.
        max_groups: The most groups of a partition.
        value: Of a known partition.
        rounds: The most linear programmes.
        nodes: The most nodes of the integer programme.
        most: The most entries of its matrix, groups times units, with which it is tried.
    """
    grown = grow(units, pool, max_groups, rounds=rounds)
    assert grown is not None  # a partition that meets the rules is in the pool
    pool, prices, worth = grown.pool, grown.prices, units.of_groups(grown.pool)
    found = [dive(units, pool, prices.parts, max_groups)]
    value = max([value, *(units.total(labels) for labels in found if labels is not None)])
    reduced = worth - pool @ prices.units - prices.group
    kept = np.flatnonzero(reduced >= value - prices.value - 1e-9 * abs(value))
    if len(kept) * len(units) <= most:
        found.append(solve_whole(pool[kept], worth[kept], max_groups, nodes=nodes))
    return Combined(tuple(labels for labels in found if labels is not None), prices.value, pool, grown.rounds)


@dataclass(frozen=True, eq=False)
class Grown:
    """A pool of groups, shape ``(G, N)``, its linear programme's solution, and how many were solved for it."""

    pool: NDArray[np.bool_]
    prices: Prices
    rounds: int


def grow(units: Units, pool: NDArray[np.bool_], max_groups: int | None, *, rounds: int) -> Grown | None:
    """Adds groups of positive reduced value until none is found; None if the pool holds no partition."""
    pool = np.unique(np.concatenate([pool, np.eye(len(units), dtype=np.bool_)]), axis=0)
    smooth: NDArray[np.float64] | None = None
    done = 1
    while (prices := solve_relaxed(pool, units.of_groups(pool), max_groups)) is not None and done < rounds:
        smooth = prices.units if smooth is None else SMOOTH * smooth + (1 - SMOOTH) * prices.units
        starts = np.concatenate([np.eye(len(units), dtype=np.bool_), pool[prices.parts > LEAST_PART]])
        for of in (smooth, prices.units):  # prices jump from round to round; their average leads to better groups
            extended = np.unique(np.concatenate([pool, price_groups(units, starts, of, prices.group)]), axis=0)
            if len(extended) > len(pool):
                break
        else:
            break
        pool, done = extended, done + 1
    return None if prices is None else Grown(pool, prices, done)


def solve_relaxed(groups: NDArray[np.bool_], worth: NDArray[np.float64], max_groups: int | None) -> Prices | None:
    """The linear programme: every unit once, at most so many groups; None if it has no solution."""
    from scipy.optimize import linprog  # takes longer to import than all of grouping
    from scipy.sparse import csc_array

    every: Any = csc_array(groups.T.astype(float))  # scipy's stubs know dense matrices alone
    once = np.ones(groups.shape[1])
    if max_groups is None:
        found = linprog(-worth, A_eq=every, b_eq=once, method="highs")
    else:
        most, all_ = np.array([float(max_groups)]), np.ones((1, len(groups)))
        found = linprog(-worth, A_ub=all_, b_ub=most, A_eq=every, b_eq=once, method="highs")
    if found.x is None:
        return None
    price = max(0.0, -float(found.ineqlin.marginals[0])) if max_groups is not None else 0.0
    return Prices(float(worth @ found.x), -found.eqlin.marginals, price, found.x)


def dive(
    units: Units, pool: NDArray[np.bool_], parts: NDArray[np.float64], max_groups: int | None
) -> NDArray[np.intp] | None:
    """Takes the groups of which most is taken, solves the programme again for the units that are left, and so on.

    Args:
        parts: Solution of the linear programme over the pool, shape ``(G,)``.

    Returns:
        Labels of the units, or None where the groups at hand cannot cover the rest.
    """
    labels = np.full(len(units), -1)
    left, taken = np.arange(len(units)), 0  # units without a group; groups so far
    while True:
        order = np.argsort(-parts, kind="stable")
        for column in order.tolist():
            members = left[pool[column]]
            enough = (labels[left] >= 0).sum() >= STRIDE * len(left)
            if parts[column] < (CERTAIN if enough else LEAST_PART):
                break
            if (labels[members] < 0).all():
                labels[members] = taken
                taken += 1
        still = labels[left] < 0
        if not still.any():
            return labels
        pool = pool[~pool[:, ~still].any(axis=1)][:, still]
        left = left[still]
        grown = grow(units.restricted(left), pool, None if max_groups is None else max_groups - taken, rounds=REFILLS)
        if grown is None:
            return None
        pool, parts = grown.pool, grown.prices.parts


def solve_whole(
    groups: NDArray[np.bool_], worth: NDArray[np.float64], max_groups: int | None, *, nodes: int | None
) -> NDArray[np.intp] | None:
    """The integer programme: labels of the units, or None if it finds nothing within so many nodes, if that is set."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csc_array

    limits = [LinearConstraint(csc_array(groups.T.astype(float)), 1.0, 1.0)]
    if max_groups is not None:
        limits.append(LinearConstraint(np.ones((1, len(groups))), -np.inf, max_groups))
    found = milp(
        -worth,
        constraints=limits,
        integrality=np.ones(len(groups), dtype=np.int64),
        bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": 1e-9} if nodes is None else {"mip_rel_gap": 1e-9, "node_limit": nodes},
    )
    if found.x is None:
        return None
    labels: NDArray[np.intp] = groups[found.x > 0.5].argmax(axis=0)
    return labels
