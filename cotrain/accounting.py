"""What asking has cost, taken apart, against training every task alone once and what the answer saves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from grouping.break_even import BreakEven, Serving
from grouping.partition import Group
from trainers.cost import Cost
from trainers.result import GroupResult
from trainers.runs import Runs
from trainers.served import Served


@dataclass(frozen=True, kw_only=True)
class Spending:
    """Runs and costs that an account is drawn up from."""

    groups: Sequence[Group]
    """The answer, without tasks that could not be measured."""
    helpers: Mapping[Group, Group] = field(default_factory=dict)
    """Tasks that groups of the answer were trained with and do not serve."""
    references: Mapping[str, Sequence[GroupResult]]
    """Runs of every task alone."""
    trained: Mapping[Group, Sequence[GroupResult]]
    """Runs of groups of two or more, of one phase."""
    searched: Runs | None = None
    """What the search trained."""
    every: Sequence[Runs] = ()
    """All runs of all phases, among which failed ones are looked for."""
    total: Cost
    """Of everything."""
    validated: bool = False
    """Whether the answer was trained and kept."""


def account(of: Spending, served: Served) -> dict[str, Any] | None:
    """The object ``cost.account``; None where a group of the answer has no run, or no task has a reference.

    ``proposals`` are groups that the search trained and that are not in the answer, ``failed`` runs of any phase that
    diverged; both are parts of the total. ``alone`` is one run of every task alone, mean over its seeds, and ``answer``
    one run of every group of the answer: what either would take again. ``break_even`` is as
    :class:`grouping.break_even.BreakEven` has it, in FLOPs.
    """
    tasks = [task for group in of.groups for task in group]
    if not tasks or any(task not in of.references for task in tasks):
        return None
    ran = [tuple(sorted({*group, *of.helpers.get(group, ())})) for group in of.groups]
    if any(len(group) > 1 and group not in of.trained for group in ran):
        return None
    alone = {task: once(of.references[task]) for task in tasks}
    each = [once(of.trained[group]) if len(group) > 1 else alone[group[0]] for group in ran]
    searched = {} if of.searched is None else of.searched.groups
    wasted = [runs for group, runs in searched.items() if group not in ran]
    lost = [run for part in of.every for run in part.unused if run.failed is not None]
    singles, answer = sum(alone.values(), Cost()), sum(each, Cost())
    even = BreakEven(
        tasks=len(tasks),
        adapters=len(of.groups),
        asking=of.total.flops,
        alone=singles.flops,
        answer=answer.flops,
        trained=of.validated,
        serving=Serving(frozen=served.frozen_flops * served.tokens, adapted=served.adapted_flops * served.tokens),
        stored=served.stored([len(group) for group in of.groups]),
        stored_alone=served.stored([1] * len(tasks)),
    )
    return {
        "proposals": sum((run.cost for runs in wasted for run in runs), Cost()).to_dict(),
        "failed": sum((run.cost for run in lost), Cost()).to_dict(),
        "alone": singles.to_dict(),
        "answer": answer.to_dict(),
        "tokens_per_text": served.tokens,
        "break_even": even.to_dict(),
    }


def once(runs: Sequence[GroupResult]) -> Cost:
    """Mean cost of one run of several that differ by their seed."""
    total = sum((run.cost for run in runs), Cost())
    share = 1 / len(runs)
    return replace(
        total,
        seconds=total.seconds * share,
        flops=total.flops * share,
        tokens_forward=round(total.tokens_forward * share),
        tokens_backward=round(total.tokens_backward * share),
        jobs=1,
    )
