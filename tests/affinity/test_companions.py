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
    assert companions(against, {"a": 2.0, "b": 2.0}) == 0


@pytest.mark.parametrize("shared", [0.0, 0.4, 1.0])
def test_many_replicates_tell_the_correlation(shared: float) -> None:
    found = companions(_world(shared, groups=3000, runs=4), dict.fromkeys("abc", 1.0))
    assert found == pytest.approx(shared, abs=0.04)


def test_few_replicates_are_credited_with_little() -> None:
    few = [companions(_world(0.0, groups=2, runs=2, seed=seed), dict.fromkeys("abc", 1.0)) for seed in range(200)]
    many = [companions(_world(0.0, groups=20, runs=4, seed=seed), dict.fromkeys("abc", 1.0)) for seed in range(200)]
    assert np.mean(few) > 2 * np.mean(many) > 0


def test_without_replicates_members_move_as_one() -> None:
    assert companions(_world(0.0, groups=3, runs=1), dict.fromkeys("abc", 1.0)) == 1
    assert companions({"a": {}}, {"a": 1.0}) == 1
    assert companions(_world(0.0, groups=3, runs=3), dict.fromkeys("abc", 0.0)) == 1
