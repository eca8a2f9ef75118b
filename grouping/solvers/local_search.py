"""Many local optima: from merged groups, then again and again from a shaken best one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.solvers.moves import Moves
from grouping.solvers.units import groups_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.solvers.units import Units


@dataclass(frozen=True, eq=False)
class Optima:
    """What a local search found.

    Args:
        labels: The best partition of the units, shape ``(N,)``.
        value: Its value.
        groups: Distinct groups of all local optima, shape ``(G, N)``.
        starts: Local optima that were met.
    """

    labels: NDArray[np.intp]
    value: float
    groups: NDArray[np.bool_]
    starts: int


def local_search(
    units: Units,
    starts: list[NDArray[np.intp]],
    *,
    slots: int,
    shakes: int,
    generator: np.random.Generator,
) -> Optima:
    """Improves each start by moves and swaps, then shakes the best and improves it again, keeping what is no worse.

    A shake scatters the members of a few groups, moves a few units anywhere, or pours one group into another.

    Args:
        starts: Labels that meet the rules, one or more.
        slots: The most groups.
        shakes: How often.
        generator: Draws the shakes.
    """
    found = []
    kept: set[bytes] = set()
    for labels in starts:
        moves = _roomy(units, labels, slots)
        moves.descend()
        found.append(moves)
        kept |= _packed(moves.labels)
    best = max(found, key=lambda moves: moves.value)
    for _ in range(shakes):
        moves = best.copy()
        _shake(moves, generator)
        moves.descend()
        kept |= _packed(moves.labels)
        if moves.value >= best.value:
            best = moves if (moves.size == 0).sum() > 1 else _roomy(units, moves.labels, slots)
    rows = np.frombuffer(b"".join(sorted(kept)), dtype=np.uint8).reshape(len(kept), -1)
    groups = np.unpackbits(rows, axis=1, count=len(units)).astype(np.bool_)
    return Optima(best.labels, units.total(best.labels), groups, len(starts) + shakes)


def merged(units: Units, labels: NDArray[np.intp], slots: int) -> list[NDArray[np.intp]]:
    """Merges the two groups that gain the most, or lose the least, until none may merge.

    Returns:
        Of all partitions on the way that have at most ``slots`` groups, the best, and those with half, a quarter ... of
        its number of groups. Empty if the rules end the merging above ``slots``.
    """
    held = groups_of(labels).astype(np.float64)
    links = held @ units.pair @ held.T  # shape: (G, G)
    effects = np.diagonal(links) / 2 + held @ units.inner
    level, size = held @ units.level, (held @ units.size).astype(np.intp)
    bars = held @ units.apart @ held.T > 0
    np.fill_diagonal(bars, True)
    labels = np.unique(labels, return_inverse=True)[1].astype(np.intp)
    path = [(float(units.worth(effects, level, size).sum()), labels.copy())]
    while True:
        larger = size[:, None] + size
        worth = units.worth(effects, level, size)
        gains = units.worth(
            effects[:, None] + effects + links, level[:, None] + level, np.minimum(larger, units.largest)
        )
        gains -= worth[:, None] + worth
        gains[bars | (larger > units.largest)] = -np.inf
        into, gone = divmod(int(gains.argmax()), len(size))
        if gains[into, gone] == -np.inf:
            break
        effects[into] += effects[gone] + links[into, gone]
        level[into] += level[gone]
        size[into] += size[gone]
        for matrix in (links, bars):
            matrix[into] += matrix[gone]
            matrix[:, into] += matrix[:, gone]
        bars[into, into] = True
        links[into, into] = 0.0
        left = np.arange(len(size)) != gone
        effects, level, size = effects[left], level[left], size[left]
        links, bars = links[np.ix_(left, left)], bars[np.ix_(left, left)]
        labels[labels == gone] = into
        labels[labels > gone] -= 1
        path.append((path[-1][0] + float(gains[into, gone]), labels.copy()))
    few = [(value, of) for value, of in path if of.max() < slots]
    if not few:
        return []
    best = max(few, key=lambda of: of[0])[1]
    chosen, groups = [best], (best.max() + 1) // 2
    for _, of in few:
        if of.max() + 1 <= groups:
            chosen.append(of)
            groups //= 2
    return chosen


def _roomy(units: Units, labels: NDArray[np.intp], slots: int) -> Moves:
    """With room for twice as many groups, no more: a move looks at all."""
    dense = np.unique(labels, return_inverse=True)[1].astype(np.intp)
    return Moves(units, dense, min(slots, 2 * int(dense.max()) + 4))


def _packed(labels: NDArray[np.intp]) -> set[bytes]:
    return {row.tobytes() for row in np.packbits(groups_of(labels), axis=1)}


def _shake(moves: Moves, generator: np.random.Generator) -> None:
    labels = moves.labels
    used = np.unique(labels)
    kind = generator.integers(3)
    if kind == 0:
        few = min(len(labels), int(generator.integers(2, max(3, len(labels) // 10))))
        _scatter(moves, generator.choice(len(labels), few, replace=False), generator)
    elif kind == 1:
        chosen = generator.choice(used, min(len(used), int(generator.integers(2, 5))), replace=False)
        _scatter(moves, np.flatnonzero(np.isin(labels, chosen)), generator)
    elif len(used) > 1:
        gone, into = generator.choice(used, 2, replace=False)
        for unit in generator.permutation(np.flatnonzero(labels == gone)).tolist():
            if moves.joins(unit)[into]:
                moves.move(unit, into)
        if generator.random() < 0.5:
            members = np.flatnonzero(moves.labels == into)
            for unit in members[generator.random(len(members)) < 0.5].tolist():
                if moves.joins(unit)[gone]:
                    moves.move(unit, gone)


def _scatter(moves: Moves, who: NDArray[np.intp], generator: np.random.Generator) -> None:
    """Moves each to a group drawn from those that are open to it, one new group at most among them."""
    for unit in who.tolist():
        open_ = np.flatnonzero(moves.joins(unit))
        empty = open_[moves.size[open_] == 0]
        open_ = np.setdiff1d(open_, empty[1:])
        if len(open_):
            moves.move(unit, int(generator.choice(open_)))
