"""Worlds without luck: they say what the predictor expects, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from affinity.predictor import Measured
from affinity.predictors.group_process import GroupProcess
from affinity.predictors.group_worlds import Worlds, worlds_of

NAMES = tuple(f"t{number:02d}" for number in range(14))
ROUNDING = 1e-9
"""Sums in another order."""
NEARLY = 0.2
"""In standard errors."""
SAMPLED = 0.15
"""Relative error of a standard deviation of 2,000 draws, and of a few sets of sizes that differ."""


def fitted(seed: int, *, groups: int = 9) -> GroupProcess:
    generator = np.random.default_rng(seed)
    measured = []
    for _ in range(groups):
        chosen = np.sort(generator.choice(14, size=int(generator.integers(2, 14)), replace=False))
        gains = generator.normal(scale=0.1, size=len(chosen))
        measured.append(Measured(tuple(NAMES[index] for index in chosen), gains, np.zeros(len(chosen))))
    return GroupProcess.fit(NAMES, measured, seed=seed)


def members_of(seed: int) -> np.ndarray:
    found = np.random.default_rng(seed + 1).random((8, 14)) < 0.4
    found[0] = True
    found[1] = np.arange(14) == 3
    return found


def gains(worlds: Worlds, members: np.ndarray) -> np.ndarray:
    """Shape ``(D, G, T)``."""
    inside = np.repeat(members[None].astype(float), len(worlds), axis=0)
    return worlds.gains(inside.sum(axis=2, keepdims=True), inside @ worlds.partner)


@pytest.mark.parametrize("seed", range(3))
def test_the_first_world_is_the_posterior_mean(seed: int) -> None:
    """Exactly under one set of sizes; under several it is near, as decays differ."""
    predictor, members = fitted(seed), members_of(seed)
    for posteriors in (predictor.posteriors[-1:], predictor.posteriors):
        worlds = worlds_of(posteriors, draws=len(posteriors), generator=np.random.default_rng(0))
        assert len(worlds) == 1 + len(posteriors)
        expected = replace(predictor, posteriors=posteriors).predict(members)
        found = gains(worlds, members)[0]
        assert found[1, 3] == 0.0, "a single gains nothing"
        off = np.abs(found - expected.mean)[members]
        if len(posteriors) == 1:
            assert off.max() < ROUNDING
        else:
            assert np.all(off <= NEARLY * expected.error[members] + ROUNDING)


def test_draws_scatter_as_what_is_not_luck() -> None:
    """An unseen group's own variance is that of its world and its luck."""
    predictor, members = fitted(7, groups=14), members_of(7)[2:]
    worlds = worlds_of(predictor.posteriors, draws=2000, generator=np.random.default_rng(1))
    drawn = gains(worlds, members)[1:].std(axis=0)
    whole = predictor.predict(members).error
    luck = np.mean([sum(of.luck) * of.sizes.scale**2 for of in predictor.posteriors], axis=0)  # variances
    assert np.all(luck > 0)
    np.testing.assert_allclose((worlds.luck[1:] ** 2).mean(axis=0), luck, rtol=0.02)
    expected = np.sqrt(whole**2 - luck)
    assert np.median((drawn / expected)[members]) == pytest.approx(1.0, abs=SAMPLED)
    assert np.all(drawn[members] < whole[members] * (1 + SAMPLED))


def test_without_measurements_worlds_are_draws_of_the_prior() -> None:
    predictor = GroupProcess.fit(NAMES, [], seed=0)
    worlds = worlds_of(predictor.posteriors, draws=3, generator=np.random.default_rng(0))
    assert np.ptp(worlds.partner[1:], axis=0).max() > 0
    assert not worlds.partner[0].any()
    assert not worlds.partner[:, np.arange(14), np.arange(14)].any()


def test_gains_by_hand() -> None:
    partner = np.array([[[0.0, 0.2, 0.4], [0.6, 0.0, 0.0], [0.0, -0.2, 0.0]]])
    level, slope, whole = np.array([[[0.1, 0.0, 0.0]], [[0.0, 1.0, 0.0]], [[0.0, 0.0, 5.0]]])
    worlds = Worlds(level, slope, partner, whole, np.zeros((1, 3)), np.array([0.75]))
    found = gains(worlds, np.array([[True, True, False], [True, True, True], [False, True, False]]))[0]
    assert found[0, :2] == pytest.approx([0.1 + 0.6, 0.2])
    assert found[1] == pytest.approx([0.1 + 0.6 / 2**0.75, np.log(1.5) + 0.0, 5.0 + 0.4 / 2**0.75])
    assert found[2, 1] == 0.0


def test_a_world_may_be_taken_twice() -> None:
    worlds = worlds_of(fitted(0).posteriors, draws=4, generator=np.random.default_rng(0))
    twice = worlds.at(np.array([2, 2, 0]))
    np.testing.assert_array_equal(twice.partner[0], twice.partner[1])
    np.testing.assert_array_equal(twice.level[2], worlds.level[0])
