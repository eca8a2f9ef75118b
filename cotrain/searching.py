"""From what was measured and estimated to a chosen grouping."""

import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from math import ceil

from affinity.calibration import Correction
from affinity.gains import MeasuredGroup
from affinity.predictor import GainPredictor
from affinity.predictors import Hybrid, MeanOfPairs
from affinity.predictors.calibrated import Calibrated
from cotrain.early_looks import EarlyLooks
from cotrain.kept_for_validation import KeptForValidation
from cotrain.measuring import Probes, TrainerOracle, neutral
from cotrain.probing import Probed
from cotrain.storage import Storage
from cotrain.suite import Suite, rules_among
from grouping.loop import search
from grouping.masks import MAX_TASKS
from grouping.partition import Group
from grouping.rounds.outcome import Outcome
from grouping.rounds.planning import Budget
from grouping.rounds.so_far import SoFar
from grouping.serving import SOLVED
from grouping.study import open_studies
from trainers.cost import Cost
from trainers.train_job import group_tokens

POINTS = 2.0
"""Spread of a task's changes in points that is taken where no group at all could be measured: that of the study's
pairs against single tasks, https://arxiv.org/abs/2603.09978. Otherwise the measured changes tell it."""
PER_ROUND = 2
"""Groups that a search without pairs trains before it thinks again: it knows little at first, so it learns often."""

DRAWS_OF_MANY = 16
"""Draws per round of more tasks than dynamic programming solves for: each is an integer program."""
LOG = logging.getLogger("cotrain.run")
HYBRID = "the estimator's guess, corrected by what was trained, as not all pairs were"


@dataclass(frozen=True, eq=False)
class SearchedFor:
    """A search that has ended.

    Args:
        outcome: The choice.
        oracle: With all runs of groups that were trained.
        early: With all looks at groups; None if there were none.
    """

    outcome: Outcome
    oracle: TrainerOracle
    early: EarlyLooks | None

    @property
    def cost(self) -> Cost:
        """What it trained, looks among it."""
        return self.oracle.cost + (Cost() if self.early is None else self.early.cost)


def choose_grouping(
    probed: Probed,
    suite: Suite,
    *,
    storage: Storage | None = None,
    kept: KeptForValidation | None = None,
    told: Callable[[SoFar, TrainerOracle], None] = lambda _so_far, _oracle: None,
    correction: Correction | None = None,
) -> SearchedFor:
    """Searches for the best grouping among what it trains.

    Args:
        probed: Its tasks are grouped; rules of the suite about others are left aside.
        storage: Keeps the Optuna studies; None keeps none.
        kept: What of the limits is left for validation; None leaves nothing.
        told: Called with the answer so far, as often as it changes.
        correction: Of predicted gains of groups that were not trained; None leaves them as they are.

    Raises:
        InputError: If the constraints of the suite cannot be met.
        OutOfBudget: If a limit comes before any allowed grouping is trained.
    """
    trainer, probes = probed.trainer, probed.probes
    oracle = TrainerOracle(trainer, probes) if kept is None else TrainerOracle(trainer, probes, before=kept.before)
    early = EarlyLooks(oracle) if suite.budget.early else None
    tasks = tuple(trainer.tasks)
    LOG.info("gains are predicted by %s", "the mean of pairs, as all were trained" if probed.pairs_trained else HYBRID)
    grouping = rules_among(suite.grouping, tasks)
    measured = {group: neutral(found, probes.learnable) for group, found in probes.measured.items()}
    gains, deltas = predictors(probed, measured)
    if correction is not None:
        known = tuple(of.gains() for of in measured.values())
        gains = Calibrated(gains, correction, known, frozenset(_unjudged(probes)))
    limit = budget(suite, pairs_trained=probed.pairs_trained)
    with (
        nullcontext() if storage is None else open_studies(storage.studies, tasks, prefix=storage.prefix) as opened,
        trainer.watch("search, at most", limit.models + limit.repeats) as shown,
    ):
        counted = 0

        def tell(now: SoFar) -> None:
            nonlocal counted
            runs = sum(map(len, oracle.asked.values()))
            if runs > counted:
                shown.advance(runs - counted, f"{runs} runs")
            counted = runs
            told(now, oracle)

        outcome = search(
            gains,
            deltas=deltas,
            measured=measured,
            objective=grouping.to_objective({name: task.margin for name, task in trainer.tasks.items()}),
            oracle=oracle,
            budget=limit,
            seed=suite.seed,
            constraints=grouping.to_constraints(),
            unavailable=probes.unavailable,
            cost=cache(lambda group: float(group_tokens(trainer.tasks, group, trainer.spec.training))),
            studies=opened,
            staged=early,
            told=tell,
            again=oracle.again,
            overlap=suite.grouping.mode == "cover",
        )
    return SearchedFor(outcome, oracle, early)


def predictors(probed: Probed, measured: Mapping[Group, MeasuredGroup]) -> tuple[GainPredictor, GainPredictor]:
    """Predictors of gains and of changes in points: the mean of pairs where all were trained, else the estimator's
    guess corrected by what was trained.

    Tasks that are not learnable are partners alone: their gains are 0 in every group.
    """
    tasks = tuple(probed.trainer.tasks)
    gains, deltas = ([of.gains() for of in measured.values()], [of.deltas() for of in measured.values()])
    if probed.pairs_trained:
        return MeanOfPairs.fit(tasks, gains), MeanOfPairs.fit(tasks, deltas)
    prior = probed.estimate.prior
    unjudged = _unjudged(probed.probes)
    return (
        Hybrid.fit(tasks, gains, prior=prior, unjudged=unjudged),
        Hybrid.fit(tasks, deltas, prior=prior, unmeasured=POINTS, unjudged=unjudged),
    )


def budget(suite: Suite, *, pairs_trained: bool) -> Budget:
    """How much the search may train, and how often it thinks again."""
    models = suite.budget.models
    few = len(suite.tasks) <= (SOLVED if suite.grouping.mode == "cover" else MAX_TASKS)
    found = Budget(
        models=models,
        repeats=models * (suite.budget.seeds - 1),
        choice_runs=suite.budget.seeds,
        draws=Budget.draws if few else DRAWS_OF_MANY,
    )
    return found if pairs_trained else replace(found, rounds=max(1, ceil(models / PER_ROUND)))


def _unjudged(probes: Probes) -> list[str]:
    return [name for name, learnable in probes.learnable.items() if not learnable]
