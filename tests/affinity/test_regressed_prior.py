"""What a prior says of some groups, told on about all."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from affinity.predictors.standard_guess import StandardGuess
from affinity.regressed_prior import MOST, RegressedPrior, asked_for, random_groups

Array = NDArray[np.float64]


@dataclass
class Additive:
    """A prior in which partners' effects add up over the root of their number."""

    tasks: tuple[str, ...]
    effects: Array
    asked: int = 0
    in_gains: bool = True

    def gains(self, members: NDArray[np.bool_]) -> Array:
        self.asked += len(members)
        partners = np.maximum(members.sum(axis=1) - 1, 1)
        found = (members @ self.effects) / np.sqrt(partners)[:, None]
        return np.where(members, np.where(members.sum(axis=1)[:, None] > 1, found, 0.0), np.nan)


def additive(count: int) -> Additive:
    effects = np.random.default_rng(count).normal(size=(count, count))
    np.fill_diagonal(effects, 0.0)
    return Additive(tuple(f"t{number:03d}" for number in range(count)), effects)


@pytest.mark.parametrize("count", [20, 60])
def test_gains_of_groups_that_were_not_asked_for(count: int) -> None:
    prior = additive(count)
    found = RegressedPrior.of(prior)
    asked = prior.asked
    assert asked == len(asked_for(count)) <= MOST
    members = random_groups(count, 200, np.random.default_rng(1))
    said = found.gains(members)
    assert prior.asked == asked
    true = prior.gains(members)
    np.testing.assert_array_equal(np.isnan(said), ~members)
    assert np.corrcoef(said[members], true[members])[0, 1] > 0.97
    single = np.zeros((1, count), dtype=np.bool_)
    single[0, 3] = True
    assert found.gains(single)[0, 3] == 0
    assert (found.tasks, found.in_gains) == (prior.tasks, True)


def test_a_guess_is_standardised_over_as_many_groups_of_each_of_many_tasks() -> None:
    prior = additive(40)
    guess = StandardGuess.of(prior, prior.tasks)
    assert prior.asked < 40 * 16 * 15
    members = random_groups(40, 2000, np.random.default_rng(0))
    pairs = members[members.sum(axis=1) <= 3]
    values = np.where(pairs, guess(pairs), np.nan)
    assert np.abs(np.nanmean(values)) < 0.1
    assert np.nanstd(values) == pytest.approx(1.0, abs=0.1)
