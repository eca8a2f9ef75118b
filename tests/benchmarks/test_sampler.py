"""The planted gains and what is counted on them."""

import numpy as np
import pytest

from benchmarks.planted_gains import PlantedGains
from benchmarks.sampler import OTHERS, OURS, SEEDS, models_until_near, summary
from grouping.partition import Partition, all_partitions


def test_the_best_partition_is_the_best_of_all() -> None:
    planted = PlantedGains(8, 0)
    assert planted.value(planted.best) == max(planted.value(of) for of in all_partitions(planted.tasks))
    assert planted.value(Partition.singles(planted.tasks)) == 0.0
    assert planted.value(Partition.together(planted.tasks)) < 0.0


def test_gains_are_asymmetric_and_one_group_has_one_answer() -> None:
    planted, again = PlantedGains(8, 0), PlantedGains(8, 0)
    pair = planted.tasks[:2]
    assert planted.of(pair)[0] != planted.of(pair)[1]
    np.testing.assert_array_equal(planted.of(pair), again.of(pair))


@pytest.mark.parametrize("gains", [True, False])
def test_ours_trains_few_models(gains: bool) -> None:
    found = models_until_near("partition", PlantedGains(8, 1), gains=gains)
    assert found["reached"]
    assert found["models"] <= 50


def test_a_stopped_sampler_has_not_reached() -> None:
    found = models_until_near("random", PlantedGains(8, 1), gains=False, most=10)
    assert not found["reached"]
    assert 10 < found["models"] < 20


def test_a_seed_counts_as_won_with_fewer_models_only() -> None:
    def run(models: int, reached: bool) -> dict[str, float]:
        return {"models": models, "trials": models, "reached": reached, "share": 0.9 + 0.1 * reached}

    measured = {f"8 tasks, seed {seed}, {name}": run(20, True) for seed in SEEDS for name in (*OURS, *OTHERS)}
    measured[f"8 tasks, seed {SEEDS[0]}, tpe"] = run(21, True)
    measured[f"8 tasks, seed {SEEDS[1]}, tpe"] = run(5, False)
    table = summary(measured, 8)
    assert table["tpe"]["fewer by partition"] == 2
    assert (table["tpe"]["reached"], table["tpe"]["worst"]) == (19, "not reached")
    assert table["random"]["fewer by partition, values"] == 0
