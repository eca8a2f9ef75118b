r"""Groups of many tasks that good partitions may be made of, as there are too many to look at all.

What is believed of some random groups is told by effects between pairs
(:mod:`affinity.partner_regression`), once for the expected gains and once for each of some draws, and partitions that
are good by these effects are found by local moves (:mod:`grouping.solvers.local_search`), of several numbers of groups.
All their groups are looked at. Where tasks must keep floors, partitions that are expected to fall below them least are
among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from affinity.partner_regression import PartnerRegression
from affinity.regressed_prior import random_groups
from grouping.feasibility import feasible_labels
from grouping.solvers.local_search import local_search, merged
from grouping.solvers.pairwise_values import PairwiseValues
from grouping.solvers.units import Units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from grouping.constraints import Constraints
    from grouping.objective import Objective
    from grouping.pair_rules import PairRules
    from grouping.rounds.knowledge import Knowledge

    Array = NDArray[np.float64]

PER_TASK = 8
"""Random groups that effects are told from, for each task."""
WORLDS = 12
"""Draws in which partitions are looked for, beside the expected gains."""
SHAKES = 8
"""Local optima in each of them, and for each number of groups, after the first ones."""
MOST = 1500
"""Groups that are looked at; those of the best partition of each world always are."""


def likely_groups(
    known: Knowledge, rules: Constraints, objective: Objective, *, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Rows of membership, shape ``(G, T)``; partitions that meet the rules can be made of them."""
    tasks = known.tasks
    pairs = rules.pairs(tasks)
    sample = random_groups(len(tasks), PER_TASK * len(tasks), generator)
    drawn = known.counted.draw(sample, draws=WORLDS, generator=generator)
    expected = known.counted.predict(sample).mean
    told = np.where(sample, np.concatenate([expected[None], drawn]), np.nan)
    worlds: list[tuple[PairwiseValues, int | None]] = [(of, None) for of in _values(sample, told)]
    mean = worlds[0][0]
    worlds += [(mean, most) for most in numbers_of_groups(len(tasks), objective.max_adapters)]
    if known.deltas is not None:
        deltas = known.deltas.predict(sample)
        below = np.stack([np.minimum(-_short(objective, deltas.mean, deltas.error, tasks), 0.0)])
        (kept,) = _values(sample, np.where(sample, below, np.nan))
        worlds += [(kept, most) for most in numbers_of_groups(len(tasks), objective.max_adapters)]
    cap = objective.max_adapters
    first: list[NDArray[np.bool_]] = []
    others: list[NDArray[np.bool_]] = []
    for values, most in worlds:
        best, met = _partitions(values, pairs, most if cap is None or most is not None else cap, generator)
        first.append(best)
        others.append(met)
    worth = mean.of(np.concatenate(others)) / np.concatenate(others).sum(axis=1)
    order = np.argsort(-worth, kind="stable")
    found = np.concatenate([*first, np.concatenate(others)[order]])
    _, places = np.unique(found, axis=0, return_index=True)
    return found[np.sort(places)[: max(MOST, sum(map(len, first)))]]


def numbers_of_groups(tasks: int, most: int | None) -> list[int]:
    """Two, three, four, six, eight, ... groups, and the most that there may be."""
    last = tasks // 2 if most is None else min(most, tasks // 2)
    found, number = [], 2.0
    while number < last:
        found.append(int(number))
        number *= np.sqrt(2)
    return sorted({*found, max(last, 1)})


def _short(objective: Objective, deltas: Array, errors: Array, tasks: tuple[str, ...]) -> Array:
    """By how many points each member falls below its floor, shape ``(G, T)``."""
    alone = np.eye(len(tasks), dtype=np.bool_)
    one = [objective.shortfall(np.where(row, deltas, np.nan), np.where(row, errors, 0.0), tasks) for row in alone]
    return np.where(np.isfinite(np.stack(one, axis=1)), np.stack(one, axis=1), 0.0)


def _values(members: NDArray[np.bool_], gains: Array) -> Iterator[PairwiseValues]:
    """Effects between pairs that tell the gains of members, shape ``(D, G, T)``, one for each ``D``."""
    count = members.shape[1]
    numbers = np.arange(1, count + 1)
    typical = float(np.log(members.sum(axis=1)).mean())
    for of in PartnerRegression.fit_all(members, gains):
        level, slope, effects = of.weights[:, 0], of.weights[:, 1], of.weights[:, 2:].T.copy()
        np.fill_diagonal(effects, 0.0)
        yield PairwiseValues.shrinking(
            effects,
            power=0.5,
            level=level + (slope - slope.mean()) * typical,
            trend=slope.mean() * np.log(numbers),
        )


def _partitions(
    values: PairwiseValues, rules: PairRules, most: int | None, generator: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Groups of the best partition that was found, and of all local optima, both as rows of membership."""
    units = Units.of(values, rules)
    slots = len(units) if most is None else min(most, len(units))
    starts = merged(units, np.arange(len(units)), slots)
    if not starts:
        labels = feasible_labels(rules, slots)
        if labels is None:  # so few groups meet the rules in no way
            nothing = np.zeros((0, values.tasks), dtype=np.bool_)
            return nothing, nothing
        starts = [labels]
    found = local_search(units, starts, slots=slots, shakes=SHAKES, generator=generator)
    best: NDArray[np.bool_] = np.unique(found.labels)[:, None] == found.labels
    return best[:, rules.unit], found.groups[:, rules.unit]
