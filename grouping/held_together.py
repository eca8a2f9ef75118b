"""The best grouping that has two tasks together, against an answer that keeps them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grouping.grouped import Grouped, listed_once
from grouping.masks import all_members, mask_of
from grouping.partition import Partition
from grouping.rounds.proposals import admissible
from grouping.served_rows import ServedRows
from grouping.solvers import SubsetDP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from grouping.objective import Objective
    from grouping.partition import Group
    from grouping.rounds.knowledge import Knowledge

DRAWS = 2048
"""Draws of the posterior: ends of intervals are then within about 5 % of a standard deviation."""
Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """The best grouping that has a pair together, and its mean gain less the answer's (no unit)."""

    partition: Partition
    """The grouping."""
    group: Group
    """Its group that holds the pair."""
    difference: float
    """Expected; below 0 the answer is better."""
    error: float
    """Standard deviation of the difference in the posterior; 0 if it is sure."""
    low: float
    """2.5 % of the draws lie below."""
    high: float
    """2.5 % lie above."""
    untrained: tuple[Group, ...]
    """Its groups that were never trained, so that it could not be chosen."""


def best_together(
    answer: Grouped,
    pairs: Sequence[Pair],
    known: Knowledge,
    *,
    allowed: NDArray[np.bool_],
    objective: Objective,
    generator: np.random.Generator,
) -> dict[Pair, Alternative | None]:
    """For each pair the best grouping by expected gain that has it in one group, exactly; None if there is none.

    Groups that were never trained are among them, groups with helpers are not. With an objective without floors it may
    have as many adapters as the objective allows; with floors at most as many as the answer, and only groups that keep
    their floors, where one that was not trained is held to its expected change and the error that a measured one
    usually has.

    Args:
        allowed: Groups by mask that meet the constraints and can be trained, shape ``(2 ** T,)``.
    """
    tasks = known.tasks
    trained = known.trained()
    totals = _totals(known, allowed=allowed, trained=trained, objective=objective)
    most = answer.adapters if objective.has_floors else objective.max_adapters
    found = {pair: _solve(totals, pair, tasks, objective=objective, most=most) for pair in pairs}
    every: list[Grouped] = [answer, *(of for of in found.values() if of is not None)]
    entries, at = listed_once(dict.fromkeys(every))
    rows = ServedRows.of(entries, tasks)
    drawn = rows.draw_totals(known.counted, draws=DRAWS, generator=generator)  # shape: (D, entries)
    totals = rows.totals(known.counted)
    expected = {of: float(totals[places].sum()) / len(tasks) for of, places in at.items()}
    sums = {of: drawn[:, places].sum(axis=1) / len(tasks) for of, places in at.items()}
    return {
        pair: None if of is None else Alternative(
            partition=of,
            group=next(group for group in of.groups if pair[0] in group),
            difference=expected[of] - expected[answer],
            error=float((sums[of] - sums[answer]).std(ddof=1)),
            low=float(np.quantile(sums[of] - sums[answer], 0.025)),
            high=float(np.quantile(sums[of] - sums[answer], 0.975)),
            untrained=tuple(group for group in of.groups if not trained[mask_of(group, tasks)]),
        )
        for pair, of in found.items()
    }  # fmt: skip


def _totals(
    known: Knowledge, *, allowed: NDArray[np.bool_], trained: NDArray[np.bool_], objective: Objective
) -> NDArray[np.float64]:
    """Expected sums of gains by mask, ``-inf`` for groups that must not or should not be."""
    tasks = known.tasks
    masks = np.flatnonzero(allowed)
    members = all_members(len(tasks))[masks]
    usable = allowed
    if known.deltas is not None:
        said = known.deltas.predict(members)
        shortfall = np.full(len(allowed), -np.inf)
        sure, usual = (objective.shortfall(said.mean, error, tasks) for error in (said.error, known.delta_errors()))
        shortfall[masks] = np.where(trained[masks], sure, usual)
        usable = admissible(shortfall, allowed, tasks=tasks, objective=objective, solver=SubsetDP())
    totals = np.full(len(allowed), -np.inf)
    totals[masks] = np.nansum(known.counted.predict(members).mean, axis=1)
    return np.where(usable, totals, -np.inf)


def _solve(
    totals: NDArray[np.float64], pair: Pair, tasks: Sequence[str], *, objective: Objective, most: int | None
) -> Partition | None:
    """Exactly, with the pair made one task: each solve is then about three times as short."""
    first, second = (tasks.index(task) for task in pair)
    rest = [place for place in range(len(tasks)) if place != second]
    members = all_members(len(rest))
    whole = members.astype(np.int64) @ (1 << np.array(rest)) + (
        members[:, rest.index(first)].astype(np.int64) << second
    )
    values = totals[whole].copy()
    values[0] = 0.0  # the empty group is not read
    frontier = SubsetDP().solve(values, tasks=[tasks[place] for place in rest], max_groups=most)
    count = objective.pick(frontier.values)
    partition = None if count is None else frontier.groupings[count - 1]
    if partition is None:
        return None
    return Partition.of([(*group, pair[1]) if pair[0] in group else group for group in partition.groups])


def rules_against(
    pairs: Sequence[Pair], allowed: Mapping[str, NDArray[np.bool_]], tasks: Sequence[str]
) -> dict[Pair, str]:
    """The first rule that lets no group hold a pair, for each pair that has one.

    Args:
        allowed: Groups by mask that each rule allows, by what the rule is called, shape ``(2 ** T,)``;
            are all rules together.
    """
    found: dict[Pair, str] = {}
    for pair in pairs:
        both = mask_of(pair, tasks)
        held = np.arange(1 << len(tasks)) & both == both
        for name, masks in allowed.items():
            if not (masks & held).any():
                found[pair] = name
                break
    return found
