"""Whether any partition meets the rules: a colouring of the units that must be apart, with room for so many tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tasks.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.pair_rules import PairRules

NODES = 20_000
"""Most nodes of the integer programme, which is only asked where the greedy way and two counts do not settle it."""

_INFEASIBLE = 2
"""HiGHS's status, as scipy gives it, for a programme without a solution."""


def feasible_labels(rules: PairRules, max_groups: int | None = None) -> NDArray[np.intp] | None:
    """A partition into at most ``max_groups`` groups, as labels of the units, or None if there is none.

    First each unit, the hardest to place first, goes where there is room (after Brélaz's DSATUR). If that takes too
    many groups, units that are pairwise apart and the room for all tasks may show that there is none; else an integer
    programme decides.

    Raises:
        InputError: If the programme is not decided after :data:`NODES` nodes.
    """
    sizes, apart = rules.sizes, rules.unit_apart
    if np.diagonal(apart).any() or sizes.max() > rules.largest:
        return None
    if max_groups is None or max_groups >= len(sizes):
        return np.arange(len(sizes))
    labels, clique = _greedy(sizes, apart, rules.largest)
    if labels.max() < max_groups:
        return labels
    if len(clique) > max_groups or sizes.sum() > max_groups * rules.largest:
        return None
    return _programme(sizes, apart, rules.largest, max_groups, clique)


def _greedy(sizes: NDArray[np.intp], apart: NDArray[np.bool_], largest: int) -> tuple[NDArray[np.intp], list[int]]:
    """Labels, as many as it takes, and units that are pairwise apart, picked by their number of conflicts."""
    count = len(sizes)
    degree = apart.sum(axis=1)
    labels = np.full(count, -1)
    room = np.full(count, largest)
    blocked = np.zeros((count, count), dtype=np.bool_)  # units by groups
    for _ in range(count):
        left = np.flatnonzero(labels < 0)
        unit = left[np.lexsort((-sizes[left], -degree[left], -blocked[left].sum(axis=1)))[0]]
        label = np.flatnonzero(~blocked[unit] & (room >= sizes[unit]))[0]
        labels[unit] = label
        room[label] -= sizes[unit]
        blocked[apart[unit], label] = True
    clique: list[int] = []
    for unit in np.argsort(-degree, kind="stable").tolist():
        if apart[unit, clique].all():
            clique.append(unit)
    return labels, clique


def _programme(
    sizes: NDArray[np.intp], apart: NDArray[np.bool_], largest: int, groups: int, clique: list[int]
) -> NDArray[np.intp] | None:
    """One 0-1 variable per unit and group; the clique's units are placed beforehand, which breaks most symmetry."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # takes longer to import than all of grouping
    from scipy.sparse import csr_array

    count = len(sizes)
    variable = np.arange(count * groups).reshape(count, groups)
    first, second = np.nonzero(np.triu(apart, 1))
    rows = [
        (variable.ravel(), np.repeat(np.arange(count), groups), np.ones(count * groups)),
        (variable.ravel(), count + np.tile(np.arange(groups), count), np.repeat(sizes, groups).astype(float)),
    ]
    edges = np.arange(len(first) * groups).reshape(len(first), groups) + count + groups
    rows += [(variable[end].ravel(), edges.ravel(), np.ones(edges.size)) for end in (first, second)]
    columns, places, weights = (np.concatenate(part) for part in zip(*rows, strict=True))
    matrix = csr_array((weights, (places, columns)), shape=(count + groups + edges.size, count * groups))
    upper = np.concatenate([np.ones(count), np.full(groups, float(largest)), np.ones(edges.size)])
    lower = np.concatenate([np.ones(count), np.full(groups + edges.size, -np.inf)])
    least = np.zeros((count, groups))
    least[clique, np.arange(len(clique))] = 1.0
    found = milp(
        np.zeros(count * groups),
        constraints=LinearConstraint(matrix, lower, upper),
        integrality=np.ones(count * groups, dtype=np.int64),
        bounds=Bounds(least.ravel(), 1.0),
        options={"node_limit": NODES},
    )
    if found.x is not None:
        labels: NDArray[np.intp] = found.x.reshape(count, groups).argmax(axis=1)
        return labels
    if found.status == _INFEASIBLE:
        return None
    raise InputError(
        f"found no grouping into {groups} groups that meets all rules, and could not rule it out; drop a rule or "
        "allow more adapters",
        place="grouping",
    )
