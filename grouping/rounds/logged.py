"""What a round of the search decides and why, in lines for whoever listens to the logger ``cotrain.grouping``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from grouping.partition import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from affinity.predictor import Measured
    from grouping.rounds.planning import Plan, Problem

LOG = logging.getLogger("cotrain.grouping")
LISTED = 3
"""Proposals that are named in a round."""
STOPPED = {
    "settled": "nothing untrained is expected to be better",
    "models": "as many models were trained as may be",
    "rounds": "the rounds are used up",
}
"""Why no group is trained for the first time, by :attr:`grouping.rounds.planning.Plan.stopped`."""


def log_round(number: int, step: Plan, forecasts: Sequence[Measured], problem: Problem) -> None:
    """Says what a round would choose, proposes, and trains."""
    if not LOG.isEnabledFor(logging.INFO):
        return
    for line in round_lines(number, step, forecasts, problem):
        LOG.info(line)


def round_lines(number: int, step: Plan, forecasts: Sequence[Measured], problem: Problem) -> list[str]:
    """The same as lines."""
    at = f"search, round {number + 1}"
    found: list[str] = []
    if step.decision is None:
        found.append(f"{at}: no grouping that is allowed is trained yet")
    else:
        chosen, tasks = step.decision.candidate, len(step.decision.candidate.grouping.tasks)
        found.append(
            f"{at}: would choose {chosen.grouping}, mean gain {chosen.total / tasks:+.4f}, "
            f"lower bound {chosen.bound(problem.z) / tasks:+.4f}"
        )
    likely = sorted(step.proposals.items(), key=lambda item: -item[1])[:LISTED]
    named = "; ".join(f"{grouping} in {share:.0%} of the draws" for grouping, share in likely)
    if named:
        found.append(f"{at}: best are {named}")
    for of in forecasts:
        gains = ", ".join(
            f"{task} {mean:+.3f} +/- {error:.3f}" for task, mean, error in zip(of.group, of.mean, of.error, strict=True)
        )
        found.append(f"{at}: trains {show(of.group)}, forecast {gains}")
    if step.again:
        found.append(f"{at}: trains {_groups(step.again)} once more, as the choice lies between them")
    if step.stopped:
        found.append(f"{at}: trains no new group, as {STOPPED.get(step.stopped, step.stopped)}")
    return found


def _groups(groups: Sequence[Sequence[str]]) -> str:
    return " ".join(show(group) for group in groups)
