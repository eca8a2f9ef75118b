"""How many adapters fit, against every partition, and how bytes are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping.adapters_within import most_adapters
from grouping.byte_count import in_bytes
from grouping.partition import all_partitions
from tests.grouping.worlds import names


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.integers(0, 120))
def test_every_partition_into_so_many_fits_and_one_into_more_does_not(sizes: list[int], limit: int) -> None:
    size = dict(enumerate(sizes, start=1))
    largest = [0] * (len(sizes) + 1)
    for partition in all_partitions(names(len(sizes))):
        taken = sum(size[len(group)] for group in partition.groups)
        largest[partition.adapters] = max(largest[partition.adapters], taken)
    found = most_adapters(size, tasks=len(sizes), limit=limit)
    assert all(taken <= limit for taken in largest[: found + 1])
    assert found == len(sizes) or largest[found + 1] > limit


@given(st.integers(0, 20), st.integers(0, 20), st.integers(1, 6), st.integers(0, 150))
def test_where_sizes_grow_evenly_the_limit_forbids_nothing_that_fits(
    fixed: int, each: int, tasks: int, limit: int
) -> None:
    size = {count: fixed + each * count for count in range(1, tasks + 1)}
    found = most_adapters(size, tasks=tasks, limit=limit)
    for partition in all_partitions(names(tasks)):
        fits = sum(size[len(group)] for group in partition.groups) <= limit
        assert fits == (partition.adapters <= found)


def test_by_hand() -> None:
    assert most_adapters({1: 100, 2: 100, 3: 100}, tasks=3, limit=299) == 2
    assert most_adapters({1: 100, 2: 200, 3: 300}, tasks=3, limit=299) == 0
    assert most_adapters({1: 100, 2: 200, 3: 300}, tasks=3, limit=300) == 3


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (2_000_000, 2_000_000), (2e6, 2_000_000), ("2MB", 2_000_000), (" 1.5 kb ", 1500), ("2 MiB", 2 * 2**20),
        ("7", 7), ("7B", 7), ("1GiB", 2**30),
    ],
)  # fmt: skip
def test_bytes_are_read(written: object, expected: int) -> None:
    assert in_bytes(written) == expected


@pytest.mark.parametrize("written", [0, -1, 1.5, True, None, "", "x", "2 parsecs", "-2MB", float("nan"), float("inf"),
                                     "0.4", "9" * 400, [1]])  # fmt: skip
def test_what_is_no_number_of_bytes_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="expected a whole number of bytes of 1 or more, or a text such as 2MB"):
        in_bytes(written)
