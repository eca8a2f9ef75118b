"""The search that counts models: one group is trained at a time, and the choice is exact among what was trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictor import Measured
from affinity.predictors.group_process import GroupProcess
from grouping.constraints import Constraints, bound, meeting
from grouping.cost_conflict import check_costs
from grouping.grouped import entries_of
from grouping.rows import MOST_TASKS, Rows
from grouping.solvers.selection import select
from grouping.steps.climbed_steps import ClimbedSteps
from grouping.steps.effort import FEW_TASKS, Effort
from grouping.steps.listed_steps import ListedSteps
from grouping.steps.repeated_runs import RepeatedRuns
from grouping.steps.step import Step
from grouping.steps.trained_groups import TrainedGroups
from grouping.universe import rows_of
from tasks.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from affinity.prior import GainPrior
    from grouping.cost_limit import CostLimit
    from grouping.cover import Cover
    from grouping.oracle import GroupOracle
    from grouping.partition import Group
    from grouping.solvers.selection import Mode


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """One question to the oracle and its answer."""

    step: Step
    answer: Measured | None
    """None if the group could not be trained."""
    choice: Cover | None
    """What would be chosen after the answer; None while what was trained makes up no grouping."""
    value: float
    """Its value, -inf alike."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """The choice and how it came about."""

    cover: Cover
    """The best grouping among what was trained."""
    value: float
    """Sum over tasks of the measured gain in the serving group."""
    asked: tuple[Asked, ...]
    """All questions, in order."""
    measured: dict[Group, Measured]
    """All answers, means over runs where a group had several."""
    runs: RepeatedRuns
    """Runs of every group, where they were trained by this search."""
    stable: bool
    """Whether the search ended because no better grouping was likely any more."""
    gains: GroupProcess
    """The predictor after them."""


def search_sequentially(
    oracle: GroupOracle,
    tasks: Sequence[str],
    *,
    adapters: int,
    mode: Mode,
    models: int,
    seed: int,
    pool: Iterable[Group] | None = None,
    measured: Sequence[Measured] = (),
    prior: GainPrior | None = None,
    constraints: Constraints | None = None,
    floors: Mapping[str, float] | None = None,
    limit: CostLimit | None = None,
    confidence: float | None = None,
    runs: int = 1,
    told: Callable[[Asked], None] = lambda asked: None,
) -> Found:
    r"""Finds the grouping of highest value with few trained models.

    All tasks together are trained first, if they may be. Then each model is the one that adds most: with :math:`f` the
    value of what would be chosen now and :math:`v_d` that of a grouping under draw :math:`d` of all gains, a grouping
    that lacks :math:`m` models counts :math:`m^{-a} D^{-1} \sum_d \max(v_d - f, 0)`.

    - Of up to 12 tasks, and of a pool, groupings are every untrained group beside the best of what was trained, and the
      best ones under the expected gains and under some draws (:mod:`grouping.steps.moves`). But for the last model,
      what a group would tell about the others counts as much (:mod:`grouping.steps.information`).
    - Of more tasks, they are climbed to in worlds without luck, from random groupings and from the present choice
      (:mod:`grouping.steps.climbed_steps`).

    Args:
        oracle: Trains groups.
        tasks: All of them; a single's gain is 0 and needs no model.
        adapters: Most groups of the answer; groups of one count.
        models: Most questions; refusals count.
        seed: Of the draws.
        pool: The only groups that may be asked for; None allows all.
        measured: Groups that were trained before; they cost nothing and may be chosen.
        prior: What an estimator guesses of any group.
        constraints: Rules that every group of the answer must meet; none by default; more than 12 tasks need a pool.
        floors: The least gain with which a task may be served, at most 0; a task that is not named has none.
        limit: On what the groups of the answer cost together; no group is asked for that is in no proposal within it.
            More than 12 tasks need a pool.
        confidence: Ends the search once the choice is the best of all proposals in this share of the draws; None asks
            for ``models`` groups.
        runs: Times that each group of the answer is trained, as far as ``models`` allow: the last questions are kept
            for groups of the choice once more. What these differ by is luck, which all answers are then believed to
            hold, and the choice is by what is expected of the trained groups, so it may change and be repeated in turn,
            while there are questions left for that. With none that is new, fewer models may be asked for.
        told: Called after every answer.

    Raises:
        InputError: If there are too many tasks, the rules or the limit contradict each other, a cost is not known, or
            no grouping of at most ``adapters`` groups can be made of what may be trained, or of what was.
    """
    names = tuple(sorted(tasks))
    if not 2 <= len(set(names)) == len(names) <= MOST_TASKS:
        raise InputError(f"found {len(names)} tasks; expected 2 to {MOST_TASKS} different ones", place="tasks")
    if confidence is not None and not 0 < confidence < 1:
        raise InputError(f"found {confidence:g}; expected a share above 0 and below 1", place="--confidence")
    if adapters < 1:
        raise InputError(f"found {adapters}; expected 1 or more", place="--adapters")
    for task, floor in (floors or {}).items():
        if task not in names or not -np.inf < floor <= 0:
            raise InputError(
                f"found {floor:g} for `{task}`; expected a number of 0 or less, for one of the tasks", place="--floor"
            )
    rules = constraints or Constraints()
    rules.check(names, max_adapters=adapters)
    usable = list(meeting(rules, [of.group for of in measured], names))
    trained = TrainedGroups(
        names,
        adapters=adapters,
        mode=mode,
        measured=[of for of in measured if of.group in usable],
        bound=bound(rules),
        floors=floors,
        limit=limit,
    )
    steps, together = _steps(trained, pool, rules, earlier=[of.group for of in measured])
    gains = GroupProcess.fit(names, list(trained.measured.values()), prior=prior, seed=seed)
    asked: list[Asked] = []
    repeated = RepeatedRuns(runs, groups=min(adapters, len(names) // 2))
    before = list(trained.measured.values())
    stable = done = False
    while (left := models - len(asked)) > 0:
        done, target = done or repeated.too_late(left), trained.choice
        again = repeated.next(target) if done or left <= repeated.reserved else None
        if again is not None:
            step: Step | None = Step(group=again, run=repeated.number(again))
        elif done:
            break
        elif together and (not trained.closed or (adapters == 1 and trained.mask(names) not in trained.closed)):
            step = Step(group=names)
        elif adapters == 1:
            step = None  # all tasks together is the only grouping
        else:
            generator = np.random.default_rng([seed, len(asked)])
            step = steps.next(gains, left=max(1, left - repeated.reserved), generator=generator)
        stable = stable or (confidence is not None and step is not None and step.chance <= 1 - confidence)
        if step is None or (stable and not step.run):
            done = True
            continue
        answer = oracle.ask(step.group, run=step.run)
        repeated.learn(step.group, answer)
        if not step.run:
            trained.learn(step.group, answer)
        if repeated.variance() is not None:
            known = [*before, *repeated.measured()]
            gains = GroupProcess.fit(names, known, prior=prior, seed=seed)
            trained.believe(_expected(gains, known))
            if step.run and repeated.missing(trained.choice) >= left:  # too late to repeat what lies ahead now
                assert target is not None
                trained.keep_to({*target.groups, *(of.group for of in known if not repeated.lacks(of.group))})
        elif answer is not None:
            gains = gains.update([answer])
        asked.append(Asked(step=step, answer=answer, choice=trained.choice, value=trained.value))
        told(asked[-1])
    if repeated.variance() is None:
        trained.choose(exactly=True)
    elif repeated.missing(trained.choice):
        trained.keep_to({group for group in trained.measured if not repeated.lacks(group)})
    if trained.choice is None:
        floored, lower = (" without a gain below its floor", ", or lower floors") if floors else ("", "")
        if limit is not None:
            floored, lower = f"{floored}, within {limit}", f"{lower}, or raise the limit"
        raise InputError(
            f"no grouping of at most {adapters} adapters can be made of the {len(trained.measured)} groups that were "
            f"trained{floored}; allow more models or adapters{lower}",
            place="--models",
        )
    answers = {of.group: of for of in [*before, *repeated.measured()]}
    return Found(
        cover=trained.choice,
        value=_value(trained.choice, answers),
        asked=tuple(asked),
        measured=answers,
        runs=repeated,
        stable=stable,
        gains=gains,
    )


def _expected(gains: GroupProcess, known: Sequence[Measured]) -> dict[Group, Measured]:
    """What is expected of trained groups, whose answers hold luck."""
    said = gains.predict(rows_of([of.group for of in known], gains.tasks)).mean
    return {
        of.group: Measured(of.group, row[[gains.tasks.index(task) for task in of.group]], np.zeros(len(of.group)))
        for of, row in zip(known, said, strict=True)
    }


def _value(choice: Cover, known: Mapping[Group, Measured]) -> float:
    """Sum over tasks of the measured gain in the serving group."""
    shared = [(known[group], served) for group, served in entries_of(choice) if len(group) > 1]
    return float(sum(of.mean[of.group.index(task)] for of, served in shared for task in served))


def _steps(
    trained: TrainedGroups, pool: Iterable[Group] | None, rules: Constraints, *, earlier: Sequence[Group]
) -> tuple[ListedSteps | ClimbedSteps, bool]:
    """Where the next models come from, and whether all tasks together may be one of them."""
    tasks, limit = trained.tasks, trained.limit
    if pool is None and len(tasks) > FEW_TASKS:
        if rules.rules or limit is not None:
            raise InputError(
                f"found rules about {len(tasks)} tasks, more than {FEW_TASKS}; list the groups that may be trained",
                place="--pool",
            )
        return ClimbedSteps(trained), True
    rows = Rows.every(tasks) if pool is None else Rows.of(pool, tasks)
    listed = rows.groups
    if rules.rules:
        rows = Rows.of(meeting(rules, rows.groups, tasks), tasks)
    together = rows.row_of(tasks) is not None
    if not together:
        usable = Rows.of([*rows.groups, *trained.measured], tasks)
        gains = np.zeros(usable.members.shape)
        gains[usable.shared :] = trained.gains()[len(trained.measured) :]
        if select(gains, usable, adapters=trained.adapters, mode=trained.mode) is None:
            raise InputError(
                f"no {trained.mode} of at most {trained.adapters} adapters can be made of the {usable.shared} groups "
                "that may be trained and of single tasks; allow more adapters or groups, such as all tasks together",
                place="--pool" if pool is not None else "--adapters",
            )
    if limit is not None:
        check_costs(
            limit, rules, [*listed, *(of for of in earlier if len(of) > 1)], tasks, adapters=trained.adapters,
            mode=trained.mode,
        )  # fmt: skip
        rows = rows.only(np.flatnonzero(limit.on(rows).usable[: rows.shared]))
        together = rows.row_of(tasks) is not None
    return ListedSteps(rows, trained, effort=Effort.of(len(tasks))), together
