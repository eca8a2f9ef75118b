"""Good partitions of many units, and a bound: moves, programmes over the groups they meet, a relaxation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from grouping.partition import Partition
from grouping.solvers.columns import combine
from grouping.solvers.local_search import local_search
from grouping.solvers.relaxation import Relaxed, relax
from grouping.solvers.small_groups import small_group_prices
from grouping.solvers.solved import Solved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grouping.pair_rules import PairRules
    from grouping.solvers.pairwise_values import PairwiseValues
    from grouping.solvers.units import Units

MEDIUM = 200
"""Most tasks for which much is tried."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long to look; counted, not timed, so that an answer can be had again."""

    shakes: int
    """Local optima after the first ones; a third as many follow the linear programmes."""
    programmes: int
    """Most linear programmes before groups are taken whole."""
    nodes: int = 20
    """Most nodes of the integer programme."""
    entries: int = 100_000
    """Most entries of its matrix, groups times units."""
    rounds: int
    """Evaluations of the bound; a fifth as many go before the linear programmes, and as many again to small groups."""
    bands: tuple[int, ...]
    """Where ranges of sizes above three tasks begin that have multipliers of their own; more are slower and tighter."""
    tolerance: float = 1e-3
    """A gap that is good enough to stop."""

    @classmethod
    def of(cls, tasks: int) -> Effort:
        """Some ten seconds for 100 tasks, one or two minutes for 500."""
        if tasks <= MEDIUM:
            return cls(shakes=1200, programmes=25, rounds=1000, bands=(4, 7, 12, 20, 35))
        return cls(shakes=150, programmes=15, rounds=200, bands=(4, 12, 30))


def solve_many(
    values: PairwiseValues,
    units: Units,
    rules: PairRules,
    *,
    tasks: Sequence[str],
    starts: list[NDArray[np.intp]],
    max_groups: int | None,
    effort: Effort,
    generator: np.random.Generator,
) -> Solved:
    """Stops after each step whose gap is small enough: moves and a rough bound, programmes, a finer bound.

    Args:
        units: Of the values and the rules.
        starts: Labels of units that meet the rules, one or more.
        max_groups: The most groups.
        generator: Draws the shakes.
    """
    slots = len(units) if max_groups is None else min(max_groups, len(units))
    search = partial(local_search, units, slots=slots, generator=generator)
    last = min(values.tasks, rules.largest)
    bands = [(low, min(end - 1, last)) for low, end in pairwise((2, *effort.bands, last + 1)) if low <= last]
    bounded = partial(relax, values, rules, max_groups=max_groups, tolerance=effort.tolerance)

    found = search(starts, shakes=effort.shakes)
    labels, value = found.labels, found.value
    bound = bounded(bands=bands, target=value, rounds=effort.rounds // 5)
    answer = Solved(
        partition=Partition.from_labels(tasks, labels[rules.unit].tolist()),
        value=value,
        bound=max(bound.bound, value),
        method="relaxation",
        starts=found.starts,
        rounds=bound.rounds,
    )
    if answer.gap <= effort.tolerance:
        return answer

    pool = combine(
        units,
        found.groups,
        max_groups=max_groups,
        value=value,
        rounds=effort.programmes,
        nodes=effort.nodes,
        most=effort.entries,
    )
    again = search([labels, *pool.labels], shakes=effort.shakes // 3)
    answer = replace(
        answer,
        partition=Partition.from_labels(tasks, again.labels[rules.unit].tolist()),
        value=again.value,
        bound=max(answer.bound, again.value),
        starts=answer.starts + again.starts,
        columns=len(pool.pool),
        relaxed=pool.relaxed,
    )
    if answer.gap <= effort.tolerance:
        return answer

    exact = small_group_prices(units, pool.pool, max_groups)
    floor = (exact.units / units.size)[rules.unit]
    mixed = partial(bounded, bands=bands[1:], floor=floor, price=exact.group, rounds=effort.rounds // 5)
    for rounds in (0, effort.rounds):
        if rounds:
            bound = bounded(bands=bands, target=answer.value, rounds=rounds, start=bound)
            answer = _lowered(answer, bound)
        larger = replace(bound, multipliers=bound.multipliers[1:])
        answer = _lowered(answer, mixed(target=answer.value, start=larger))
        if answer.gap <= effort.tolerance:
            break
    return answer


def _lowered(answer: Solved, by: Relaxed) -> Solved:
    bound = max(answer.value, min(answer.bound, by.bound))
    return replace(answer, bound=bound, rounds=answer.rounds + by.rounds)
