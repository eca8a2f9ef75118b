"""The best grouping that holds a pair, against a list of all partitions."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from affinity.predictor import Measured
from grouping.constraints import Constraints
from grouping.held_together import best_together, rules_against
from grouping.masks import all_members
from grouping.objective import BestGain, FewestAdapters, Objective
from grouping.partition import Group, Partition, all_partitions
from grouping.rounds.knowledge import Knowledge
from tests.grouping.worlds import Independent, every_group, measured_group, names, noise

TASKS = names(5)
PAIRS = list(combinations(TASKS, 2))


def known(seed: int, *, untrained: frozenset[Group] = frozenset(), deltas: bool = False) -> Knowledge:
    """All groups, but for some, were measured with small errors; a point per hundredth of gain."""
    truth = noise(seed)
    measured = {g: measured_group(g, truth(g), error=1e-6, delta_error=1e-4) for g in every_group(TASKS)}
    told = {group: Measured(group, of.gain, of.gain_error) for group, of in measured.items() if group not in untrained}
    changes = {group: Measured(group, of.delta, of.delta_error) for group, of in measured.items()}
    return Knowledge(
        Independent(TASKS, 10.0, told),
        Independent(TASKS, 1000.0, changes) if deltas else None,
        {group: of for group, of in measured.items() if group not in untrained},
    )


def value(knows: Knowledge, partition: Partition) -> float:
    """Measured mean gain."""
    return knows.measured_mean(partition)


def free(tasks: tuple[str, ...] = TASKS) -> NDArray[np.bool_]:
    return Constraints().allowed(tasks)


@pytest.mark.parametrize("most", [None, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_best_of_all_partitions_that_hold_the_pair(seed: int, most: int | None) -> None:
    knows, answer = known(seed), Partition.singles(TASKS)
    found = best_together(
        answer, PAIRS, knows, allowed=free(), objective=BestGain(max_adapters=most), generator=np.random.default_rng(0)
    )
    for pair, other in found.items():
        fitting = [
            of for of in all_partitions(TASKS)
            if of.served_by[pair[0]] == of.served_by[pair[1]] and (most is None or of.adapters <= most)
        ]  # fmt: skip
        assert other is not None
        assert value(knows, other.partition) == pytest.approx(max(value(knows, of) for of in fitting), abs=1e-6)
        assert other.difference == pytest.approx(value(knows, other.partition), abs=1e-5)  # singles have 0
        assert other.low <= other.difference <= other.high
        assert set(pair) <= set(other.group)
        assert other.untrained == ()


@pytest.mark.parametrize("seed", range(3))
def test_with_floors_only_groups_that_keep_them_and_no_more_adapters_than_the_answer(seed: int) -> None:
    knows = known(seed, deltas=True)
    answer = Partition.of(["ab", "c", "d", "e"])
    objective: Objective = FewestAdapters(margins=dict.fromkeys(TASKS, 20.0))
    found = best_together(answer, PAIRS, knows, allowed=free(), objective=objective, generator=np.random.default_rng(0))

    def keeps(of: Partition) -> bool:
        return all((knows.measured[group].delta > -20).all() for group in of.groups if len(group) > 1)

    for pair, other in found.items():
        fitting = [
            of for of in all_partitions(TASKS)
            if of.served_by[pair[0]] == of.served_by[pair[1]] and of.adapters <= answer.adapters and keeps(of)
        ]  # fmt: skip
        assert (other is None) == (not fitting)
        if other is not None:
            assert other.partition.adapters == min(of.adapters for of in fitting)


def test_groups_that_were_never_trained_are_named() -> None:
    knows = known(0, untrained=frozenset([("a", "b")]))
    allowed = Constraints.of(max_tasks=2, apart=[["c", "d"], ["c", "e"], ["d", "e"]]).allowed(TASKS)
    found = best_together(
        Partition.singles(TASKS), [("a", "b")], knows, allowed=allowed, objective=BestGain(),
        generator=np.random.default_rng(0),
    )  # fmt: skip
    other = found["a", "b"]
    assert other is not None
    assert other.untrained == (("a", "b"),)
    assert other.low < 0 < other.high


def test_where_no_grouping_holds_the_pair_there_is_none() -> None:
    allowed = Constraints.of(apart=[["a", "b"]]).allowed(TASKS)
    found = best_together(
        Partition.singles(TASKS), [("a", "b")], known(0), allowed=allowed, objective=BestGain(),
        generator=np.random.default_rng(0),
    )  # fmt: skip
    assert found["a", "b"] is None


def test_a_rule_that_keeps_a_pair_apart_is_named() -> None:
    rules = Constraints.of(apart=[["a", "b"]], alone=["c"]).rules
    allowed = {str(rule): rule.allows(all_members(5), TASKS) for rule in rules}
    found = rules_against(PAIRS, allowed, TASKS)
    assert found["a", "b"] == "`apart: [a, b]`"
    assert found["a", "c"] == "`alone: [c]`"
    assert ("a", "d") not in found
