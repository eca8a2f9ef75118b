"""Partitions: one form per grouping, counts, and random baselines."""

import json
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping.partition import Partition, all_partitions, partitions_of_shape
from tests.grouping.worlds import names

BELL = (1, 1, 2, 5, 15, 52, 203)

labels = st.lists(st.integers(0, 5), min_size=1, max_size=7)


def test_a_partition_by_hand() -> None:
    partition = Partition.of([["d"], ["c", "a"], ["b", "e"]])
    assert partition.groups == (("a", "c"), ("b", "e"), ("d",))
    assert str(partition) == "{a, c} {b, e} {d}"
    assert partition.tasks == ("a", "b", "c", "d", "e")
    assert (partition.adapters, partition.shape) == (3, (2, 2, 1))
    assert partition.served_by == {"a": 0, "c": 0, "b": 1, "e": 1, "d": 2}
    assert partition.restricted_growth() == (0, 1, 0, 2, 1)
    assert partition.restricted_growth("edcba") == (0, 1, 2, 0, 2)
    assert json.loads(partition.to_json()) == [["a", "c"], ["b", "e"], ["d"]]


def test_singles_and_together() -> None:
    assert Partition.singles(["b", "a"]).groups == (("a",), ("b",))
    assert Partition.together(["b", "a"]).groups == (("a", "b"),)


@given(labels, st.randoms())
def test_one_form_whatever_the_order(drawn: list[int], random: Random) -> None:
    tasks = names(len(drawn))
    partition = Partition.from_labels(tasks, drawn)
    shuffled = [list(group) for group in partition.groups]
    random.shuffle(shuffled)
    for group in shuffled:
        random.shuffle(group)
    assert Partition.of(shuffled) == partition
    assert len({Partition.of(shuffled), partition}) == 1


@given(labels)
def test_restricted_growth_is_one_string_per_partition(drawn: list[int]) -> None:
    tasks = names(len(drawn))
    partition = Partition.from_labels(tasks, drawn)
    digits = partition.restricted_growth()
    assert Partition.from_labels(tasks, digits) == partition
    assert all(digit <= max(digits[:i], default=-1) + 1 for i, digit in enumerate(digits))


@pytest.mark.parametrize("count", range(1, 7))
def test_all_partitions_are_bells_number_of_different_ones(count: int) -> None:
    found = list(all_partitions(names(count)))
    assert len(found) == len(set(found)) == BELL[count]
    assert all(partition.tasks == names(count) for partition in found)
    for shape in {partition.shape for partition in found}:
        assert partitions_of_shape(shape) == sum(partition.shape == shape for partition in found)


def test_a_random_partition_of_a_shape_is_uniform_and_avoids_the_choice() -> None:
    tasks, choice = names(4), Partition.of(["ab", "cd"])
    generator = np.random.default_rng(0)
    drawn = [Partition.random_of_shape((2, 2), tasks, generator) for _ in range(600)]
    counts = [drawn.count(partition) for partition in set(drawn)]
    assert len(counts) == 3
    assert min(counts) > 150  # 200 expected, standard deviation 12
    others = {Partition.random_of_shape((2, 2), tasks, generator, avoid=choice) for _ in range(40)}
    assert others == {Partition.of(["ac", "bd"]), Partition.of(["ad", "bc"])}


@pytest.mark.parametrize("shape", [(4,), (1, 1, 1, 1)])
def test_the_only_partition_of_a_shape_cannot_be_avoided(shape: tuple[int, ...]) -> None:
    only = Partition.random_of_shape(shape, names(4), np.random.default_rng(0))
    assert only.shape == shape
    assert Partition.random_of_shape(shape, names(4), np.random.default_rng(1), avoid=only) == only


def test_refusals() -> None:
    with pytest.raises(ValueError, match=r"use Partition\.of"):
        Partition((("b",), ("a",)))
    with pytest.raises(ValueError, match="`a` stands twice"):
        Partition.of([["a", "b"], ["a"]])
    with pytest.raises(ValueError, match="one task or more"):
        Partition.of([["a"], []])
    with pytest.raises(ValueError, match="add up to 3 tasks"):
        Partition.random_of_shape((2, 2), names(3), np.random.default_rng(0))
