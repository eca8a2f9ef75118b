"""A blend weighs its parts by groups they were not told, and is a mixture of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm

from affinity.matrix import AffinityMatrix
from affinity.predictor import Measured, Prediction
from affinity.predictors import Blend, Hybrid, Kernels, MeanOfPairs, Ridge
from affinity.predictors.measurements import finish
from affinity.predictors.stacking import BEFORE, MOST_FOLDS, Fit, held_out_scores, stack
from affinity.prior import MeanOfScores
from tests.affinity.partner_worlds import NAMES, World, additive, covered, interacting, looked_at, miss
from tests.affinity.predictor_contract import EVERY, PAIRS, SHARED, WHOLE, measured, rows_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stubborn:
    """Says the same of every member of every group, whatever it is told."""

    tasks: tuple[str, ...]
    mean: float
    error: float
    told: tuple[Measured, ...] = ()

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        mean, error = (finish(members, np.full(members.shape, of)) for of in (self.mean, self.error))
        return Prediction(mean, error)

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
        noise = self.error * generator.normal(size=(draws, 1, 1))
        return finish(members, self.mean + noise + np.zeros((draws, *members.shape)))

    def update(self, measured: Sequence[Measured]) -> "Stubborn":
        return Stubborn(self.tasks, self.mean, self.error, (*self.told, *measured))


def stubborn(mean: float, error: float) -> Fit:
    return lambda tasks, measured: Stubborn(tuple(tasks), mean, error, tuple(measured))


def test_weights_by_hand() -> None:
    np.testing.assert_allclose(stack(np.zeros((0, 4))), 0.25)
    np.testing.assert_allclose(stack(np.full((3, 2), -7.0)), 0.5)
    np.testing.assert_allclose(stack(np.array([[0.0, -1000.0]] * 3)), [4 / 5, 1 / 5])  # 3 and 0 groups, and one each
    two_and_one = np.array([[0.0, -1000.0], [0.0, -1000.0], [-1000.0, 0.0]])
    np.testing.assert_allclose(stack(two_and_one), [3 / 5, 2 / 5])


def test_weights_are_where_the_score_is_greatest() -> None:
    scores = np.random.default_rng(0).normal(size=(9, 3)) * 2

    def loss(free: Array) -> float:
        weights = np.exp(np.append(free, 0.0))
        weights /= weights.sum()
        return -float(np.log(np.exp(scores) @ weights).sum() + BEFORE * np.log(weights).sum())

    best = np.exp(np.append(minimize(loss, np.zeros(2)).x, 0.0))
    np.testing.assert_allclose(stack(scores), best / best.sum(), atol=1e-4)


def test_a_group_is_scored_by_fits_that_were_not_told_of_it() -> None:
    told = measured(additive(np.random.default_rng(1)), [*PAIRS, *WHOLE], error=0.04)
    heard: list[set[tuple[str, ...]]] = []

    def fit(tasks: Sequence[str], measured: Sequence[Measured]) -> Stubborn:
        heard.append({of.group for of in measured})
        return Stubborn(tuple(tasks), 0.1, 0.03)

    scores = held_out_scores([fit, stubborn(-0.2, 0.5)], NAMES, told[::-1])
    every = {of.group for of in told}
    assert [every - of for of in heard] == [{of.group} for of in sorted(told, key=lambda of: of.group)]
    for row, of in enumerate(sorted(told, key=lambda of: of.group)):
        expected = [
            norm.logpdf(of.mean, mean, np.hypot(error, 0.04)).mean() for mean, error in ((0.1, 0.03), (-0.2, 0.5))
        ]
        np.testing.assert_allclose(scores[row], expected)


def test_many_groups_are_left_out_several_at_a_time() -> None:
    told = measured(additive(np.random.default_rng(2)), np.flatnonzero(SHARED.any(axis=1)).tolist())
    left: list[int] = []

    def fit(tasks: Sequence[str], measured: Sequence[Measured]) -> Stubborn:
        left.append(len(told) - len(measured))
        return Stubborn(tuple(tasks), 0.0, 1.0)

    assert held_out_scores([fit], NAMES, told).shape == (26, 1)
    assert len(left) == MOST_FOLDS
    assert sorted(left) == [2] * 10 + [3] * 2


def test_the_moments_are_those_of_a_mixture() -> None:
    blend = Blend.fit(NAMES, [], parts={"low": stubborn(-1.0, 0.5), "high": stubborn(2.0, 1.0)})
    said = blend.predict(EVERY)
    np.testing.assert_allclose(said.mean[SHARED], 0.5)
    np.testing.assert_allclose(said.error[SHARED], np.sqrt((0.25 + 1.0 + 1.0 + 4.0) / 2 - 0.25))


def test_a_draw_is_one_parts_world() -> None:
    blend = Blend.fit(NAMES, [], parts={"low": stubborn(-1.0, 0.0), "high": stubborn(2.0, 0.0)})
    drawn = blend.draw(EVERY, draws=400, generator=np.random.default_rng(3))[:, SHARED]
    assert np.all(drawn == drawn[:, :1])
    assert np.mean(drawn[:, 0] == 2.0) == pytest.approx(0.5, abs=0.125)  # five standard errors


def test_the_part_that_is_right_gets_the_weight_and_the_others_cost_little() -> None:
    blended, alone = [], []
    for seed in range(4):
        truth = additive(np.random.default_rng([seed, 4]))
        told, left = looked_at(truth, 14, seed)
        blend = Blend.fit(NAMES, told, parts={"wrong": stubborn(1.0, 0.05), "ridge": Ridge.fit})
        assert blend.weights[1] > 0.85
        assert blend.weights.sum() == pytest.approx(1)
        default = Blend.fit(NAMES, told)
        assert np.all(default.weights > 0)
        blended.append(miss(default, truth, left))
        alone.append([miss(fit(NAMES, told), truth, left) for fit in (MeanOfPairs.fit, Ridge.fit, Kernels.fit)])
    worst, best = np.max(np.mean(alone, axis=0)), np.min(np.mean(alone, axis=0))
    assert np.mean(blended) < 0.5 * (worst + best)


@pytest.mark.parametrize("make", [additive, interacting])
def test_intervals_hold_the_truth_as_often_as_they_say(make: World) -> None:
    assert 0.84 <= covered(Blend.fit, make, groups=8, worlds=6) <= 0.98


def test_an_update_is_a_fit_of_everything() -> None:
    gains = additive(np.random.default_rng(5))
    first, second = measured(gains, PAIRS[:7]), measured(gains, [*PAIRS[5:9], *WHOLE])
    before = Blend.fit(NAMES, first)
    weights = before.weights.copy()
    updated, whole = before.update(second), Blend.fit(NAMES, [*first[:5], *second])
    np.testing.assert_allclose(updated.weights, whole.weights, atol=1e-6)
    np.testing.assert_allclose(updated.predict(EVERY).mean, whole.predict(EVERY).mean, atol=1e-6)
    np.testing.assert_array_equal(before.weights, weights)
    assert len(before.measured) == 7
    assert len(updated.measured) == 10


def test_a_guess_goes_to_the_part_that_takes_one() -> None:
    scores = np.random.default_rng(6).normal(size=(5, 5))
    np.fill_diagonal(scores, 0)
    prior = MeanOfScores(AffinityMatrix(NAMES, scores, np.zeros((5, 5))))
    blend = Blend.fit(NAMES, [], parts={"hybrid": partial(Hybrid.fit, prior=prior)})
    np.testing.assert_array_equal(blend.predict(EVERY).mean, Hybrid.fit(NAMES, [], prior=prior).predict(EVERY).mean)
    assert np.ptp(blend.predict(EVERY[rows_of("ab", "ac", "ad")]).mean[:, 0]) > 0


def test_refusals() -> None:
    with pytest.raises(ValueError, match="one or more `parts`"):
        Blend.fit(NAMES, [], parts={})
