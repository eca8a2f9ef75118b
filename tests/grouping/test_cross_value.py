import pytest

from affinity.pair_differences import NORMAL
from grouping.cross_value import DEFINITION, MISSING, PREDICTED, SELECT, GroupGain, Valued, value_of

KNOWN = {
    frozenset("ab"): GroupGain({"a": 0.1, "b": 0.3}, {"a": 0.03, "b": 0.01}),
    frozenset("cd"): GroupGain({"c": -0.2, "d": 0.0}, {"c": 0.02, "d": 0.01}, predicted=True),
    frozenset("ef"): GroupGain({"e": 0.1, "f": 0.1}, {"e": None, "f": 0.01}),
}


def test_by_hand() -> None:
    """Errors add up within a group (0.04, 0.03) and by squares between groups (0.05), over five tasks."""
    found = value_of(["ba", "cd", "g"], KNOWN)
    assert found.basis == PREDICTED
    assert found.mean == pytest.approx(0.2 / 5)
    assert found.low == pytest.approx(0.04 - NORMAL * 0.05 / 5)
    assert found.high == pytest.approx(0.04 + NORMAL * 0.05 / 5)


def test_what_was_trained_is_measured() -> None:
    assert value_of(["ab", "c"], KNOWN).basis == SELECT


def test_every_task_alone_gains_nothing_by_definition() -> None:
    assert value_of(["a", "z"], {}) == Valued(DEFINITION, 0.0, 0.0, 0.0)


def test_nothing_is_put_together_from_other_groups() -> None:
    assert value_of(["abc", "d"], KNOWN) == Valued(MISSING, missing=(("a", "b", "c"),))


def test_an_unknown_error_leaves_no_interval() -> None:
    found = value_of(["ef", "ab"], KNOWN)
    assert (found.basis, found.low, found.high) == (SELECT, None, None)
    assert found.mean == pytest.approx(0.6 / 4)
