"""Cheaper looks first: a batch is looked at, and only what is not hopeless then is trained to the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from grouping.oracle import Oracle
from grouping.rounds.acquisition import utilities
from grouping.rounds.posterior import posterior

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from affinity.gains import MeasuredGroup
    from affinity.predictor import Measured
    from grouping.partition import Group
    from grouping.rounds.knowledge import Knowledge
    from grouping.rounds.planning import Plan, Problem


@dataclass(frozen=True, kw_only=True)
class Early:
    """What a part of its training tells of a group's values, with the errors that the rest of it adds."""

    gains: Measured
    """Gains."""
    deltas: Measured
    """Changes in points."""


class StagedOracle(Oracle, Protocol):
    """An oracle that can train a part first."""

    def look(self, groups: Sequence[Group]) -> Mapping[Group, Early]:
        """Trains a part of one run of each group; groups of which nothing can be told are left out."""
        ...

    def stopped(self, groups: Sequence[Group]) -> None:
        """Called with groups that are not trained further after a look."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Screened:
    """A batch after its stages."""

    answers: Mapping[Group, MeasuredGroup]
    """Groups that were trained to the end."""
    stopped: Mapping[Group, Early] = field(default_factory=dict)
    """Groups that were not, with what was seen of them."""


def screened(
    oracle: StagedOracle,
    step: Plan,
    known: Knowledge,
    *,
    problem: Problem,
    allowed: NDArray[np.bool_],
    number: int,
) -> Screened:
    """Trains the batch of round ``number`` in two stages: a look, then to the end.

    A group goes on while it is in contention (:func:`contenders`) by all that is known after the look. The first
    grouping that is trained whole, and all tasks together, are not screened.

    Args:
        allowed: Groups of the universe that may be chosen, shape ``(R,)``.
    """
    if step.decision is None:
        return Screened(answers=oracle.measure(step.batch))
    together = tuple(sorted(known.tasks))
    early = oracle.look([group for group in step.batch if group != together])
    heard = known.hear(early)
    kept = contenders(step.batch, step, heard, problem=problem, allowed=allowed, number=number)
    going = [group for group in step.batch if group in kept or group not in early]
    stopped = {group: early[group] for group in step.batch if group not in going}
    oracle.stopped(list(stopped))
    return Screened(answers=oracle.measure(going), stopped=stopped)


def contenders(
    groups: Collection[Group],
    step: Plan,
    known: Knowledge,
    *,
    problem: Problem,
    allowed: NDArray[np.bool_],
    number: int,
) -> set[Group]:
    r"""The groups that a better grouping may yet be made of.

    A group is in contention if it is in the present choice :math:`I`, or in a proposal :math:`P` whose expected
    improvement :math:`\frac{1}{D} \sum_d \max(u_d(P) - u_d(I), 0)` under the posterior is above the tolerance: what is
    asked before a group is trained at all (:func:`grouping.rounds.acquisition.worth_training`).
    """
    assert step.decision is not None
    choice = step.decision.candidate.grouping
    beliefs = posterior(
        known.counted, known.deltas, universe=known.universe, allowed=allowed,
        trained=np.flatnonzero(allowed & known.trained()),
        delta_errors=known.delta_errors(), objective=problem.objective, draws=problem.budget.draws,
        generator=problem.generator("looks", number),
    )  # fmt: skip
    base = utilities(choice, beliefs, problem.objective)
    found = {group for group in groups if group in choice.groups}
    for grouping in step.proposals:
        held = [group for group in grouping.groups if group in groups and group not in found]
        if not held:
            continue
        worth = utilities(grouping, beliefs, problem.objective)
        if float(np.maximum(worth - base, 0).mean()) > problem.budget.tolerance:
            found.update(held)
    return found
