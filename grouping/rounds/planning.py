"""One round's plan: what would be chosen now, what is proposed, and which groups to train."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import NormalDist
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from grouping.partition import show
from grouping.rounds.acceptance import accept
from grouping.rounds.acquisition import fewest_untrained, worth_training
from grouping.rounds.posterior import posterior
from grouping.rounds.proposals import propose
from grouping.rounds.repeating import worth_repeating
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.objective import Objective
    from grouping.partition import Group
    from grouping.rounds.acceptance import Accepted
    from grouping.rounds.knowledge import Knowledge
    from grouping.rounds.outcome import Round
    from grouping.solvers import Solver
    from grouping.universe import Universe


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How long a search may go on."""

    models: int
    """Groups that may be trained beyond those measured already; all-together counts, if it has to be trained."""
    rounds: int = 3
    """Rounds of proposing and training; the models are spread evenly over those that are left."""
    draws: int = 64
    """Draws of all gains per round, each solved exactly: about 10 ms each for 12 tasks, half a second for 16."""
    repeats: int = 0
    """Further runs of groups that the search has trained, one at a time, where they may change the choice."""
    choice_runs: int = 1
    """Runs that every group of the choice gets, as far as repeats allow, before the search ends: what was chosen by few
    runs was lucky in them."""
    tolerance: float = 0.001
    """Expected improvement of the mean gain (no unit) below which a proposal is not worth training."""
    repeat_tolerance: float = 0.0002
    """The same of one more run of trained groups, which tells less than a first one."""

    def __post_init__(self) -> None:
        if self.models < 0 or self.repeats < 0 or self.rounds < 1 or self.draws < 2:
            raise ValueError(f"Expected models and repeats of 0, rounds of 1, draws of 2 or more, but got {self}.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """What stays the same over all rounds."""

    objective: Objective
    """What is best."""
    confidence: float
    """One-sided, of the lower bound by which groupings are chosen."""
    cost: Callable[[Group], float]
    """Modelled cost of training a group."""
    exact: Solver | None = None
    """Solves every draw; None for what the universe has."""
    budget: Budget
    """Models, rounds and draws."""
    seed: int
    """Of the posterior draws."""

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"Expected a confidence between 0 and 1, but got {self.confidence}.")

    def solver(self, universe: Universe) -> Solver:
        """Solves draws of these groups' values, as far as the objective reads them."""
        return self.exact or universe.solver(fewest=self.objective.has_floors)

    @property
    def z(self) -> float:
        """Standard errors that the bound lies below the mean gain."""
        return NormalDist().inv_cdf(self.confidence)

    def generator(self, purpose: str, number: int = 0) -> np.random.Generator:
        """Independent random numbers for each purpose and round."""
        return np.random.default_rng([self.seed, crc32(purpose.encode()), number])


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """The plan of one round."""

    decision: Accepted | None
    """What would be chosen now; None while no allowed grouping is trained."""
    proposals: Mapping[Grouped, float]
    """Distinct proposals with the share of draws under which each was the best."""
    batch: tuple[Group, ...]
    """Groups to train."""
    again: tuple[Group, ...]
    """Trained groups to train once more, where none is to be trained for the first time; the search ends without
    either."""
    stopped: str
    """Why nothing is to be trained for the first time, as :attr:`grouping.rounds.outcome.Outcome.stopped`; else
    empty."""


def plan(
    problem: Problem,
    known: Knowledge,
    *,
    allowed: NDArray[np.bool_],
    rounds: Sequence[Round],
    repeatable: Collection[Group] = (),
) -> Plan:
    """Plans the next round; once the rounds are used up it trains nothing new, and says what there was still to do.

    Args:
        allowed: Groups of the universe that meet the constraints and can be trained, shape ``(R,)``.
        rounds: Those before.
        repeatable: Groups that can be trained once more.

    Raises:
        InputError: If no allowed grouping was trained, and none can be within the budget.
    """
    budget, objective, solver = problem.budget, problem.objective, problem.solver(known.universe)
    number, used = len(rounds), sum(not of.again for of in rounds)
    asked = len({group for of in rounds for group in of.asked})
    trained = known.trained()
    decision = accept(
        known, allowed=allowed, z=problem.z, objective=objective, solver=solver,
        generator=problem.generator("accept", number),
    )  # fmt: skip
    beliefs = posterior(
        known.counted, known.deltas, universe=known.universe, allowed=allowed,
        trained=np.flatnonzero(allowed & trained),
        delta_errors=known.delta_errors(), objective=objective, draws=budget.draws,
        generator=problem.generator("draws", number),
    )  # fmt: skip
    proposals = propose(beliefs, z=problem.z, objective=objective, solver=solver)
    left = budget.models - asked if used < budget.rounds else 0
    incumbent = None if decision is None else decision.candidate.grouping
    together, whole = tuple(sorted(known.tasks)), known.universe.place(known.tasks)
    first = (together,) if number == 0 and left and allowed[whole] and not trained[whole] else ()

    def worth(batch: int, models: int) -> tuple[Group, ...]:
        return worth_training(
            proposals, incumbent=incumbent, trained=[*known.measured, *first], beliefs=beliefs, objective=objective,
            cost=problem.cost, batch=batch, models=models, tolerance=budget.tolerance,
        )  # fmt: skip

    share = ceil(left / max(1, budget.rounds - used))
    batch = first + worth(share - len(first), left - len(first))
    if decision is None and not batch:
        highest = problem.exact or known.universe.solver(fewest=False)
        batch = fewest_untrained(trained, beliefs, objective=objective, solver=highest)
        if len(batch) > left:
            groups = " ".join(show(group) for group in batch)
            raise InputError(
                f"no grouping that meets the constraints was trained; it takes {len(batch)} more, such as {groups}, "
                f"and the budget lets {left} be trained; raise the budget or loosen the constraints",
                place="grouping",
            )
    if batch:
        stopped = ""
    elif not worth(1, len(known.tasks)):
        stopped = "settled"
    else:
        stopped = "rounds" if worth(1, budget.models - asked) else "models"
    again: tuple[Group, ...] = ()
    runs = budget.repeats - sum(len(of.again) for of in rounds)
    if decision is not None and not batch and repeatable and runs > 0:
        again = worth_repeating(
            known, decision.candidate.grouping, repeatable=repeatable, allowed=allowed, objective=objective,
            solver=solver, z=problem.z, cost=problem.cost, runs=runs, choice_runs=budget.choice_runs,
            draws=budget.draws, tolerance=budget.repeat_tolerance, generator=problem.generator("repeats", number),
        )  # fmt: skip
        again = again or _unproven(decision.candidate.grouping, known, repeatable, budget)[:runs]
    return Plan(decision=decision, proposals=proposals, batch=batch, again=again, stopped=stopped)


def _unproven(grouping: Grouped, known: Knowledge, repeatable: Collection[Group], budget: Budget) -> tuple[Group, ...]:
    """Groups of the choice with fewer runs than it should have."""
    return tuple(
        group for group in grouping.groups if group in repeatable and known.measured[group].seeds < budget.choice_runs
    )
