"""Dominance or conflict: the words by hand."""

import numpy as np
import pytest

from affinity.dominance import Estimated, judge

ENDLESS = float("inf")


def of(value: float, error: float = 0.01, freedom: float = ENDLESS) -> Estimated:
    return Estimated(value, error, freedom)


def test_intervals_by_hand() -> None:
    """1.96 errors to each side, and 12.71 with one degree of freedom; a value without error is its interval."""
    np.testing.assert_allclose(of(0.1).interval, [0.1 - 0.0196, 0.1 + 0.0196], atol=1e-4)
    np.testing.assert_allclose(of(0.1, freedom=1).interval, [0.1 - 0.12706, 0.1 + 0.12706], atol=1e-4)
    assert of(0.1, 0.0).interval == (0.1, 0.1)


@pytest.mark.parametrize(
    ("short", "verdict"), [(0.0, "conflict"), (-0.05, "conflict"), (-0.09, "undecided"), (-0.3, "undecided")]
)
def test_a_target_that_is_short_of_passes_is_in_no_conflict(short: float, verdict: str) -> None:
    """It loses 0.1 at equal sizes, up to 0.0804; alone with as few passes it would lose this much."""
    word, reason = judge(of(-0.1), of(-0.1), of(0.0), short=short)
    assert (word, "as few passes" in reason) == (verdict, verdict == "undecided")
    assert judge(of(-0.1), of(0.0), of(0.1), short=short)[0] == "dominance"


@pytest.mark.parametrize(
    ("before", "after", "change", "verdict", "said"),
    [
        (of(-0.1), of(0.0), of(0.1), "dominance", "vanishes"),
        (of(-0.1), of(0.05), of(0.15), "dominance", "vanishes"),
        (of(-0.1), of(-0.04), of(0.06), "dominance", "vanishes"),  # up to -0.0204, above a quarter of -0.1
        (of(-0.1), of(-0.05), of(0.05), "conflict", "part of it went with the size"),  # up to -0.0304
        (of(-0.1), of(-0.1), of(0.0), "conflict", "still loses"),
        (of(-0.1), of(-0.15), of(-0.05), "conflict", "still loses"),
        (of(-0.1), of(-0.03, 0.05), of(0.07, 0.05), "undecided", "more seeds"),
        (of(-0.1), of(0.0, 0.04), of(0.1, 0.06), "undecided", "more seeds"),
        (of(-0.01), of(0.05), of(0.06), "undecided", "not certain in the whole pair"),
        (of(0.1), of(-0.1), of(-0.2), "undecided", "not certain in the whole pair"),
        (of(-0.1, 0.01, 1.0), of(0.0), of(0.1), "undecided", "not certain in the whole pair"),
        (of(-0.1, 0.0), of(0.0, 0.0), of(0.1, 0.0), "dominance", "vanishes"),
        (of(-0.1, 0.0), of(-0.1, 0.0), of(0.0, 0.0), "conflict", "still loses"),
    ],
)
def test_words(before: Estimated, after: Estimated, change: Estimated, verdict: str, said: str) -> None:
    word, reason = judge(before, after, change)
    assert word == verdict
    assert said in reason
    assert not reason.endswith(".")
