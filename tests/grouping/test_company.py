import pytest
from hypothesis import given
from hypothesis import strategies as st

from affinity.both import Both
from grouping.company import Company, likeness

TASKS = "abcdef"


def test_by_hand() -> None:
    """Of the tasks of both, a to e: {a, b}, {c, d, e} against {a, b, c}, {d, e}; x and y are of one alone."""
    found = likeness(["abx", "cde"], ["abc", "dey"], among="abcdexy")
    assert found.tasks == tuple("abcde")
    # pairs together in both 2, in the first 1 + 3, in the second 3 + 1, expected 4 * 4 / 10
    assert found.rand == pytest.approx((2 - 1.6) / (4 - 1.6))
    assert not found.same
    assert found.changed[0] == Company("a", Both(("b",), ("b", "c")))
    assert [of.task for of in found.changed] == ["a", "b", "c", "d", "e"]


def test_tasks_that_are_not_among_them_are_taken_out() -> None:
    found = likeness(["abc"], ["ab", "c"], among="ab")
    assert (found.tasks, found.rand, found.same, found.changed) == (("a", "b"), 1.0, True, ())


def test_one_task_has_no_company() -> None:
    found = likeness(["a", "b"], ["ac"], among=TASKS)
    assert (found.tasks, found.rand, found.same) == (("a",), None, True)


@given(st.lists(st.integers(0, 3), min_size=6, max_size=6), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_the_other_order_is_the_mirror(first: list[int], second: list[int]) -> None:
    a, b = ([[t for t, g in zip(TASKS, of, strict=True) if g == k] for k in range(4)] for of in (first, second))
    a, b = [group for group in a if group], [group for group in b if group]
    one, other = likeness(a, b, among=TASKS), likeness(b, a, among=TASKS)
    assert one.rand == pytest.approx(other.rand)
    assert [of.task for of in one.changed] == [of.task for of in other.changed]
    assert all(x.partners == Both(y.partners.b, y.partners.a) for x, y in zip(one.changed, other.changed, strict=True))
    assert one.same == (one.rand == 1.0)


def test_overlapping_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        likeness(["ab", "bc"], ["abc"], among="abc")
