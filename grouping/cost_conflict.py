"""Whether a limit on costs can be met beside the rules, and the smallest conflict if it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.constraints import Constraints, bound, meeting
from grouping.rows import Rows
from grouping.solvers.cheapest import cheapest
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grouping.cost_limit import CostLimit
    from grouping.partition import Group
    from grouping.solvers.selection import Mode


def check_costs(
    limit: CostLimit,
    rules: Constraints,
    groups: Sequence[Group],
    tasks: Sequence[str],
    *,
    adapters: int,
    mode: Mode,
) -> None:
    """Refuses a limit within which no grouping meets the rules.

    Args:
        rules: They can be met without the limit.
        groups: Those of two tasks or more that may be trained, or were; some may break a rule.
        tasks: All of them.
        adapters: Most groups of the answer.

    Raises:
        InputError: If no cost is known of a group that meets the rules, or of a task that may stand alone; or if the
            limit cannot be met: the message names a smallest conflict and the least cost without the limit.
    """
    tied = bound(rules)
    limit.require([*meeting(rules, groups, tasks), *((task,) for task in tasks if task not in tied)])

    def least(some: Constraints, most: int) -> float:
        found = _least(limit, some, groups, tasks, adapters=most, mode=mode)
        return np.inf if found is None else found

    if least(rules, adapters) <= limit.highest:
        return
    capped = least(rules, len(tasks)) <= limit.highest
    most = adapters if capped else len(tasks)
    conflict = list(rules.rules)
    for rule in rules.rules:
        fewer = [other for other in conflict if other is not rule]
        if least(Constraints(tuple(fewer)), most) > limit.highest:
            conflict = fewer
    beside = [f"`max_adapters: {adapters}`"] * capped + [str(rule) for rule in conflict]
    cheap = f"{least(Constraints(tuple(conflict)), most):.15g}"
    if not beside:
        raise InputError(
            f"no {mode} can meet {limit}: the cheapest of the groups that may be trained costs {cheap}; raise it",
            place="grouping",
        )
    raise InputError(
        f"no grouping can meet {' and '.join([str(limit), *beside])}: the cheapest that meets the rest costs {cheap}; "
        "drop or loosen one of them",
        place="grouping",
    )


def _least(
    limit: CostLimit, rules: Constraints, groups: Sequence[Group], tasks: Sequence[str], *, adapters: int, mode: Mode
) -> float | None:
    """What the cheapest grouping costs that meets the rules; None if there is none."""
    rows = Rows.of(meeting(rules, groups, tasks), tasks)
    serves = rows.members.copy()
    serves[rows.shared :, [tasks.index(task) for task in sorted(bound(rules))]] = False
    costs = limit.on(rows)
    found = cheapest(costs.each, serves, rows, adapters=adapters, mode=mode)
    return None if found is None else costs.total(found)
