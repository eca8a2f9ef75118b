"""Values told by pairs, rules at random, and the slow reference: every partition."""

from collections.abc import Sequence

import numpy as np

from grouping.constraints import Constraints
from grouping.partition import Partition, all_partitions
from grouping.solvers import PairwiseValues
from tests.grouping.worlds import Array

KINDS = ("noise", "negative", "zero", "equal", "levels", "trends", "no weight")


def some_values(count: int, kind: str, power: float, generator: np.random.Generator) -> PairwiseValues:
    """Values of a kind; ``equal`` has many best partitions, ``no weight`` gives large groups no effects."""
    effects = generator.normal(size=(count, count))
    level, trend = np.zeros(count), np.zeros(count)
    if kind == "negative":
        effects = -np.abs(effects)
    elif kind == "zero":
        effects = np.zeros((count, count))
    elif kind == "equal":
        effects = np.ones((count, count))
    elif kind == "levels":
        level = generator.normal(size=count)
    elif kind == "trends":
        level, trend = generator.normal(size=count), generator.normal(size=count)
    np.fill_diagonal(effects, 0.0)
    values = PairwiseValues.shrinking(effects, power=power, level=level, trend=trend)
    if kind != "no weight":
        return values
    scale = np.where(np.arange(count) < 2, values.scale, 0.0)
    return PairwiseValues(effects=effects, level=level, scale=scale, trend=trend)


def some_constraints(tasks: Sequence[str], generator: np.random.Generator) -> Constraints:
    """Few rules of each kind; they may contradict each other."""

    def pair() -> list[str]:
        return [str(task) for task in generator.choice(list(tasks), 2, replace=False)]

    several = len(tasks) > 1
    return Constraints.of(
        together=[pair() for _ in range(generator.integers(3) * several)],
        apart=[pair() for _ in range(generator.integers(4) * several)],
        alone=[str(generator.choice(list(tasks)))] * int(generator.random() < 0.2),
        max_tasks=int(generator.integers(1, len(tasks) + 1)) if generator.random() < 0.5 else None,
    )


def worth(partition: Partition, values: PairwiseValues, tasks: Sequence[str]) -> float:
    """Sum over groups, pair by pair."""
    total = 0.0
    for group in partition.groups:
        members = [tasks.index(task) for task in group]
        if len(members) > 1:
            total += float(values.scale[len(members) - 1] * sum(values.effects[s, t] for s in members for t in members))
            total += float(values.level[members].sum() + len(members) * values.trend[len(members) - 1])
    return total


def meets(partition: Partition, constraints: Constraints, tasks: Sequence[str]) -> bool:
    """Whether every group meets every rule."""
    members = np.array([[task in group for task in tasks] for group in partition.groups])
    return all(bool(rule.allows(members, tasks).all()) for rule in constraints.rules)


def best_by_hand(
    values: PairwiseValues, tasks: Sequence[str], constraints: Constraints, max_groups: int | None
) -> float:
    """The highest value over all partitions that meet the rules; ``-inf`` if none does."""
    limit = max_groups or len(tasks)
    return max(
        (
            worth(partition, values, tasks)
            for partition in all_partitions(tasks)
            if partition.adapters <= limit and meets(partition, constraints, tasks)
        ),
        default=-np.inf,
    )


def block_effects(
    count: int, size: int, generator: np.random.Generator, *, signal: float = 2.0
) -> tuple[Array, list[int]]:
    """Effects of ``signal`` within groups of one size and minus that across, with noise of half of it; labels."""
    labels = [at // size for at in range(count)]
    home = np.array(labels)
    effects = np.where(home[:, None] == home, signal, -signal) + signal / 2 * generator.normal(size=(count, count))
    np.fill_diagonal(effects, 0.0)
    return effects, labels
