import pytest

from affinity.both import Both
from affinity.pair_differences import NORMAL, PairScores, noise_ratio, signs, with_differences


def pair(
    source: str, a: float, b: float, *, a_error: float | None = 0.03, b_error: float | None = 0.04, counts: bool = True
) -> PairScores:
    return PairScores(source, "t", Both(a, b), Both(a_error, b_error), counts)


def test_differences_by_hand() -> None:
    """Errors of 0.03 and 0.04 make one of 0.05; the differences are 0.11, -0.09 and 0.2."""
    found = with_differences([pair("x", 0.01, 0.12), pair("y", 0.1, 0.01), pair("z", -0.1, 0.1)])
    assert [of.source for of in found] == ["z", "x", "y"]  # the furthest first
    first, second, third = found
    assert first.difference is not None
    assert first.difference.value == pytest.approx(0.2)
    assert first.difference.low == pytest.approx(0.2 - NORMAL * 0.05)
    assert [of.beyond for of in found] == [True, True, False]  # 0.09 < 1.96 * 0.05 = 0.098
    assert [of.beyond_all for of in found] == [True, False, False]  # 0.11 < 2.39 * 0.05
    assert third.apart == pytest.approx(1.8)
    assert second.apart == pytest.approx(2.2)
    assert noise_ratio(found) == pytest.approx(((4**2 + 2.2**2 + 1.8**2) / 3) ** 0.5)


def test_signs_by_hand() -> None:
    """Of four pairs that count two are sure on both sides, one of these with opposite signs."""
    found = signs(
        [
            pair("x", 0.1, 0.2),
            pair("y", 0.1, -0.2),
            pair("z", 0.01, 0.2),
            pair("v", 0.01, -0.01),
            pair("w", 0.1, -0.2, counts=False),
        ]
    )
    assert (found.pairs, found.alike, found.decided, found.same) == (4, 2, 2, 1)


def test_without_errors_nothing_is_sure() -> None:
    pairs = with_differences([pair("x", 0.1, 0.3, a_error=None), pair("y", 0.1, 0.2, a_error=None)])
    assert [of.source for of in pairs] == ["x", "y"]
    assert not any(of.beyond or of.beyond_all for of in pairs)
    assert pairs[0].difference is not None
    assert pairs[0].difference.low is None
    assert noise_ratio(pairs) is None
    assert signs(pairs).decided is None
    assert signs(pairs).alike == 2


def test_what_counts_for_nothing_is_last_and_never_beyond() -> None:
    last = with_differences([pair("x", 0.0, 9.0, counts=False), pair("y", 0.0, 0.01)])[-1]
    assert (last.source, last.beyond, last.beyond_all) == ("x", False, False)
    assert noise_ratio([last]) is None
