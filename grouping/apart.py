"""Why two tasks do not share an adapter in the answer: one reason per pair, with its figures.

The first of these that holds is the reason:

============== =====================================================================================================
constraint     a rule lets no group hold both
refuted        they shared an adapter in the proposal that the test split refuted
not learnable  of neither task a gain can be read: alone it does not beat a constant, or it could not be measured
failed         their pair cannot be trained
dominance      the pair was trained at equal sizes: the loss goes with the size of the larger data set
conflict       the pair was trained at equal sizes: the loss stays
negative       together, the pair is expected to lose, and for one of the two the interval of its gain lies below 0, or
transfer       that of its change in points below minus the margin where margins are asked for
margin         no grouping with them together keeps all margins with as few adapters
budget         the best grouping with them together is expected to be no worse, and was never trained
undecided      whether the best grouping with them together is better or worse than the answer is open
better use     the best grouping with them together is worse than the answer
============== =====================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from grouping.grouped import entries_of, grouped
from grouping.held_together import Alternative, Pair, best_together, rules_against
from grouping.masks import all_members, mask_of
from grouping.statistics import t_interval
from grouping.universe import holding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from grouping.constraints import Constraints
    from grouping.grouped import Grouped
    from grouping.objective import Objective
    from grouping.partition import Group, Partition
    from grouping.rounds.knowledge import Knowledge

Reason = Literal[
    "constraint", "refuted", "not learnable", "failed", "dominance", "conflict", "negative transfer", "margin",
    "budget", "undecided", "better use",
]  # fmt: skip
MOST_TIMES = 100.0
"""More runs than this many times those that there are, are not worth naming."""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """Why one pair is apart; fields that do not bear on the reason are None."""

    pair: Pair
    """The two tasks, sorted."""
    reason: Reason
    """See :mod:`grouping.apart`."""
    rule: str | None = None
    """The rule of the suite that keeps them apart; or why their runs failed, or what equal sizes showed."""
    source: str | None = None
    """Whose company the target suffers from."""
    target: str | None = None
    """The task that loses."""
    unit: Literal["gain", "points"] = "gain"
    """Of ``value`` and its interval."""
    value: float | None = None
    """The target's gain beside the source, or the change of its metric in points; below 0 it loses."""
    low: float | None = None
    """Lower end of its 95 % interval."""
    high: float | None = None
    """Upper end."""
    margin: float | None = None
    """Points that the target may lose."""
    measured: bool | None = None
    """Whether the pair was trained, else the figures are predicted."""
    group: Group | None = None
    """The group that holds both in the best grouping with them together."""
    difference: float | None = None
    """Expected mean gain of that grouping less that of the answer."""
    difference_low: float | None = None
    """Lower end of its 95 % interval."""
    difference_high: float | None = None
    """Upper end."""
    untrained: tuple[Group, ...] = ()
    """Groups of it that were never trained: training them is what would decide."""
    times: float | None = None
    """How many times as many runs would settle the sign, if the difference stays; None if more than
    :data:`MOST_TIMES`, or where nothing is undecided."""
    clear: float = 0.0
    """How clear the reason is, in standard errors; infinite for a rule."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"clear": self.clear if np.isfinite(self.clear) else None}


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """What is known when the answer stands."""

    answer: Grouped
    """The recommended grouping of all tasks, those that could not be measured alone."""
    known: Knowledge
    """What the search measured and believes."""
    objective: Objective
    """What was asked for."""
    margins: Mapping[str, float] | None
    """Points that every task may lose, where the objective asks for that."""
    constraints: Constraints
    """Rules about the tasks that could be measured."""
    unavailable: Collection[Group] = ()
    """Groups that could not be trained."""
    learnable: Mapping[str, bool]
    """Which tasks beat a constant alone."""
    refuted: Partition | None = None
    """The grouping that the test split refuted, if any."""
    sized: Mapping[tuple[str, str], tuple[str, str]]
    """What equal sizes showed of (source, target): the verdict, and its reason."""


def why_apart(case: Case, *, seed: int) -> tuple[Apart, ...]:
    """The reason of every pair that is apart, sorted by pair.

    Args:
        seed: Of the posterior draws behind intervals of differences.
    """
    known, tasks = case.known, case.known.tasks
    served = case.answer.served_by
    pairs = [pair for pair in combinations(case.answer.tasks, 2) if served[pair[0]] != served[pair[1]]]
    inside = [pair for pair in pairs if set(pair) <= set(tasks)]
    rules = {str(rule): rule.allows(all_members(len(tasks)), tasks) for rule in case.constraints.rules}
    barred = holding(case.unavailable, known.universe) & ~known.trained()
    allowed = case.constraints.allowed(tasks)
    ruled = rules_against(inside, {**rules, "all rules together": allowed}, tasks)
    answer = grouped(
        (of, _among(served, tasks)) for group, served in entries_of(case.answer) if (of := _among(group, tasks))
    )
    others = best_together(
        answer, inside, known, allowed=allowed & ~barred, objective=case.objective,
        generator=np.random.default_rng([seed, len(inside)]),
    )  # fmt: skip
    return tuple(_reason(case, pair, ruled.get(pair), others.get(pair)) for pair in pairs)


def _among(group: Group, tasks: Sequence[str]) -> Group:
    return tuple(task for task in group if task in tasks)


def _reason(case: Case, pair: Pair, rule: str | None, other: Alternative | None) -> Apart:
    """The first reason that holds."""
    known = case.known
    if rule is not None:
        return Apart(pair=pair, reason="constraint", rule=rule, clear=np.inf)
    if case.refuted is not None and case.refuted.served_by.get(pair[0], -1) == case.refuted.served_by.get(pair[1], -2):
        return Apart(pair=pair, reason="refuted", clear=np.inf)
    judged = [task for task in pair if case.learnable.get(task, False) and task in known.tasks]
    if not judged or not set(pair) <= set(known.tasks):
        return Apart(pair=pair, reason="not learnable", clear=np.inf)
    if any(set(group) == set(pair) for group in case.unavailable):
        return Apart(pair=pair, reason="failed", clear=np.inf)
    beside = sorted(_beside(case, pair, judged), key=lambda of: -of.clear)
    for of in beside:
        verdict, why = case.sized.get((of.source or "", of.target or ""), ("", ""))
        if verdict in ("dominance", "conflict"):
            return replace(of, reason=verdict, rule=why)  # type: ignore[arg-type]  # just compared
    losing = [of for of in beside if of.clear > 0]
    if losing and (_total(known, pair) < 0 or losing[0].unit == "points"):
        return losing[0]
    if other is None:
        held = [of for of in beside if of.unit == "points"]
        if not held:
            return Apart(pair=pair, reason="constraint", rule="all rules and `max_adapters` together", clear=np.inf)
        worst = min(held, key=lambda of: (of.low or 0.0) + (of.margin or 0.0))
        return replace(worst, reason="margin", clear=0.0)
    return _compared(pair, other)


def _beside(case: Case, pair: Pair, judged: Sequence[str]) -> Iterator[Apart]:
    """What each judged task has of the other's company; ``clear`` is above 0 where the interval is below 0."""
    of, known = case.known.measured.get(pair), case.known
    members = all_members(len(known.tasks))[[mask_of(pair, known.tasks)]]
    said = known.gains.predict(members)
    for target in judged:
        source = pair[1] if target == pair[0] else pair[0]
        here = Apart(pair=pair, reason="negative transfer", source=source, target=target, measured=of is not None)
        points = None if case.margins is None else replace(here, unit="points", margin=case.margins[target])
        if of is None:
            at = known.tasks.index(target)
            yield _with(here, said.mean[0, at], said.error[0, at], np.inf)
            if points is not None and known.deltas is not None:
                change = known.deltas.predict(members)
                yield _with(points, change.mean[0, at], change.error[0, at], np.inf)
            continue
        at = of.group.index(target)
        yield _with(here, of.gain[at], of.gain_error[at], of.gain_freedom[at])
        if points is not None:
            yield _with(points, of.delta[at], of.delta_error[at], of.freedom[at])


def _with(here: Apart, value: float, error: float, freedom: float) -> Apart:
    """With its interval; a task that loses is one whose upper end is below 0, or below minus its margin in points."""
    interval, floor = t_interval(float(value), float(error), float(freedom)), -(here.margin or 0.0)
    clear = float((floor - value) / error) if error > 0 and interval.high < floor else 0.0
    return replace(here, value=interval.estimate, low=interval.low, high=interval.high, clear=clear)


def _total(known: Knowledge, pair: Pair) -> float:
    """Expected sum of the two gains in the pair."""
    said = known.gains.predict(all_members(len(known.tasks))[[mask_of(pair, known.tasks)]])
    return float(np.nansum(said.mean))


def _compared(pair: Pair, other: Alternative) -> Apart:
    """Budget, undecided or better use, from the best grouping that has the pair together."""
    found = Apart(
        pair=pair,
        reason="better use",
        group=other.group,
        difference=other.difference,
        difference_low=other.low,
        difference_high=other.high,
        untrained=other.untrained,
        clear=-other.difference / other.error if other.error > 0 else 0.0,
    )
    if other.high < 0:
        return found
    if other.untrained and other.difference >= 0:
        return replace(found, reason="budget", clear=0.0)
    times = (1.96 * other.error / other.difference) ** 2 if other.difference else np.inf
    settled = None if other.untrained or times > MOST_TIMES else max(1.0, float(times))
    return replace(found, reason="undecided", clear=0.0, times=settled)
