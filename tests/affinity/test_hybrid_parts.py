"""What the hybrid predictor is made of: the unit, the guess, the weights, the likelihood."""

from dataclasses import astuple, dataclass
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from affinity.matrix import AffinityMatrix
from affinity.predictors.gaussian_posterior import LUCK, condition
from affinity.predictors.marginal_likelihood import (
    Observations,
    Variances,
    common_prior,
    fit_variances,
    log_likelihood,
    own_prior,
)
from affinity.predictors.partner_features import kinds, weights
from affinity.predictors.standard_guess import StandardGuess
from affinity.predictors.target_spread import spreads
from affinity.prior import MeanOfScores

Array = NDArray[np.float64]
EVERY = np.array(list(product([False, True], repeat=4)))[1:]  # all groups of four tasks, shape: (15, 4)


def _seen(seed: int, *, effects: float = 1.0, luck: float = 0.0) -> Observations:
    """Measurements of the 11 groups of two or more of four tasks, with references."""
    rng = np.random.default_rng(seed)
    members = EVERY[EVERY.sum(axis=1) > 1]
    own = np.stack([weights(members, rng.normal(size=11), t) for t in range(4)])
    own[..., -1] = 0.3
    together = np.sqrt(luck) * rng.normal(size=11) + np.sqrt(1 - luck) * rng.normal(size=(4, 11))
    values = np.einsum("tnp,tp->tn", own, effects * rng.normal(size=(4, own.shape[2]))) + together
    return Observations(own, values, rng.uniform(0.05, 0.2, (4, 11)), members.T)


def test_spreads_by_hand() -> None:
    """Three values have 2 degrees of freedom and so the correction -digamma(1) = 0.5772; others have the mean."""
    found = spreads([np.array([1.0, 3.0, 5.0]), np.zeros(1)], 1.0)
    np.testing.assert_allclose(found, 2 * np.exp(0.5772156649 / 2))
    mixed = spreads([np.array([1.0, 3.0, 5.0]), np.array([0.1, 0.3, 0.5])], 1.0)
    np.testing.assert_allclose(np.log10(mixed / found), [-0.25, -0.75])
    np.testing.assert_allclose(spreads([np.array([3.0]), np.array([-4.0])], 1.0), np.sqrt(12.5))
    np.testing.assert_array_equal(spreads([np.zeros(1), np.zeros(0)], 0.7), [0.7, 0.7])


def test_expected_spreads_stand_until_values_move_them() -> None:
    expected = np.array([0.1, 0.4])
    np.testing.assert_array_equal(spreads([np.array([3.0]), np.array([-4.0])], expected), expected)
    ratio = 2 * np.exp(0.5772156649 / 2) / 0.1  # the first target is that much louder than expected
    found = spreads([np.array([1.0, 3.0, 5.0]), np.zeros(1)], expected)
    np.testing.assert_allclose(found, expected * ratio)


def test_spreads_follow_their_unit_and_targets_that_differ() -> None:
    rng = np.random.default_rng(0)
    values = [5 + scale * rng.normal(size=12) for scale in (0.1, 1.0, 10.0)]
    found = spreads(values, 1.0)
    assert np.all(np.abs(np.log(found / [0.1, 1.0, 10.0])) < np.log(2.5))
    np.testing.assert_allclose(spreads([7 * of for of in values], 1.0), 7 * found)
    few = [rng.normal(size=2) for _ in range(500)]
    assert np.exp(np.mean(np.log(spreads(few, 1.0)))) == pytest.approx(1.0, abs=0.1)


def test_a_guess_in_gains_tells_how_far_gains_lie_apart() -> None:
    scores = np.zeros((3, 3))
    scores[1, 0], scores[2, 0] = 0.1, 0.3  # the first target's guesses: 0.1, 0.3, and 0.2 for all, who are a triple too
    scores[0, 1], scores[2, 1] = 0.4, 1.2
    prior = MeanOfScores(AffinityMatrix(("a", "b", "c"), scores, np.zeros((3, 3))))
    assert StandardGuess.of(prior, prior.tasks).unit is None
    own = np.sqrt(0.02 / 4) * np.array([1.0, 4.0])
    common = np.sqrt(own.prod())
    found = StandardGuess.of(InGains(prior.matrix), prior.tasks).unit
    np.testing.assert_allclose(found, np.sqrt(common * np.array([*own, common])))  # the third is told nothing about


@dataclass(frozen=True, eq=False)
class InGains(MeanOfScores):
    """Scores that are gains."""

    in_gains = True


def test_a_guess_has_mean_0_and_spread_1_over_pairs_triples_and_all() -> None:
    scores = np.random.default_rng(1).normal(size=(4, 4)) + 5.0
    scores[:, 2] = 0.25
    np.fill_diagonal(scores, 0)
    prior = MeanOfScores(AffinityMatrix(("a", "b", "c", "d"), scores, np.zeros((4, 4))))
    said = StandardGuess.of(prior, ("a", "b", "c", "d"))(EVERY)
    shared = EVERY & (EVERY.sum(axis=1) > 1)[:, None]
    for t in (0, 1, 3):
        assert said[shared[:, t], t].mean() == pytest.approx(0, abs=1e-12)
        assert said[shared[:, t], t].std() == pytest.approx(1)
    np.testing.assert_array_equal(said[:, 2], 0)  # a constant guess tells nothing
    np.testing.assert_array_equal(said[~shared], 0)
    turned = StandardGuess.of(prior, ("d", "b", "a", "c"))(EVERY[:, [3, 1, 0, 2]])
    np.testing.assert_allclose(turned, said[:, [3, 1, 0, 2]], atol=1e-12)


def test_weights_by_hand() -> None:
    members = np.array([[True, True, True, True], [True, False, True, False], [True, False, False, False]])
    found = weights(members, np.array([0.5, -1.0, 9.0]), 0)
    third, one = 1 / np.sqrt(3), 1 / np.sqrt(3)
    expected = [
        [1, np.log(2), 0.5, 0, third, third, third, 0, 0, 0, one, one, one, 0],
        [1, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        [0] * 14,
    ]
    np.testing.assert_allclose(found, expected)
    assert kinds(4).tolist() == [0, 1, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 5]


def test_the_likelihood_is_that_of_one_large_normal_and_its_gradient_is_right() -> None:
    seen = _seen(2)
    target = np.nonzero(seen.filled)[0]
    common, own = seen.common[seen.filled], seen.own[seen.filled]

    def slow(of: Variances) -> float:
        mean, variance = common_prior(of, 4)
        covariance = common * variance @ common.T + (own * own_prior(of, 4) @ own.T) * (target[:, None] == target)
        covariance += np.diag(seen.noise[seen.filled] + of.misfit)
        return float(stats.multivariate_normal(common @ mean, covariance).logpdf(seen.values[seen.filled]))

    one, two = Variances(), Variances(0.3, 0.2, 0.1, 0.2, 0.6, 0.05, 0.1)
    fast = log_likelihood(seen, one)[0] - log_likelihood(seen, two)[0]
    assert fast == pytest.approx(slow(one) - slow(two), rel=1e-9)

    logs, step = np.log(astuple(two)), 1e-4
    numeric = [
        (slow(Variances(*np.exp(logs + e).tolist())) - slow(Variances(*np.exp(logs - e).tolist()))) / (2 * step)
        for e in step * np.eye(7)
    ]
    np.testing.assert_allclose(log_likelihood(seen, two)[1], numeric, rtol=1e-5, atol=1e-6)


def test_fitted_variances_follow_what_is_there() -> None:
    seen = _seen(3)
    quiet = Observations(seen.own, 0.01 * seen.values, 1e-4 * seen.noise, seen.filled)
    loud = Observations(seen.own, 3 * seen.values, seen.noise, seen.filled)
    assert fit_variances(quiet).misfit < 0.1 * fit_variances(loud).misfit
    nobody = Observations(seen.own[:, :0], seen.values[:, :0], seen.noise[:, :0], seen.filled[:, :0])
    assert fit_variances(nobody) == Variances()


def test_luck_is_found_where_members_share_it() -> None:
    small = Variances(1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, misfit=1.0)
    found = {}
    for luck in (0.0, 0.75):
        worlds = [_seen(seed, effects=0.03, luck=luck) for seed in range(8)]
        found[luck] = np.mean([condition(world, small).luck for world in worlds])
    assert found[0.0] < 0.25 < 0.5 < found[0.75]
    seen = _seen(0)
    nobody = Observations(seen.own[:, :0], seen.values[:, :0], seen.noise[:, :0], seen.filled[:, :0])
    assert condition(nobody, Variances()).luck == pytest.approx(np.mean(LUCK))
