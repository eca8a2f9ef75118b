"""A limit on what the groups of a partition cost together."""

import pickle
from collections.abc import Iterator

import numpy as np
import optuna
import pytest

from grouping.constraints import Constraints
from grouping.labels import suggest_partition
from grouping.partition import Group, Partition, all_partitions
from grouping.sampler import EveryPartitionHeld, PartitionSampler
from grouping.sampling.allowed import Allowed
from grouping.sampling.group_prices import GroupPrices
from grouping.study import quiet
from tasks.errors import InputError
from tests.grouping.sampler_studies import BEST, HOMES, mean_gain, new_study, step
from tests.grouping.worlds import names

TASKS = tuple(HOMES)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


def bytes_of(group: Group) -> float:
    """An adapter, and some more for each task; the one of `f` is large."""
    return 2.0 + len(group) + 3.0 * ("f" in group)


def price(partition: Partition) -> float:
    return sum(map(bytes_of, partition.groups))


def test_which_partitions_keep_it() -> None:
    prices = GroupPrices(bytes_of, 15.0, names(4))
    assert prices.every().tolist()[:4] == [0.0, 3.0, 3.0, 4.0]
    rows = np.array([of.restricted_growth() for of in all_partitions(names(4))], dtype=np.intp)
    assert prices.keep(rows).sum() == sum(price(of) <= 15 for of in all_partitions(names(4))) > 0
    assert prices.within(15 * (1 + 1e-13)), "sums of costs round"


@pytest.mark.parametrize("most", [13.0, 15.0, 18.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_within_the_limit_is_found_and_nothing_else_proposed(most: float, seed: int) -> None:
    study = new_study(PartitionSampler(TASKS, seed=seed, cost=bytes_of, max_cost=most))
    allowed = [of for of in all_partitions(TASKS) if price(of) <= most]
    best = max(map(mean_gain, allowed))
    met = []
    for _ in range(min(25, len(allowed))):
        met.append(step(study, TASKS))
        if mean_gain(met[-1]) == pytest.approx(best):
            break
    assert set(met) <= set(allowed)
    assert mean_gain(met[-1]) == pytest.approx(best), f"not among {len(met)} of {len(allowed)}"


def test_a_limit_that_binds_nothing_changes_nothing() -> None:
    free, loose = (
        new_study(PartitionSampler(TASKS, seed=1, max_cost=most, constraints=Constraints.of(max_tasks=3)))
        for most in (None, 6.0)
    )
    met = [step(study, TASKS) for study in (free, loose) for _ in range(12)]
    assert BEST in met[:12]
    assert BEST in met[12:], "by default a group costs its tasks, and any partition six"


def test_all_within_the_limit_are_met_once_and_then_it_ends() -> None:
    tasks = names(5)
    study = new_study(PartitionSampler(tasks, seed=0, cost=lambda group: 1.0 + len(group) ** 2, max_cost=14.0))
    allowed = {of for of in all_partitions(tasks) if sum(1 + len(group) ** 2 for group in of.groups) <= 14}
    assert 1 < len(allowed) < 52
    met = [step(study, tasks) for _ in allowed]
    assert len(set(met)) == len(met)
    assert set(met) == allowed
    with pytest.raises(EveryPartitionHeld):
        suggest_partition(study.ask(), tasks)


def test_many_tasks_keep_it_too() -> None:
    tasks = names(16)
    study = new_study(PartitionSampler(tasks, seed=0, cost=lambda group: 3.0 + len(group), max_cost=16 + 3 * 5))

    def gain(partition: Partition) -> float:
        """Tasks next to each other help."""
        numbers = [[ord(task) for task in group] for group in partition.groups]
        return float(
            np.mean([sum(0.1 if abs(a - b) < 4 else -0.1 for a in of for b in of if a != b) for of in numbers])
        )

    for _ in range(30):
        trial = study.ask()
        partition = suggest_partition(trial, tasks)
        assert partition.adapters <= 5
        study.tell(trial, gain(partition))


def test_a_limit_that_cannot_be_met_or_a_wrong_cost_ends_in_one_line() -> None:
    with pytest.raises(InputError, match="no grouping can meet all constraints and cost 2 or less; drop or loosen"):
        PartitionSampler(TASKS, seed=0, cost=bytes_of, max_cost=2.0)
    with pytest.raises(InputError, match="cost: found a cost of -1 for `a`; expected 0 or more"):
        PartitionSampler(TASKS, seed=0, cost=lambda _group: -1.0, max_cost=2.0)
    with pytest.raises(InputError, match="found a cost of nan for `a`"):
        Allowed(names(3), Constraints(), None, GroupPrices(lambda _group: float("nan"), 2.0, names(3)))


def test_groups_that_may_not_be_had_at_any_price_are_not_proposed() -> None:
    def price_of(group: Group) -> float:
        return float("inf") if len(group) == len(TASKS) else 1.0

    study = new_study(PartitionSampler(TASKS, seed=0, cost=price_of, max_cost=3.0))
    met = [step(study, TASKS) for _ in range(12)]
    assert all(1 < partition.adapters <= 3 for partition in met)
    assert BEST in met, "where all other costs are equal too"


def test_it_travels_to_another_process() -> None:
    sampler = pickle.loads(pickle.dumps(PartitionSampler(TASKS, seed=0, cost=bytes_of, max_cost=15.0)))
    study = optuna.create_study(direction="maximize", sampler=sampler)
    assert all(price(step(study, TASKS)) <= 15 for _ in range(3))
