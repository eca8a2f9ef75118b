"""Partitions and covers as one kind of grouping."""

import pytest

from grouping.cover import Cover
from grouping.grouped import entries_of, grouped, helpers_of, listed_once, serving
from grouping.partition import Partition

COVER = Cover.of([["a", "b", "c"], ["c", "d"]], {"a": 0, "b": 0, "c": 1, "d": 1})


def test_without_helpers_it_is_a_partition() -> None:
    assert grouped([(("c",), ("c",)), (("b", "a"), ("a", "b"))]) == Partition.of(["ab", "c"])
    found = grouped([(("c", "d"), ("c", "d")), (("a", "b", "c"), ("a", "b"))])
    assert found == COVER
    assert grouped(entries_of(COVER)) == COVER
    assert grouped(entries_of(Partition.of(["ab", "c"]))) == Partition.of(["ab", "c"])


def test_one_group_that_serves_two_sets_is_one_adapter() -> None:
    assert grouped([(("a", "b"), ("a",)), (("a", "b"), ("b",))]) == Partition.of(["ab"])
    three = grouped([(("a", "b", "c"), ("a",)), (("a", "b", "c"), ("b",)), (("a", "c"), ("c",))])
    assert three.adapters == 2
    assert helpers_of(three) == {("a", "b"): ("c",), ("c",): ("a",)}


def test_who_is_served_with_whom_and_who_helps() -> None:
    assert serving(COVER) == Partition.of(["ab", "cd"])
    assert serving(Partition.of(["ab", "c"])) == Partition.of(["ab", "c"])
    assert helpers_of(COVER) == {("a", "b"): ("c",)}
    assert helpers_of(Partition.of(["ab", "c"])) == {}


def test_what_serves_no_task_or_one_twice_is_no_grouping() -> None:
    with pytest.raises(ValueError, match="to be served once"):
        grouped([(("a", "b"), ("a",)), (("a", "c"), ("a", "c"))])


def test_entries_are_listed_once() -> None:
    plain = Partition.of(["abc", "d"])
    entries, rows = listed_once([COVER, plain, Partition.of(["ab", "cd"])])
    assert len(entries) == len(set(entries))
    assert [entries[at] for at in rows[COVER]] == entries_of(COVER)
    assert (("a", "b", "c"), ("a", "b")) in entries
    assert (("a", "b", "c"), ("a", "b", "c")) in entries, "the same group, serving all"
    assert len(entries) == 5
