"""Studies of partitions on planted gains, run by ask and tell."""

from collections.abc import Collection

import numpy as np
import optuna

from grouping.labels import suggest_partition
from grouping.partition import Partition
from tests.grouping.worlds import Truth, planted

HOMES = {"a": 0, "b": 1, "c": 0, "d": 2, "e": 1, "f": 2}
"""Six tasks in three homes."""
BEST = Partition.of(["ac", "be", "df"])
"""What must be found."""
TRUTH = planted(HOMES, 0.1)


def gains_of(partition: Partition, truth: Truth = TRUTH) -> dict[str, float]:
    """Gain of every task; 0 alone."""
    shared = [group for group in partition.groups if len(group) > 1]
    found = dict.fromkeys(partition.tasks, 0.0)
    return found | {t: float(gain) for group in shared for t, gain in zip(group, truth(group), strict=True)}


def mean_gain(partition: Partition) -> float:
    """Mean over all tasks."""
    return float(np.mean(list(gains_of(partition).values())))


def step(study: optuna.Study, tasks: Collection[str], *, gains: bool = True, sign: float = 1.0) -> Partition:
    """One trial, from ask to tell."""
    trial = study.ask()
    partition = suggest_partition(trial, tasks)
    if gains:
        trial.set_user_attr("gains", gains_of(partition))
    study.tell(trial, sign * mean_gain(partition))
    return partition


def new_study(
    sampler: optuna.samplers.BaseSampler,
    *,
    direction: str = "maximize",
    storage: optuna.storages.BaseStorage | None = None,
) -> optuna.Study:
    """A study, or the same one again where the storage has it."""
    return optuna.create_study(
        study_name="partitions", direction=direction, sampler=sampler, storage=storage, load_if_exists=True
    )
