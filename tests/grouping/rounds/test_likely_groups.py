"""The groups of many tasks that are looked at."""

import numpy as np
import pytest

from affinity.matrix import AffinityMatrix
from affinity.predictors import Hybrid
from affinity.prior import MeanOfScores
from grouping.constraints import Constraints
from grouping.loop import search
from grouping.masks import MAX_TASKS
from grouping.objective import BestGain, FewestAdapters, Objective
from grouping.partition import Group, Partition
from grouping.rounds.knowledge import Knowledge
from grouping.rounds.likely_groups import MOST, likely_groups, numbers_of_groups
from grouping.rounds.outcome import Outcome
from grouping.rounds.planning import Budget
from grouping.universe import SomeGroups
from tests.grouping.worlds import Laboratory, planted

TASKS = tuple(f"t{number:02d}" for number in range(20))
HOME = {task: number % 4 for number, task in enumerate(TASKS)}
PLANTED = Partition.of([task for task in TASKS if HOME[task] == block] for block in range(4))
TRUTH = planted(HOME, 0.06)
POINTS = 6.0


def guess(noise: float, seed: int = 0) -> MeanOfScores:
    """Noisy affinities."""
    generator, count = np.random.default_rng(seed), len(TASKS)
    same = np.array([[HOME[a] == HOME[b] for b in TASKS] for a in TASKS])
    scores = np.where(same, 0.06, -0.06) + noise * generator.standard_normal((count, count))
    np.fill_diagonal(scores, 0.0)
    return MeanOfScores(AffinityMatrix(TASKS, scores, np.where(np.eye(count), 0.0, noise)))


def knowledge(*, deltas: bool = False) -> Knowledge:
    prior, measured = guess(0.05), Laboratory(TRUTH, error=0.01).measure([TASKS])
    gains = Hybrid.fit(TASKS, [of.gains() for of in measured.values()], prior=prior)
    changes = Hybrid.fit(TASKS, [of.deltas() for of in measured.values()], prior=prior, unmeasured=POINTS)
    return Knowledge(gains, changes if deltas else None, measured)


def searched(
    objective: Objective,
    *,
    models: int = 8,
    constraints: Constraints | None = None,
    refused: frozenset[Group] = frozenset(),
) -> tuple[Outcome, Laboratory]:
    laboratory = Laboratory(TRUTH, error=0.01, refused=refused)
    known = knowledge(deltas=objective.has_floors)
    outcome = search(
        known.gains, deltas=known.deltas, measured=known.measured, objective=objective, oracle=laboratory, seed=1,
        budget=Budget(models=models, rounds=4, draws=8), constraints=constraints,
    )  # fmt: skip
    return outcome, laboratory


def test_the_tasks_are_more_than_can_be_enumerated() -> None:
    assert len(TASKS) > MAX_TASKS


def test_planted_groups_are_found_and_the_same_seed_trains_the_same_ones() -> None:
    outcome, laboratory = searched(BestGain(max_adapters=4))
    assert laboratory.batches == searched(BestGain(max_adapters=4))[1].batches
    assert outcome.partition == PLANTED
    assert sum(map(len, laboratory.batches)) <= 8
    assert all(len(group) == 1 or group in outcome.measured for group in outcome.partition.groups)
    assert Partition.together(TASKS) in {of.grouping for of in outcome.proposals}


def test_as_few_adapters_as_keep_every_margin() -> None:
    objective = FewestAdapters(margins=dict.fromkeys(TASKS, 4.0))
    outcome, _ = searched(objective, models=16)
    assert outcome.shortfall <= 0
    assert outcome.partition.adapters <= 10
    for group in outcome.partition.groups:
        if len(group) > 1:
            assert 100 * TRUTH(group).min() > -4.0


def test_rules_hold_and_what_cannot_be_trained_is_not_asked_again() -> None:
    rules = Constraints.of(apart=[["t00", "t04"]], together=[["t01", "t02"]], max_tasks=5)
    outcome, laboratory = searched(BestGain(max_adapters=6), constraints=rules)
    served = outcome.partition.served_by
    assert served["t00"] != served["t04"]
    assert served["t01"] == served["t02"]
    assert max(map(len, outcome.partition.groups)) <= 5
    refused = next(group for batch in laboratory.batches for group in batch)
    _, stubborn = searched(BestGain(max_adapters=6), constraints=rules, refused=frozenset({refused}))
    assert sum(batch.count(refused) for batch in stubborn.batches) == 1


@pytest.mark.parametrize("most", [None, 3])
def test_partitions_can_be_made_of_what_is_looked_at(most: int | None) -> None:
    rules = Constraints.of(apart=[["t00", "t01"], ["t02", "t03"]], max_tasks=12)
    objective = BestGain(max_adapters=most)
    found = likely_groups(knowledge(), rules, objective, generator=np.random.default_rng(0))
    assert found.any(axis=1).all()
    assert len(found) <= MOST
    listed = SomeGroups.of(TASKS, found)
    values = np.where(listed.members.sum(axis=1) <= 12, 0.0, -np.inf)
    assert listed.solver(fewest=True).solve(values, tasks=TASKS, max_groups=most).feasible


def test_numbers_of_groups() -> None:
    assert numbers_of_groups(20, None) == [2, 4, 5, 8, 10]
    assert numbers_of_groups(20, 3) == [2, 3]
    assert numbers_of_groups(20, 1) == [1]
