"""What a search starts from: pairs that were trained, or an estimator's guess."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from affinity.estimators import Estimate
from affinity.matrix import AffinityMatrix
from affinity.predictors import Hybrid, MeanOfPairs
from affinity.skill import Learnable
from cotrain.measuring import Probes, neutral
from cotrain.probing import Probed
from cotrain.searching import POINTS, budget, predictors
from cotrain.suite import Suite
from grouping.objective import Grouping
from tasks.spec import TaskSpec
from tests.affinity.samples import World
from trainers.budget import Budget
from trainers.cost import Cost
from trainers.runs import Runs

EVERY = np.array(list(np.ndindex(2, 2, 2)))[1:].astype(bool)
WHOLE = ("t0", "t1", "t2")


def probed(groups: list[tuple[str, ...]], *, unlearnable: str = "") -> Probed:
    """Three tasks of which these groups were trained."""
    world = World(tasks=3, seeds=2, references=2, examples=40, noise=0.02, seed=0)
    runs = Runs({group: world.runs[group] for group in groups}, world.references)
    measured = Probes.of(runs, world.tasks).measured
    skills = {name: Learnable(skill=0.5, low=0.4, high=0.6, learnable=name != unlearnable) for name in world.tasks}
    scores = np.array([[0, 0.2, 0.1], [0.1, 0, 0.3], [-0.1, 0.2, 0]])
    estimate = Estimate(AffinityMatrix(WHOLE, scores, np.zeros((3, 3)), estimator="hybrid"), None)
    trainer: Any = type("Tasks", (), {"tasks": world.tasks})()
    return Probed(trainer, estimate, Probes(runs, measured, skills, world.tasks), Cost())


def test_measured_pairs_speak_for_themselves() -> None:
    found = probed(list(combinations(WHOLE, 2)))
    gains, deltas = predictors(found, found.probes.measured)
    assert isinstance(gains, MeanOfPairs)
    assert isinstance(deltas, MeanOfPairs)
    assert len(gains.measured) == 3
    assert budget(Suite(budget=Budget(models=8)), pairs_trained=True).rounds == 3


def test_without_all_pairs_the_estimator_guesses_gains_and_points() -> None:
    found = probed([])
    gains, deltas = predictors(found, {})
    assert isinstance(gains, Hybrid)
    assert isinstance(deltas, Hybrid)
    pairs = gains.predict(EVERY[[5, 4]]).mean
    assert pairs[0, 0] > pairs[1, 0], "the guess for t0 is 0.1 with t1 and -0.1 with t2"
    np.testing.assert_array_equal(deltas.spread, np.full(3, POINTS))
    for models, rounds in ((0, 1), (1, 1), (8, 4), (9, 5)):
        assert budget(Suite(budget=Budget(models=models)), pairs_trained=False).rounds == rounds


@pytest.mark.parametrize(("mode", "exact"), [("partition", 16), ("cover", 12)])
def test_where_each_draw_is_an_integer_program_there_are_few(mode: str, exact: int) -> None:
    def draws(tasks: int) -> int:
        listed = {f"t{number}": TaskSpec(data="rows.csv", text="code", label="y") for number in range(tasks)}
        suite = Suite(tasks=listed, grouping=Grouping(mode=mode))  # type: ignore[arg-type]
        return budget(suite, pairs_trained=False).draws

    assert draws(exact) > 3 * draws(exact + 1)


def test_a_task_that_is_not_learnable_decides_nothing() -> None:
    found = probed([("t0", "t1")], unlearnable="t1")
    measured = {group: neutral(of, found.probes.learnable) for group, of in found.probes.measured.items()}
    for predictor in predictors(found, measured):
        said = predictor.predict(EVERY)
        assert np.all(said.mean[EVERY[:, 1], 1] == 0)
        assert np.all(said.error[EVERY[:, 1], 1] == 0)
        assert np.all(said.error[[4, 5, 6], 0][1:] > 0)
