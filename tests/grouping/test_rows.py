"""Groups as rows: in order, once each, with the singles last."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.masks import mask_of
from grouping.rows import MOST_TASKS, Rows
from tests.grouping.worlds import names


def test_rows_by_hand() -> None:
    rows = Rows.of([("c", "a"), ("b",), ("a", "c"), ("a", "b", "c")], ("a", "b", "c"))
    assert rows.members.astype(int).tolist() == [[1, 0, 1], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert rows.shared == 2
    assert rows.masks.tolist() == [5, 7, 1, 2, 4]
    assert [rows.group(row) for row in range(5)] == [("a", "c"), ("a", "b", "c"), ("a",), ("b",), ("c",)]
    assert (rows.row_of("ca"), rows.row_of("b"), rows.row_of("ab")) == (0, 3, None)
    some = rows.only(np.array([1]))
    assert some.masks.tolist() == [7, 1, 2, 4]


@pytest.mark.parametrize("count", range(2, 7))
def test_every_group_is_there_once_and_the_singles_are_last(count: int) -> None:
    rows = Rows.every(names(count))
    assert sorted(rows.masks.tolist()) == list(range(1, 1 << count))
    assert rows.shared == (1 << count) - 1 - count
    np.testing.assert_array_equal(rows.members[rows.shared :], np.eye(count, dtype=bool))


@settings(max_examples=40)
@given(st.lists(st.sets(st.sampled_from(names(5)), min_size=1)), st.permutations(names(5)))
def test_a_group_has_one_row_under_its_mask(groups: list[set[str]], order: list[str]) -> None:
    rows = Rows.of(groups, order)
    assert len(set(rows.masks.tolist())) == len(rows.members)
    for group in groups:
        row = rows.row_of(group)
        assert row is not None
        assert rows.group(row) == tuple(sorted(group))
        assert rows.masks[row] == mask_of(group, order)
    np.testing.assert_array_equal(rows.members[rows.shared :], np.eye(5, dtype=bool))


def test_the_last_of_many_tasks_still_has_its_own_bit() -> None:
    tasks = [f"t{number:02d}" for number in range(MOST_TASKS)]
    rows = Rows.of([tasks, tasks[-2:]], tasks)
    assert rows.row_of(tasks) == 0
    assert rows.row_of(tasks[-1:]) == len(rows.members) - 1
    assert (rows.masks > 0).all()
