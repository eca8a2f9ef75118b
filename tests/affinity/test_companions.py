import numpy as np
import pytest

from affinity.companions import companions
from affinity.variance import Readings


def _readings(values: np.ndarray) -> Readings:
    return Readings(seeds=np.arange(len(values)), values=values, influence=np.zeros((len(values), 2)))


def _world(shared: float, *, groups: int, runs: int, members: int = 3, seed: int = 0) -> dict:
    rng = np.random.default_rng(seed)
    names = "abcdef"[:members]
    found: dict[str, dict[tuple[str, ...], Readings]] = {name: {} for name in names}
    for number in range(groups):
        luck = rng.standard_normal(runs)
        for name in names:
            own = np.sqrt(shared) * luck + np.sqrt(1 - shared) * rng.standard_normal(runs)
            found[name][(*names, f"x{number}")] = _readings(own)
    return found


def test_two_members_by_hand() -> None:
    """Deviations (1, -1) and (1, -1) at variances of 2: correlation 1; turned round, -1, which is 0."""
    group = ("a", "b")
    alike = {name: {group: _readings(np.array([1.0, -1.0]))} for name in group}
    assert companions(alike, {"a": 2.0, "b": 2.0}) == 1
    against = {**alike, "b": {group: _readings(np.array([-1.0, 1.0]))}}
    assert companions(against, {"a": 2.0, "b": 2.0}) == pytest.approx(0.0, abs=1e-12)


def test_the_error_that_is_added_by_hand() -> None:
    """Deviations (1, -1), (1, -1), (1, -1) and (1, -1), (-1, 1) at variances of 2: 3 + (-1) of 4 products is 0.5; of
    three members the sum has a variance of 3 (2 * 2^2 + 0.5^2) / 3, of two of (1.5^2 + 0.5^2) / 2."""
    ones = np.array([1.0, -1.0])
    three, two = ("a", "b", "c"), ("d", "e")
    grouped = {name: {three: _readings(ones)} for name in three}
    grouped |= {"d": {two: _readings(ones)}, "e": {two: _readings(-ones)}}
    assert companions(grouped, dict.fromkeys("abcde", 2.0)) == pytest.approx(min(0.5 + np.sqrt(8.25 + 1.25) / 4, 1.0))


@pytest.mark.parametrize("shared", [0.0, 0.4, 1.0])
def test_many_replicates_tell_the_correlation(shared: float) -> None:
    found = companions(_world(shared, groups=3000, runs=4), dict.fromkeys("abc", 1.0))
    assert found == pytest.approx(shared, abs=0.04)


def test_few_replicates_are_credited_with_little() -> None:
    few = [companions(_world(0.0, groups=2, runs=2, seed=seed), dict.fromkeys("abc", 1.0)) for seed in range(200)]
    many = [companions(_world(0.0, groups=20, runs=4, seed=seed), dict.fromkeys("abc", 1.0)) for seed in range(200)]
    assert np.mean(few) > 2 * np.mean(many) > 0


@pytest.mark.parametrize(("shared", "members"), [(0.0, 6), (0.3, 6), (0.7, 6), (0.3, 2)])
def test_it_is_seldom_too_low(shared: float, members: int) -> None:
    """With a standard error added, below the truth in a sixth of the cases, more where many members make it skewed."""
    known = dict.fromkeys("abcdef", 1.0)
    found = [companions(_world(shared, groups=3, runs=3, members=members, seed=seed), known) for seed in range(400)]
    assert np.mean(np.array(found) < shared) < 0.35
    assert np.mean(found) < shared + 0.4


def test_without_replicates_members_move_as_one() -> None:
    assert companions(_world(0.0, groups=3, runs=1), dict.fromkeys("abc", 1.0)) == 1
    assert companions({"a": {}}, {"a": 1.0}) == 1
    assert companions(_world(0.0, groups=3, runs=3), dict.fromkeys("abc", 0.0)) == 1
