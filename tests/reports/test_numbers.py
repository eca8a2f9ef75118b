"""Numbers as text: signs, units, and what is missing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import numbers
from reports.numbers import MINUS, NONE


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (numbers.number(0.8123), "0.812"),
        (numbers.number(-0.0001), "0.000"),
        (numbers.number(None), NONE),
        (numbers.signed(0.031), "+0.031"),
        (numbers.signed(-0.031), f"{MINUS}0.031"),
        (numbers.signed(-0.0004), "0.000"),
        (numbers.signed(math.nan), NONE),
        (numbers.points(2.04), "+2.0"),
        (numbers.interval(-0.5, 4.5), f"{MINUS}0.5 to +4.5"),
        (numbers.interval(None, 4.5), NONE),
        (numbers.with_error(0.03, 0.012), "+0.030 ± 0.012"),
        (numbers.with_error(0.03, None), "+0.030"),
        (numbers.with_error(None, 0.1), NONE),
        (numbers.share(0.354), "35 %"),
        (numbers.share(0.0123), "1.2 %"),
        (numbers.share(25.0), "2,500 %"),
        (numbers.count(12345), "12,345"),
        (numbers.duration(3.21), "3.2 s"),
        (numbers.duration(59.7), "1 min 00 s"),
        (numbers.duration(512), "8 min 32 s"),
        (numbers.duration(3599.9), "1 h 00 min"),
        (numbers.duration(None), NONE),
        (numbers.scaled(1.24e15, "FLOP"), "1.24 PFLOP"),
        (numbers.scaled(123456), "123 k"),
        (numbers.scaled(0), "0"),
        (numbers.scaled(5e25, "FLOP"), "50000000 EFLOP"),
        (numbers.chance(0.0321), "0.032"),
        (numbers.chance(1e-9), "< 0.001"),
        (numbers.words(None), NONE),
        (numbers.words([1, "a", None]), f"1, a, {NONE}"),
        (numbers.words(True), "yes"),
        (numbers.words(-0.5), f"{MINUS}0.5"),
    ],
)
def test_by_hand(found: str, expected: str) -> None:
    assert found.replace(numbers.SPACE, " ") == expected


@given(st.floats(-1e6, 1e6))
def test_signed_reads_back(value: float) -> None:
    assert float(numbers.signed(value).replace(MINUS, "-")) == pytest.approx(value, abs=0.00051)
