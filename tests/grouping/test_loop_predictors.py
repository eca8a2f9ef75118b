"""Any predictor drives the loop."""

import numpy as np
import pytest

from affinity.predictors import PREDICTORS
from grouping.loop import search
from grouping.objective import BestGain
from grouping.partition import Group, Partition, all_partitions
from grouping.rounds.planning import Budget
from tests.grouping.worlds import Array, Laboratory, names, pairs_and_all

TASKS = names(5)
PARTNERS = np.array(
    [
        [0.00, 0.06, -0.09, -0.03, 0.05],
        [0.08, 0.00, -0.04, -0.06, 0.04],
        [-0.07, -0.02, 0.00, 0.05, -0.03],
        [-0.04, -0.08, 0.07, 0.00, -0.06],
        [0.03, -0.01, -0.06, -0.07, 0.00],
    ]
)
"""What a source gives a target, sources by targets; 0 on the diagonal."""
BEST = Partition.of(["abe", "cd"])


def additive(group: Group) -> Array:
    """Partners add up."""
    at = [TASKS.index(name) for name in group]
    return np.asarray(PARTNERS[np.ix_(at, at)].sum(axis=0), dtype=np.float64)


def test_the_best_grouping_is_known() -> None:
    laboratory = Laboratory(additive)
    values = {of: laboratory.value(of) for of in all_partitions(TASKS)}
    assert max(values, key=lambda of: values[of]) == BEST


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", PREDICTORS)
def test_every_predictor_leads_to_the_best_grouping_of_an_additive_table(name: str, seed: int) -> None:
    """Of ten triples and five groups of four, four groups may be trained; pairs and all tasks together were."""
    laboratory = Laboratory(additive, error=0.004, seed=seed)
    measured = laboratory.measure(pairs_and_all(TASKS))
    outcome = search(
        PREDICTORS[name].fit(TASKS, [of.gains() for of in measured.values()]), measured=measured,
        objective=BestGain(), oracle=laboratory, budget=Budget(models=4, rounds=2), seed=seed,
    )  # fmt: skip
    assert outcome.partition == BEST
    assert ("a", "b", "e") in laboratory.batches[1]  # foretold from pairs, and trained in the first round
    assert type(outcome.gains) is PREDICTORS[name]
