"""Rules: which groups they allow, and which conflict is named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.constraints import Alone, Apart, Constraints, MaxTasks, Rule, Together
from grouping.masks import group_of
from grouping.partition import Partition, all_partitions
from tasks.errors import InputError
from tests.grouping.worlds import names

TASKS = names(4)

pair = st.lists(st.sampled_from(TASKS), min_size=2, max_size=2, unique=True)
rule = st.one_of(
    pair.map(lambda p: Together(first=p[0], second=p[1])),
    pair.map(lambda p: Apart(first=p[0], second=p[1])),
    st.sampled_from(TASKS).map(lambda task: Alone(task=task)),
    st.integers(1, 4).map(lambda size: MaxTasks(tasks=size)),
)


def meets(partition: Partition, rule: Rule) -> bool:
    """The rule in words, group by group: the slow reference."""
    home = partition.served_by
    match rule:
        case Together():
            return home[rule.first] == home[rule.second]
        case Apart():
            return home[rule.first] != home[rule.second]
        case Alone():
            return (rule.task,) in partition.groups
        case MaxTasks():
            return max(partition.shape) <= rule.tasks


def feasible(rules: tuple[Rule, ...], limit: int) -> bool:
    return any(p.adapters <= limit and all(meets(p, rule) for rule in rules) for p in all_partitions(TASKS))


def test_allowed_groups_by_hand() -> None:
    rules = Constraints.of(together=[["a", "b"]], apart=[["b", "c"]])
    allowed = [group_of(int(mask), names(3)) for mask in np.flatnonzero(rules.allowed(names(3)))]
    assert allowed == [("a", "b"), ("c",)]
    assert Constraints.of(max_tasks=1).allowed(names(3)).sum() == 3
    assert Constraints.of(alone=["a"]).allowed(names(3)).sum() == 4
    assert Constraints().allowed(names(3)).sum() == 7


def test_lists_of_three_are_pairs() -> None:
    assert Constraints.of(together=["abc"]).rules == (Together(first="a", second="b"), Together(first="b", second="c"))
    assert len(Constraints.of(apart=["abc"]).rules) == 3


@settings(deadline=None)
@given(st.lists(rule, max_size=5).map(tuple), st.integers(1, 4))
def test_groups_are_allowed_as_the_rules_say(rules: tuple[Rule, ...], limit: int) -> None:
    allowed = Constraints(rules).allowed(TASKS)
    for partition in all_partitions(TASKS):
        masks = [sum(1 << TASKS.index(task) for task in group) for group in partition.groups]
        assert allowed[masks].all() == all(meets(partition, rule) for rule in rules)
    if feasible(rules, limit):
        Constraints(rules).check(TASKS, max_adapters=limit)
    else:
        with pytest.raises(InputError, match="no grouping can meet"):
            Constraints(rules).check(TASKS, max_adapters=limit)


def test_the_smallest_conflict_is_named() -> None:
    rules = Constraints.of(together=[["a", "b"], ["b", "c"]], apart=[["c", "d"], ["a", "c"]], alone=["d"])
    with pytest.raises(InputError) as caught:
        rules.check(TASKS)
    assert str(caught.value) == (
        "grouping: no grouping can meet `together: [a, b]` and `together: [b, c]` and `apart: [a, c]`; "
        "drop or loosen one of them"
    )


def test_the_cap_is_named_only_where_it_matters() -> None:
    rules = Constraints.of(alone=["a", "b"], apart=[["c", "d"]], together=[["c", "b"]])
    with pytest.raises(InputError) as caught:
        rules.check(TASKS, max_adapters=1)
    assert "max_adapters" not in caught.value.message
    with pytest.raises(InputError, match=r"meet `max_adapters: 2` and `alone: \[a\]` and `alone: \[b\]`; drop"):
        Constraints.of(alone=["a", "b"]).check(names(3), max_adapters=2)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (Constraints.of(together=[["a", "bb"]]), "grouping.together: no task `bb`; tasks are `a`, `b`"),
        (Constraints.of(apart=[["a", "a"]]), "grouping.apart: names `a` twice"),
        (Constraints.of(alone=["x"]), "grouping.alone: no task `x`"),
        (Constraints.of(max_tasks=0), "grouping.max_tasks: found 0; expected 1 or more"),
    ],
)
def test_refuses_names_and_numbers(rules: Constraints, message: str) -> None:
    with pytest.raises(InputError) as caught:
        rules.check(names(2))
    assert str(caught.value).startswith(message)


def test_refuses_a_cap_below_one() -> None:
    with pytest.raises(InputError, match=r"grouping\.max_adapters: found 0"):
        Constraints().check(TASKS, max_adapters=0)
