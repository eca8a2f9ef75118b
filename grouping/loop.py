"""The loop of ``recommend``: proposes, trains and refits in rounds, for workers, and accepts only what was trained.

Where models are counted and their gains are taken at their word, :func:`grouping.sequential.search_sequentially` needs
fewer of them (``python -m benchmarks.two_loops``); with errors, a guess and many tasks this one does better
(``python -m benchmarks.many_recommended``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from affinity.predictor import Measured
from grouping.constraints import Constraints
from grouping.partition import Partition
from grouping.rounds.conclusion import conclude
from grouping.rounds.figures import figures
from grouping.rounds.knowledge import Knowledge
from grouping.rounds.logged import log_round
from grouping.rounds.looking import Looking
from grouping.rounds.outcome import Outcome, Round
from grouping.rounds.planning import Problem, plan
from grouping.rounds.recording import begin_training, finish_training, record_choice, record_proposals
from grouping.rounds.screening import Screened, StagedOracle, screened
from grouping.rounds.so_far import SoFar, so_far
from grouping.universe import rows_of
from trainers.out_of_budget import OutOfBudget

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from affinity.gains import MeasuredGroup
    from affinity.predictor import GainPredictor
    from grouping.grouped import Grouped
    from grouping.objective import Objective
    from grouping.oracle import Oracle
    from grouping.partition import Group
    from grouping.rounds.planning import Budget, Plan
    from grouping.solvers import Solver
    from grouping.study import Studies

LISTED = 12
"""Most proposals per round that are listed and recorded, the most frequent; those that the round trains always are."""


def group_size(group: Group) -> float:
    """Modelled cost of training a group of tasks that cost the same: their number."""
    return float(len(group))


def search(
    gains: GainPredictor,
    *,
    deltas: GainPredictor | None = None,
    measured: Mapping[Group, MeasuredGroup],
    objective: Objective,
    oracle: Oracle,
    budget: Budget,
    seed: int,
    constraints: Constraints | None = None,
    unavailable: Collection[Group] = (),
    cost: Callable[[Group], float] = group_size,
    confidence: float = 0.8,
    solver: Solver | None = None,
    studies: Studies | None = None,
    staged: StagedOracle | None = None,
    told: Callable[[SoFar], None] = lambda _so_far: None,
    again: Callable[[Sequence[Group]], Mapping[Group, MeasuredGroup]] | None = None,
    overlap: bool = False,
) -> Outcome:
    """Proposes groupings, trains the groups that are worth it, refits, and chooses among what was trained.

    Each round draws all gains from the posterior and solves every draw exactly
    (:func:`grouping.rounds.proposals.propose`), trains one batch of groups
    (:func:`grouping.rounds.acquisition.worth_training`) and updates the predictors. Where nothing new is worth
    training, the groups between which the choice lies are trained once more
    (:func:`grouping.rounds.repeating.worth_repeating`); after that something new may be. The choice is the trained
    grouping with the highest *lower bound* of its mean gain (:func:`grouping.rounds.acceptance.accept`): the highest
    mean would be the luckiest. Singles count as trained (gain 0, no error), so separate adapters win where no group is
    surely better.

    The groups of a round depend on the seed and on what was measured, not on clocks or workers.

    Args:
        gains: Predictor of gains, fitted on ``measured``.
        deltas: Predictor of deltas in points, fitted likewise; needed for an objective with floors.
        measured: Groups that were trained already: pairs, all-together.
        objective: What is best.
        oracle: Trains and measures groups.
        budget: Models and rounds.
        seed: Of the posterior draws.
        constraints: Rules that every group must meet; none by default.
        unavailable: Groups that were tried before and could not be trained. Neither they are proposed nor untrained
            groups that have one of them among their members: what fails in a pair is not sought in a larger group.
        cost: Modelled cost of training a group; only ratios matter.
        confidence: One-sided, of the lower bound that chooses. 0.5 chooses by the posterior mean.
        solver: Solves draws; by default exact over all groups of up to 16 tasks, and over the likely ones of more
            (:mod:`grouping.rounds.looking`).
        studies: Where proposals and trained partitions are recorded.
        staged: In place of ``oracle``, trains every batch in stages and leaves out what is hopeless
            (:mod:`grouping.rounds.screening`). A group that was left out counts as a model, and may be asked for again.
        told: Called at the begin of every round, and at the end, with what would be chosen then.
        again: Trains one more run of each of these groups, which the search had trained, and measures them by all their
            runs; what cannot be trained it leaves out. None trains no group again.
        overlap: Whether groups may overlap: a trained group may serve some of its members alone, and the others, which
            other groups serve, help. Tasks that are kept apart do not help each other; other rules say who is served.

    Raises:
        OutOfBudget: If time or runs are used up before any allowed grouping is trained.
        InputError: If the constraints cannot be met, or not by groups that the budget lets train.
    """
    if deltas is None and objective.has_floors:
        raise ValueError("Expected a predictor of deltas for an objective with floors, but got none.")
    rules = constraints or Constraints()
    rules.check(gains.tasks, max_adapters=objective.max_adapters)
    problem = Problem(objective=objective, confidence=confidence, cost=cost, exact=solver, budget=budget, seed=seed)
    known = Knowledge(
        gains,
        deltas if objective.has_floors else None,
        {tuple(sorted(group)): of for group, of in measured.items()},
        objective.weights,
    )
    looking = Looking(problem, rules, tuple(unavailable), overlap=overlap)
    known, allowed = looking.at(known, number=0)
    together = known.universe.place(known.tasks)
    barred = looking.barred(known)[together]
    baselines: list[Grouped] = [Partition.singles(known.tasks), *([] if barred else [Partition.together(known.tasks)])]
    finished = [grouping for grouping in baselines if known.holds(grouping)]
    begin_training(studies, finished, known, number=0)
    finish_training(studies, finished, known)

    rounds: list[Round] = []
    listed: dict[Grouped, float] = dict.fromkeys(baselines, 0.0)
    begun: list[Grouped] = []  # with a group that was stopped
    repeatable: set[Group] = set()
    while True:
        number = len(rounds)
        if number:
            known, allowed = looking.at(known, number=number)
        step = plan(problem, known, allowed=allowed, rounds=rounds, repeatable=repeatable)
        now = so_far(step, known)
        if now is not None:
            told(now)
        completed = _completed(step, known)
        seen = {grouping: step.proposals[grouping] for grouping in [*list(step.proposals)[:LISTED], *completed]}
        listed |= seen
        generator = problem.generator("proposals", number)
        described = figures(seen, known=known, chosen=None, frequencies=seen, generator=generator)
        record_proposals(studies, described, number=number)
        begin_training(studies, completed, known, number=number)
        forecasts = tuple(_forecast(known, group) for group in step.batch)
        log_round(number, step, forecasts, problem)
        batch, more, stopped = step.batch, step.again, step.stopped
        repeated: Mapping[Group, MeasuredGroup] = {}
        try:
            found = _trained(oracle, staged, step, known, problem=problem, allowed=allowed, number=number)
            if more and again is not None:
                repeated = again(more)
        except OutOfBudget as error:
            if step.decision is None:
                raise
            found, batch, more, stopped, forecasts = Screened(answers={}), (), (), error.kind, ()
        answers = found.answers
        unavailable = tuple(group for group in batch if group not in answers and group not in found.stopped)
        rounds.append(
            Round(
                proposals=step.proposals,
                asked=batch,
                forecasts=forecasts,
                unavailable=unavailable,
                stopped=tuple(found.stopped),
                again=more,
                choice=None if step.decision is None else step.decision.candidate.grouping,
            )
        )
        if step.decision is not None and not batch and not more:
            choice = step.decision.candidate.grouping
            begin_training(studies, [choice], known, number=number)
            finish_training(studies, [choice, *begun], known)
            record_choice(studies, choice)
            return conclude(
                problem, known, accepted=step.decision, allowed=allowed, listed=listed, rounds=rounds,
                stopped=stopped,
            )  # fmt: skip
        looking = looking.without(unavailable)
        new = {group: answers[group] for group in batch if group in answers}
        if again is not None:
            repeatable = (repeatable | new.keys()) - {group for group in more if group not in repeated}
        known = known.hear(found.stopped).learn({**new, **repeated})
        left = [grouping for grouping in completed if not set(found.stopped).isdisjoint(grouping.groups)]
        finish_training(studies, [grouping for grouping in completed if grouping not in left], known)
        begun += left


def _trained(
    oracle: Oracle,
    staged: StagedOracle | None,
    step: Plan,
    known: Knowledge,
    *,
    problem: Problem,
    allowed: NDArray[np.bool_],
    number: int,
) -> Screened:
    """What training the round's batch gave."""
    if not step.batch:
        return Screened(answers={})
    if staged is not None:
        return screened(staged, step, known, problem=problem, allowed=allowed, number=number)
    return Screened(answers=oracle.measure(step.batch))


def _completed(step: Plan, known: Knowledge) -> list[Grouped]:
    """Proposals whose last untrained groups are in the batch."""
    after = {*known.measured, *step.batch}
    return [
        grouping
        for grouping in step.proposals
        if not known.holds(grouping) and all(len(group) == 1 or group in after for group in grouping.groups)
    ]


def _forecast(known: Knowledge, group: Group) -> Measured:
    """The predicted gains of one group's members."""
    served = known.gains.predict(rows_of([group], known.tasks))
    columns = [known.tasks.index(task) for task in group]
    return Measured(group=group, mean=served.mean[0, columns], error=served.error[0, columns])
