"""The best partition of few or many tasks, with a bound on what any other could be worth."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grouping.feasibility import feasible_labels
from grouping.masks import MAX_TASKS, all_members
from grouping.pair_rules import PairRules
from grouping.partition import Partition
from grouping.solvers.every_group import MOST_UNITS, solve_exactly
from grouping.solvers.local_search import local_search, merged
from grouping.solvers.many_tasks import Effort, solve_many
from grouping.solvers.solved import Solved
from grouping.solvers.subset_dp import SubsetDP
from grouping.solvers.units import Units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grouping.constraints import Constraints
    from grouping.solvers.pairwise_values import PairwiseValues

FEW_SHAKES = 100
"""Local optima before an exact programme: the better their best, the fewer groups it has to choose from."""


def solve_partition(
    values: PairwiseValues,
    *,
    tasks: Sequence[str],
    constraints: Constraints | None = None,
    max_groups: int | None = None,
    seed: int = 0,
    effort: Effort | None = None,
) -> Solved:
    """The partition of highest value, for any number of tasks.

    Up to 16 tasks it is exact by dynamic programming, up to 20 units of tasks by a programme over all groups. Above,
    local moves give partitions, linear programmes over their groups better ones, and a relaxation the bound
    (:mod:`grouping.solvers.relaxation`). The answer is the same whatever the order of tasks.

    Args:
        tasks: Names of the ``T`` tasks, in the order of the values' rows.
        constraints: What every group must respect.
        max_groups: The most groups, or None for as many as there are tasks.
        seed: Of the local moves.
        effort: By default :meth:`Effort.of` the number of tasks.

    Raises:
        InputError: If no partition meets the constraints; it names a smallest conflict.
        ValueError: If the values are of another number of tasks, names repeat or ``max_groups`` is below 1.
    """
    began = time.perf_counter()
    if len(tasks) != values.tasks or len(set(tasks)) < len(tasks):
        raise ValueError(f"Expected {values.tasks} different tasks, but got {len(set(tasks))} among {len(tasks)}.")
    if max_groups is not None and max_groups < 1:
        raise ValueError(f"Expected `max_groups` of 1 or more, but got {max_groups}.")
    if constraints is not None:
        constraints.check(tasks, max_adapters=max_groups)
    values = values.ordered(np.array(sorted(range(len(tasks)), key=lambda index: tasks[index])))
    tasks = sorted(tasks)
    cap = None if max_groups is None or max_groups >= len(tasks) else max_groups
    if len(tasks) <= MAX_TASKS:
        found = _by_subsets(values, tasks, constraints, cap)
    else:
        rules = PairRules.none(len(tasks)) if constraints is None else constraints.pairs(tasks)
        found = _beyond_subsets(values, tasks, rules, cap, seed, effort or Effort.of(len(tasks)))
    return replace(found, seconds=time.perf_counter() - began)


def _by_subsets(
    values: PairwiseValues, tasks: Sequence[str], constraints: Constraints | None, cap: int | None
) -> Solved:
    worth = values.of(all_members(len(tasks)))
    if constraints is not None:
        worth[~constraints.allowed(tasks)] = -np.inf
    frontier = SubsetDP().solve(worth, tasks=tasks, max_groups=cap)
    best = int(frontier.values.argmax())
    partition, value = frontier.groupings[best], float(frontier.values[best])
    assert partition is not None  # the constraints were checked
    return Solved(partition, value, value, "subset_dp")


def _beyond_subsets(
    values: PairwiseValues, tasks: Sequence[str], rules: PairRules, cap: int | None, seed: int, effort: Effort
) -> Solved:
    units, generator = Units.of(values, rules), np.random.default_rng(seed)
    slots = len(units) if cap is None else min(cap, len(units))
    first = feasible_labels(rules, cap)
    assert first is not None  # the constraints were checked
    starts = merged(units, np.arange(len(units)), slots) or [first]
    if len(units) > MOST_UNITS:
        return solve_many(
            values, units, rules, tasks=tasks, starts=starts, max_groups=cap, effort=effort, generator=generator
        )
    found = local_search(units, starts, slots=slots, shakes=FEW_SHAKES, generator=generator)
    labels, columns = solve_exactly(units, found.groups, max_groups=cap, value=found.value)
    value = units.total(labels)
    partition = Partition.from_labels(tasks, labels[rules.unit].tolist())
    return Solved(partition, value, value, "every_group", starts=found.starts, columns=columns)
