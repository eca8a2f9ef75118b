"""What a CSV's strings stand for."""

import doctest
import math

import pytest

import tasks.values
from tasks.values import first_missing, missing, parse


def test_the_examples_in_the_docstrings_hold() -> None:
    found = doctest.testmod(tasks.values)
    assert found.attempted >= 3
    assert found.failed == 0


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["0", " 1 ", "-2"], [0, 1, -2]),
        (["True", "false", ""], [True, False, None]),
        (["1.5", "2", "1e3"], [1.5, 2.0, 1000.0]),
        (["007", "1"], ["007", "1"]),
        ([".5", "-3.", "2E-1"], [0.5, -3.0, 0.2]),
        (["1", "a ", " "], ["1", "a", None]),
        (["true", "1"], ["true", "1"]),
    ],
)
def test_parse(column: list[object], expected: list[object]) -> None:
    found = parse(column)
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


def test_missing() -> None:
    assert all(map(missing, [None, math.nan, "", " \n"]))
    assert not any(map(missing, [0, False, 0.0, "nan", []]))
    assert first_missing(["a", None, ""]) == 1
    assert first_missing(["a"]) is None
