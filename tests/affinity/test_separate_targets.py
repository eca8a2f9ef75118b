"""Ridge and Kernels: the posterior is that of the model they state, and the sizes are fitted to what was measured."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from affinity.predictor import Measured
from affinity.predictors import Kernels, MeanOfPairs, Ridge
from affinity.predictors.kernels import CENTRE, MOST_GROUPS, Likeness
from affinity.predictors.mean_of_pairs import SHARED_LUCK
from affinity.predictors.observed_targets import Observed, trend
from affinity.predictors.ridge import LEAST_MISFIT, MISFIT, WEIGHT, Weights, features
from affinity.predictors.separate_targets import LEVEL, SeparateTargets
from affinity.predictors.subset_cube import closenesses, draw_on_cube
from tests.affinity.partner_worlds import CLOSENESS, NAMES, World, additive, covered, interacting, looked_at, miss
from tests.affinity.predictor_contract import EVERY, PAIRS, SHARED, WHOLE, measured, rows_of

KINDS = [Ridge, Kernels]
DRAWS = 6000
SAMPLED = 0.08
"""Most difference of a correlation from that of so many draws: six standard errors."""


def _effects_by_hand(fitted: SeparateTargets, target: int) -> np.ndarray:
    """The covariance of effects between all groups, one pair of groups at a time."""
    effects = fitted.beliefs[target].effects
    found = np.zeros((31, 31))
    for i, one in enumerate(EVERY):
        for j, two in enumerate(EVERY):
            left, right = (set(np.flatnonzero(of).tolist()) - {target} for of in (one, two))
            if isinstance(effects, Weights):
                sizes = np.log(one.sum() / 2) * np.log(two.sum() / 2)
                found[i, j] = LEVEL + effects.weight * (len(left & right) + sizes)
            else:
                assert isinstance(effects, Likeness)
                found[i, j] = LEVEL + effects.signal * effects.closeness ** len(left ^ right)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_posterior_of_a_target_is_that_of_one_large_gaussian(kind: type[SeparateTargets]) -> None:
    """The slow reference, with the reference's error in all measurements, for means, errors and joint draws."""
    told, _ = looked_at(interacting(np.random.default_rng(1)), 9, 1)
    fitted = kind.fit(NAMES, told)
    said = fitted.predict(EVERY)
    drawn = fitted.draw(EVERY, draws=DRAWS, generator=np.random.default_rng(2))
    for t, name in enumerate(NAMES):
        holding = np.flatnonzero(SHARED[:, t])
        prior = _effects_by_hand(fitted, t) + fitted.beliefs[t].misfit * np.eye(31)
        mine = [of for of in told if name in of.group]
        at = [of.group.index(name) for of in mine]
        rows = rows_of(*("".join(of.group) for of in mine))
        unit = fitted.spread[t]
        shared = np.array([of.shared[k] for of, k in zip(mine, at, strict=True) if of.shared is not None]) / unit
        total = np.array([of.error[k] for of, k in zip(mine, at, strict=True)]) / unit
        noise = np.diag(total**2 - shared**2) + np.outer(shared, shared)
        values = np.array([of.mean[k] for of, k in zip(mine, at, strict=True)]) / unit
        gain = prior[:, rows] @ np.linalg.inv(prior[np.ix_(rows, rows)] + noise)
        centre = -0.25 * np.log(EVERY.sum(axis=1) / 2)
        mean = (centre + gain @ (values - centre[rows]))[holding] * unit
        joint = (prior - gain @ prior[rows])[np.ix_(holding, holding)] * unit**2
        scale = np.sqrt(np.diag(joint))
        np.testing.assert_allclose(said.mean[holding, t], mean, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(said.error[holding, t], scale, rtol=1e-7)
        away = (drawn[:, holding, t].mean(axis=0) - mean) / scale
        np.testing.assert_allclose(away, 0, atol=5 / np.sqrt(DRAWS))
        correlation = joint / np.outer(scale, scale)
        np.testing.assert_allclose(np.cov(drawn[:, holding, t].T) / np.outer(scale, scale), correlation, atol=SAMPLED)


def test_kernels_say_what_the_regressor_of_scikit_learn_says() -> None:
    """Of groups that were not measured, where the errors of measurements are their own."""
    told, left = looked_at(interacting(np.random.default_rng(3)), 10, 3, reference=0.0)
    fitted = Kernels.fit(NAMES, told)
    said = fitted.predict(EVERY)
    for t, of in enumerate(fitted.seen):
        belief = fitted.beliefs[t]
        assert isinstance(belief.effects, Likeness)
        length = np.sqrt(-0.5 / np.log(belief.effects.closeness))
        kernel = ConstantKernel(LEVEL) + ConstantKernel(belief.effects.signal) * RBF(length)
        process = GaussianProcessRegressor(kernel, alpha=of.own**2 + belief.misfit, optimizer=None)
        process.fit(of.members.astype(float), of.values)
        rows = np.flatnonzero(left[:, t])
        mean, error = process.predict(EVERY[rows].astype(float), return_std=True)
        np.testing.assert_allclose(said.mean[rows, t] / fitted.spread[t], mean + trend(EVERY[rows]), rtol=1e-6)
        expected = np.sqrt(error**2 + belief.misfit)
        np.testing.assert_allclose(said.error[rows, t] / fitted.spread[t], expected, rtol=1e-6)


def test_features_are_who_is_there_and_the_size() -> None:
    groups = np.array([[True, True, False], [True, True, True]])
    np.testing.assert_allclose(features(groups, 1), [[1, 0, 0, 0], [1, 0, 1, np.log(1.5)]])


@pytest.mark.parametrize(("kind", "prior"), [(Ridge, 4 + 0.4 + 0.6), (Kernels, 4 + 0.6 + 0.6)])
def test_one_pair_by_hand(kind: type[SeparateTargets], prior: float) -> None:
    """The unit is 0.3, the only size of a gain there is; a pair's value has this prior variance, its trend is 0."""
    told = [Measured(("a", "b"), np.array([0.3, -0.3]), np.full(2, 0.1), np.full(2, 0.06))]
    said = kind.fit(("a", "b"), told).predict(np.array([[True, True], [True, False]]))
    trust = prior / (prior + 1 / 9)
    np.testing.assert_allclose(said.mean, [[0.3 * trust, -0.3 * trust], [0, np.nan]])
    np.testing.assert_allclose(said.error[0], 0.1 * np.sqrt(trust))


def test_partners_add_up_for_ridge() -> None:
    """Gains without luck or errors: pairs and triples tell what four tasks together gain."""
    partners = np.array([[0, 0.1, -0.2, 0.05], [0.2, 0, 0.1, -0.1], [-0.1, 0.3, 0, 0.1], [0.15, -0.2, 0.1, 0]])
    levels = np.array([0.1, -0.1, 0.0, 0.2])

    def gains(group: str) -> Measured:
        at = ["abcd".index(name) for name in group]
        values = levels[at] + partners[np.ix_(at, at)].sum(axis=0)
        return Measured(tuple(group), values, np.zeros(len(at)))

    told = [gains(of) for of in ("ab", "ac", "ad", "bc", "bd", "cd", "abc", "acd", "abd", "bcd")]
    said = Ridge.fit(("a", "b", "c", "d"), told).predict(np.ones((1, 4), dtype=bool))
    np.testing.assert_allclose(said.mean[0], gains("abcd").mean, atol=0.08)  # weights are shrunk
    assert np.all(np.abs(said.mean[0] - gains("abcd").mean) < 2 * said.error[0])


@pytest.mark.parametrize("kind", KINDS)
def test_few_groups_leave_what_is_believed_at_first(kind: type[SeparateTargets]) -> None:
    for told in ([], measured(additive(np.random.default_rng(0)), WHOLE)):
        for belief in kind.fit(NAMES, told).beliefs:
            if isinstance(belief.effects, Weights):
                assert (belief.effects.weight, belief.misfit) == (WEIGHT, MISFIT)
            else:
                assert isinstance(belief.effects, Likeness)
                expected = (CENTRE[0], np.exp(-0.5 / CENTRE[1] ** 2), CENTRE[2])
                assert (belief.effects.signal, belief.effects.closeness, belief.misfit) == pytest.approx(expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", [additive, interacting])
@pytest.mark.parametrize("groups", [6, 13])
def test_intervals_hold_the_truth_as_often_as_they_say(kind: type[SeparateTargets], make: World, groups: int) -> None:
    assert 0.82 <= covered(kind.fit, make, groups=groups) <= 0.98


@pytest.mark.parametrize(("kind", "other", "make"), [(Ridge, MeanOfPairs, additive), (Kernels, Ridge, interacting)])
def test_each_is_ahead_where_its_model_is_right(
    kind: type[SeparateTargets], other: type[SeparateTargets] | type[MeanOfPairs], make: World
) -> None:
    own, others = [], []
    for seed in range(20):
        truth = make(np.random.default_rng([seed, 4]))
        told, left = looked_at(truth, 18, seed)
        own.append(miss(kind.fit(NAMES, told), truth, left))
        others.append(miss(other.fit(NAMES, told), truth, left))
    assert np.mean(own) < 0.97 * np.mean(others)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_errors_of_measurements_explain_is_no_misfit(kind: type[SeparateTargets]) -> None:
    generator = np.random.default_rng(5)
    noise = generator.normal(size=EVERY.shape)
    groups = np.flatnonzero(SHARED.any(axis=1)).tolist()
    believed, exact = (kind.fit(NAMES, measured(noise, groups, error=of)) for of in (1.0, 0.01))
    assert max(of.misfit for of in believed.beliefs) < 0.5 * min(of.misfit for of in exact.beliefs)
    assert min(of.misfit for of in believed.beliefs) >= LEAST_MISFIT / 10


def test_a_measurement_that_is_as_far_off_as_it_says_changes_no_size() -> None:
    told = measured(additive(np.random.default_rng(11)), [*PAIRS, *WHOLE], error=0.0)
    plain = Ridge.fit(NAMES, told).seen[0]
    row, size = EVERY[rows_of("abd")], {"target": 0, "rows": np.arange(len(plain.rows) + 1)}

    def with_one(own: float) -> Observed:
        members, values = np.concatenate([plain.members, row]), np.append(plain.values, 30.0)
        return Observed(**size, members=members, values=values, own=np.append(plain.own, own), shared=0 * values)

    sizes = [(belief.effects.weight, belief.misfit) for belief in Ridge.believe([plain, with_one(30), with_one(0.1)])
             if isinstance(belief.effects, Weights)]  # fmt: skip
    np.testing.assert_allclose(sizes[1], sizes[0], rtol=0.25)
    assert max(np.array(sizes[2]) / sizes[0]) > 10


def test_the_sizes_of_kernels_are_found() -> None:
    """Those of a process over all groups of six tasks; weak priors draw them a little to where they are centred."""
    names = np.array(list("abcdef"))
    groups = np.array(list(np.ndindex(*[2] * 6))).astype(bool)
    groups = groups[groups.sum(axis=1) > 1]
    root = np.linalg.cholesky(CLOSENESS ** (groups[:, None] != groups).sum(axis=2))
    fitted = []
    for seed in range(6):
        generator = np.random.default_rng([seed, 6])
        values = root @ generator.normal(size=groups.shape) + 0.3 * generator.normal(size=groups.shape)
        told = [
            Measured(tuple(names[of].tolist()), gains[of], np.zeros(of.sum()))
            for of, gains in zip(groups, values, strict=True)
        ]
        belief = Kernels.fit(names.tolist(), told).beliefs[0]
        assert isinstance(belief.effects, Likeness)
        fitted.append((belief.effects.closeness, belief.misfit / belief.effects.signal))
    closeness, ratio = np.median(fitted, axis=0)
    assert closeness == pytest.approx(CLOSENESS, abs=0.12)
    assert 0.09 / 2.5 < ratio < 2.5 * 0.09


@pytest.mark.parametrize("kind", KINDS)
def test_members_of_one_run_share_its_luck_and_nothing_else(kind: type[SeparateTargets]) -> None:
    fitted, draws = kind.fit(NAMES, []), 100_000
    drawn = fitted.draw(EVERY[rows_of("abc", "abd")], draws=draws, generator=np.random.default_rng(7)) / fitted.spread
    same, other = (np.cov(drawn[:, 0, 0], drawn[:, row, 1])[0, 1] for row in (0, 1))
    variance = drawn[:, 0, 0].var()
    tolerance = 4 * variance / np.sqrt(draws)
    assert same == pytest.approx(SHARED_LUCK * fitted.beliefs[0].misfit, abs=tolerance)
    assert other == pytest.approx(0, abs=tolerance)
    assert SHARED_LUCK * fitted.beliefs[0].misfit > 2 * tolerance


def test_ridge_tells_a_task_nothing_of_the_others() -> None:
    """The others' values are turned round, which leaves their spreads as they are."""
    told = measured(additive(np.random.default_rng(8)), [*PAIRS, *WHOLE])
    turned = [
        Measured(of.group, np.where(np.array(of.group) == "a", 1, -1) * of.mean, of.error, of.shared) for of in told
    ]
    one, two = (Ridge.fit(NAMES, of).predict(EVERY) for of in (told, turned))
    np.testing.assert_allclose(one.mean[:, 0], two.mean[:, 0])
    np.testing.assert_allclose(one.error[:, 0], two.error[:, 0])
    assert np.nanmin(np.abs(one.mean - two.mean)[SHARED[:, 1], 1]) > 1e-6


def test_draws_on_the_cube_have_the_covariance_that_is_said() -> None:
    groups = EVERY[rows_of("abc", "ab", "abde", "ace", "abc")]
    for closeness in (0.0, 0.6, 1.0):
        drawn = draw_on_cube(groups, closeness, draws=20000, generator=np.random.default_rng(9))
        np.testing.assert_allclose(np.cov(drawn.T), closenesses(groups, groups, closeness), atol=0.05)
        np.testing.assert_array_equal(drawn[:, 0], drawn[:, 4])
    by_hand = [[1, 0.6, 0.216], [0.6, 1, 0.36], [0.216, 0.36, 1]]
    np.testing.assert_allclose(closenesses(groups[:3], groups[:3], 0.6), by_hand)
    assert draw_on_cube(groups[:0], 0.5, draws=3, generator=np.random.default_rng(0)).shape == (3, 0)
    assert draw_on_cube(groups[:1], 0.5, draws=0, generator=np.random.default_rng(0)).shape == (0, 1)


def test_many_groups_are_fitted_to_some_and_all_are_believed() -> None:
    names = tuple("abcdefgh")
    generator = np.random.default_rng(10)
    members = np.array(list(np.ndindex(*[2] * 8))).astype(bool)
    groups = members[members.sum(axis=1) > 1][: MOST_GROUPS + 40]
    told = [
        Measured(tuple(np.array(names)[of].tolist()), generator.normal(size=of.sum()), np.zeros(of.sum()))
        for of in groups
    ]
    said = Kernels.fit(names, told).predict(groups)
    np.testing.assert_allclose(said.mean[groups], np.concatenate([of.mean for of in told]), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_refusals(kind: type[SeparateTargets]) -> None:
    with pytest.raises(ValueError, match="two or more different tasks"):
        kind.fit(("a", "a"), [])
    if kind is Kernels:
        with pytest.raises(ValueError, match="at most 20 tasks"):
            kind.fit([str(number) for number in range(21)], [])
