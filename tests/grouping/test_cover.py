"""Covers: one form per grouping, who is served by what, and what is no cover."""

import json
from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.cover import Cover
from grouping.partition import Partition
from tests.grouping.worlds import names


@st.composite
def covers(draw: st.DrawFn) -> tuple[list[list[str]], dict[str, int]]:
    """Groups and who is served by which; some serve nobody."""
    tasks = names(draw(st.integers(1, 6)))
    home = {task: draw(st.integers(0, 3)) for task in tasks}
    groups = []
    for number in range(4):
        helpers = draw(st.sets(st.sampled_from(tasks)))
        groups.append([task for task in tasks if home[task] == number or task in helpers])
    kept = [number for number, group in enumerate(groups) if groups.index(group) == number and group]
    moved = {number: next(k for k in kept if groups[k] == groups[number]) for number in set(home.values())}
    return [groups[number] for number in kept], {task: kept.index(moved[number]) for task, number in home.items()}


def test_a_cover_by_hand() -> None:
    cover = Cover.of([["d"], ["c", "a", "b"], ["e", "b", "c"]], {"a": 1, "b": 2, "c": 1, "d": 0, "e": 2})
    assert cover.groups == (("a", "b", "c"), ("b", "c", "e"), ("d",))
    assert cover.served == (("a", "c"), ("b", "e"), ("d",))
    assert str(cover) == "{a, c + b} {b, e + c} {d}"
    assert cover.tasks == ("a", "b", "c", "d", "e")
    assert (cover.adapters, cover.helpers) == (3, 2)
    assert cover.served_by == {"a": 0, "b": 1, "c": 0, "d": 2, "e": 1}
    assert list(cover.served_by) == ["a", "b", "c", "d", "e"]
    assert cover.restricted_growth() == (0, 1, 0, 2, 1)
    assert cover.restricted_growth("edcba") == (0, 1, 2, 0, 2)
    assert cover.to_partition() is None
    assert json.loads(cover.to_json()) == {
        "groups": [["a", "b", "c"], ["b", "c", "e"], ["d"]],
        "served_by": {"a": 0, "b": 1, "c": 0, "d": 2, "e": 1},
    }


def test_a_group_that_serves_nobody_is_left_out() -> None:
    served_by = {"a": 1, "b": 1, "c": 2}
    cover = Cover.of([["a", "c"], ["b", "a"], ["c"]], served_by)
    assert cover == Cover.of([["a", "b"], ["c"]], {"a": 0, "b": 0, "c": 1})
    assert cover.served_by == {"a": 0, "b": 0, "c": 1}


@settings(max_examples=40)
@given(covers(), st.randoms())
def test_one_form_whatever_the_order(given_cover: tuple[list[list[str]], dict[str, int]], random: Random) -> None:
    groups, served_by = given_cover
    cover = Cover.of(groups, served_by)
    order = random.sample(range(len(groups)), len(groups))
    shuffled = [random.sample(groups[number], len(groups[number])) for number in order]
    tasks = random.sample(list(served_by), len(served_by))
    other = Cover.of(shuffled, {task: order.index(served_by[task]) for task in tasks})
    assert other == cover
    assert len({other, cover}) == 1
    assert other.to_json() == cover.to_json()


@settings(max_examples=40)
@given(covers())
def test_every_task_is_served_by_a_group_that_holds_it(given_cover: tuple[list[list[str]], dict[str, int]]) -> None:
    groups, served_by = given_cover
    cover = Cover.of(groups, served_by)
    assert cover.tasks == tuple(sorted(served_by))
    for task, index in cover.served_by.items():
        assert task in cover.served[index]
        assert cover.groups[index] == tuple(sorted(groups[served_by[task]]))
    assert all(cover.served)
    assert cover.helpers == sum(map(len, cover.groups)) - len(cover.tasks)
    again = json.loads(cover.to_json())
    assert Cover.of(again["groups"], again["served_by"]) == cover


@given(st.lists(st.integers(0, 5), min_size=1, max_size=7))
def test_a_partition_is_a_cover_without_helpers(labels: list[int]) -> None:
    partition = Partition.from_labels(names(len(labels)), labels)
    cover = Cover.of_partition(partition)
    assert cover.to_partition() == partition
    assert (cover.helpers, cover.adapters, cover.served_by) == (0, partition.adapters, partition.served_by)
    assert cover.restricted_growth() == partition.restricted_growth()
    assert cover == Cover.of(partition.groups, partition.served_by)


@pytest.mark.parametrize(
    ("groups", "served_by", "expected"),
    [
        ([], {}, "served tasks of every group"),
        ([["a", "b"], ["b", "c"]], {"a": 0, "b": 1, "c": 0}, "{a, b} to serve one of its members"),
        ([["a", "b"]], {"a": 0}, "every task to be served once"),
        ([["a", "b"], ["a", "b"]], {"a": 0, "b": 1}, "different groups"),
        ([["a", "a"]], {"a": 0}, "different members"),
        ([["a"]], {"a": 0, "b": 1}, "`b`"),
        ([["a"], ["b"]], {"a": 0, "b": -1}, "`b`"),
    ],
)
def test_refuses_what_is_no_cover(groups: list[list[str]], served_by: Mapping[str, int], expected: str) -> None:
    with pytest.raises(ValueError, match=f"^Expected .*{expected}"):
        Cover.of(groups, served_by)


def test_refuses_another_order_and_a_task_that_is_served_twice() -> None:
    with pytest.raises(ValueError, match=r"use Cover\.of"):
        Cover((("b",), ("a",)), (("b",), ("a",)))
    with pytest.raises(ValueError, match=r"use Cover\.of"):
        Cover((("a", "b"),), (("b", "a"),))
    with pytest.raises(ValueError, match="served once"):
        Cover((("a", "b"), ("b", "c")), (("a", "b"), ("b", "c")))
    with pytest.raises(ValueError, match="served tasks of every group"):
        Cover((("a",),), ())
