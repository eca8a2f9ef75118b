"""The benchmark of predictors: regret, and what a search is told and judged by."""

import numpy as np
import pytest

from affinity.predictors import PREDICTORS
from benchmarks.predictors import GAINS, Judged, own_table, searched, summary
from grouping.gain_table import GainTable
from grouping.partition import Partition
from tests.grouping.worlds import Laboratory, names, planted


def test_regret_is_0_for_the_best_and_1_for_the_median_grouping() -> None:
    tasks = names(3)
    values = dict(zip(map(Partition.of, (["abc"], ["ab", "c"], ["a", "b", "c"])), (0.3, -0.1, 0.1), strict=True))
    judged = Judged(tasks, Laboratory(planted(dict.fromkeys(tasks, 0), 0.1)), values)
    assert [judged.regret(of) for of in values] == pytest.approx([0.0, 2.0, 1.0])


def test_a_summary_by_hand() -> None:
    found = summary([0.0, 0.0, 0.2, 1.0], [4, 4, 2, 2], 8.0)
    assert (found["median"], found["mean"], found["worst"]) == pytest.approx((0.1, 0.3, 1.0))
    assert (found["lower quartile"], found["upper quartile"]) == pytest.approx((0.0, 0.4))
    assert (found["without regret"], found["models trained"], found["seconds per search"]) == (0.5, 3.0, 2.0)


def test_the_projects_own_table_judges_by_mean_gain_over_tasks() -> None:
    (judged,) = own_table()
    table = GainTable.read(GAINS)
    assert len(judged.values) == 203
    assert judged.values[Partition.singles(judged.tasks)] == 0.0
    pair = ("complexity", "string_role")
    others = [name for name in judged.tasks if name not in pair]
    partition = Partition.of([pair, *[(name,) for name in others]])
    assert judged.values[partition] == pytest.approx((0.0327 + 0.0206) / 6)
    assert judged.values[Partition.together(judged.tasks)] == pytest.approx(np.mean(table.gains[judged.tasks]))


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_a_search_keeps_to_its_models(predictor: str) -> None:
    (judged,) = own_table()
    choice, trained = searched(judged, predictor, models=4, seed=0)
    assert trained <= 4
    assert choice in judged.values
