from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from affinity.matrix import AffinityMatrix
from affinity.predictor import Measured
from affinity.predictors import PREDICTORS, MeanOfPairs
from affinity.predictors.mean_of_pairs import SHARED_LUCK, SMALLEST, _observations

Array = NDArray[np.float64]
NAMES = ("a", "b", "c", "d", "e")
EVERY = np.array(list(np.ndindex(*[2] * 5)))[1:].astype(bool)  # all groups of five tasks, shape: (31, 5)


def _groups(*sizes: int) -> NDArray[np.bool_]:
    return EVERY[np.isin(EVERY.sum(axis=1), sizes)]


def _table(seed: int, *, tasks: int = 5, misfit: float = 0.0, trend: float = 0.0) -> dict[tuple[str, ...], Array]:
    """Gains of all groups: the mean of pairs, a trend with size, and a misfit above pairs."""
    rng = np.random.default_rng(seed)
    names = NAMES[:tasks]
    pairs = 0.1 * rng.normal(size=(tasks, tasks)) + 0.1 * rng.normal(size=tasks)  # sources by targets
    table = {}
    for size in range(2, tasks + 1):
        for group in combinations(range(tasks), size):
            means = [np.mean([pairs[s, t] for s in group if s != t]) for t in group]
            extra = trend * (size - 2) / (tasks - 2) + misfit * rng.normal(size=size) * (size > 2)
            table[tuple(names[t] for t in group)] = np.array(means) + extra
    return table


def _measured(table: dict[tuple[str, ...], Array], *sizes: int, error: float = 0.0) -> list[Measured]:
    return [Measured(g, v, np.full(len(g), error)) for g, v in table.items() if len(g) in sizes]


def _truth(table: dict[tuple[str, ...], Array], members: NDArray[np.bool_]) -> Array:
    truth = np.full(members.shape, np.nan)
    for row, of in enumerate(members):
        truth[row, of] = table[tuple(np.array(NAMES)[of].tolist())]
    return truth


def test_without_noise_a_triple_is_the_mean_of_its_pairs_plus_the_expected_trend() -> None:
    table = _table(0)
    predictor = MeanOfPairs.fit(NAMES, _measured(table, 2))
    triples = _groups(3)
    said = predictor.predict(triples).mean
    trend = predictor.posterior.common_mean[1] * predictor.spread / 3
    np.testing.assert_allclose(said - trend, np.where(triples, _truth(table, triples), np.nan), atol=0.01)
    assert np.all(trend < 0)


def test_pairs_are_believed_as_measured_and_singles_are_zero() -> None:
    table = _table(1)
    predictor = MeanOfPairs.fit(NAMES, _measured(table, 2))
    pairs = predictor.predict(_groups(2))
    np.testing.assert_allclose(pairs.mean, _truth(table, _groups(2)), atol=1e-3)
    assert np.nanmax(pairs.error) < 2 * SMALLEST
    singles = predictor.predict(np.eye(5, dtype=bool))
    np.testing.assert_array_equal(np.diag(singles.mean), 0)
    np.testing.assert_array_equal(np.diag(singles.error), 0)
    assert np.isnan(singles.mean).sum() == 20


def test_a_noisy_pair_is_drawn_to_its_targets_level() -> None:
    table = _table(2)
    noisy = MeanOfPairs.fit(NAMES, _measured(table, 2, error=0.2)).predict(_groups(2)).mean
    clean = _truth(table, _groups(2))
    assert all(np.nanstd(noisy[:, t]) < 0.7 * np.nanstd(clean[:, t]) for t in range(5))


def test_the_size_trend_comes_from_the_group_of_all_tasks() -> None:
    table = _table(3, trend=-0.3)
    measured = _measured(table, 2)
    before = MeanOfPairs.fit(NAMES, measured)
    after = before.update(_measured(table, 5))
    middle = _groups(3, 4)
    truth = _truth(table, middle)
    assert np.nanmean(before.predict(middle).mean - truth) > 0.04
    assert abs(np.nanmean(after.predict(middle).mean - truth)) < 0.02


def test_a_measured_group_lies_between_its_prediction_and_its_measurement_by_precision() -> None:
    table = _table(4, misfit=0.05)
    before = MeanOfPairs.fit(NAMES, _measured(table, 2, 5, error=0.02))
    group = np.array([[True, True, True, False, False]])
    prior = before.predict(group)
    for error, nearer_to_measured in ((0.001, True), (1.0, False)):
        value = prior.mean[0, :3] + 0.1
        after = before.update([Measured(("a", "b", "c"), value, np.full(3, error))]).predict(group)
        moved = (after.mean - prior.mean)[0, :3] / 0.1
        assert np.all(moved > 0.9 if nearer_to_measured else moved < 0.2)
        assert np.all(after.error[0, :3] <= min(error, 1.1 * float(prior.error[0, :3].max())) + 1e-9)


def test_measuring_a_group_again_replaces_it() -> None:
    table = _table(5)
    once = MeanOfPairs.fit(NAMES, _measured(table, 2, 3, error=0.05))
    again = once.update(_measured(table, 3, error=0.05))
    np.testing.assert_array_equal(once.predict(EVERY).mean, again.predict(EVERY).mean)


def test_the_posterior_is_that_of_one_large_gaussian() -> None:
    """The slow reference: condition the joint normal of all values on all measurements, with full matrices."""
    table = _table(6, misfit=0.05, trend=-0.1)
    rng = np.random.default_rng(6)
    measured = [
        Measured(g, v + 0.05 * rng.normal(size=len(g)), np.full(len(g), 0.05), np.full(len(g), 0.03))
        for g, v in table.items()
        if len(g) in (2, 5) or g == ("a", "b", "c")
    ]
    predictor = MeanOfPairs.fit(NAMES, measured)
    of, spread = predictor.posterior.variances, predictor.spread

    def weights(t: int, group: NDArray[np.bool_]) -> Array:
        """Of mu, b, then for every target u, alpha (5), b_t."""
        row = np.zeros(2 + 5 * 7)
        h = (group.sum() - 2) / 3
        row[:2] = 1, h
        row[2 + 7 * t] = 1
        row[3 + 7 * t : 8 + 7 * t] = np.where(np.arange(5) == t, 0, group) / (group.sum() - 1)
        row[8 + 7 * t] = h
        return row

    prior = np.array([1.0, 0.5] + ([of.level] + [of.source] * 5 + [of.trend]) * 5)
    center = np.zeros(len(prior))
    center[1] = -0.25
    cells = [(t, g) for g in EVERY if g.sum() > 1 for t in np.flatnonzero(g).tolist()]
    x = np.array([weights(t, g) for t, g in cells])
    loose = np.array([g.sum() > 2 for _, g in cells])
    k = x * prior @ x.T + np.diag(of.misfit * loose)  # covariance of the values themselves
    seen, y, noise, shared = [], [], [], []
    for m in measured:
        for name, value in zip(m.group, m.mean, strict=True):
            t = NAMES.index(name)
            row = next(
                i for i, (u, g) in enumerate(cells) if u == t and {NAMES[s] for s in np.flatnonzero(g)} == set(m.group)
            )
            seen.append(row)
            y.append(value / spread[t])
            noise.append((0.05**2 - 0.03**2) / spread[t] ** 2)
            shared.append(0.03 / spread[t])
    targets = np.array([cells[row][0] for row in seen])
    reference = np.outer(shared, shared) * (targets[:, None] == targets)
    gain = k[:, seen] @ np.linalg.inv(k[np.ix_(seen, seen)] + np.diag(noise) + reference)
    mean = x @ center + gain @ (np.array(y) - (x @ center)[seen])
    variance = np.diag(k - gain @ k[seen])
    said = predictor.predict(EVERY)
    rows = [int(np.flatnonzero((g == EVERY).all(axis=1))[0]) for _, g in cells]
    scale = spread[[t for t, _ in cells]]
    np.testing.assert_allclose(said.mean[rows, [t for t, _ in cells]], mean * scale, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(said.error[rows, [t for t, _ in cells]], np.sqrt(variance) * scale, rtol=1e-6)


def test_draws_have_the_predicted_moments() -> None:
    table = _table(7, misfit=0.05, trend=-0.1)
    predictor = MeanOfPairs.fit(NAMES, [*_measured(table, 2, error=0.05), *_measured(table, 5, error=0.02)])
    said = predictor.predict(EVERY)
    drawn = predictor.draw(EVERY, draws=4000, generator=np.random.default_rng(0))
    assert drawn.shape == (4000, 31, 5)
    members = EVERY & (EVERY.sum(axis=1) > 1)[:, None]
    np.testing.assert_allclose(drawn.mean(axis=0)[members], said.mean[members], atol=0.01)
    np.testing.assert_allclose(drawn.std(axis=0)[members], said.error[members], rtol=0.1)
    assert np.array_equal(np.isnan(drawn[0]), ~EVERY)
    assert np.all(drawn[:, EVERY & (EVERY.sum(axis=1) == 1)[:, None]] == 0)
    again = predictor.draw(EVERY, draws=4000, generator=np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, again)


def test_groups_of_one_world_share_pairs_and_members_share_luck() -> None:
    table = _table(8, misfit=0.1)
    predictor = MeanOfPairs.fit(NAMES, _measured(table, 2, error=0.1))
    groups = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 1, 0]], dtype=bool)
    drawn = predictor.draw(groups, draws=4000, generator=np.random.default_rng(1))
    assert np.corrcoef(drawn[:, 0, 0], drawn[:, 1, 0])[0, 1] > 0.2
    exact = MeanOfPairs.fit(NAMES, _measured(table, 2))
    drawn = exact.draw(groups, draws=4000, generator=np.random.default_rng(1))
    within = np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 1])[0, 1]
    assert within > 0.7 * SHARED_LUCK


def test_a_shared_reference_error_does_not_average_out_over_pairs() -> None:
    """The mean of four pairs is half as uncertain as one of them, but not if the reference is the reason."""
    pairs = [(g, v) for g, v in _table(9).items() if len(g) == 2]
    uncertain = []
    for shared in (0.0, 0.099):
        measured = [Measured(g, v, np.full(2, 0.1), np.full(2, shared)) for g, v in pairs]
        drawn = MeanOfPairs.fit(NAMES, measured).draw(_groups(2), draws=2000, generator=np.random.default_rng(0))
        uncertain.append(np.nanmean(drawn, axis=1).std(axis=0))  # of each target's mean over its pairs, shape: (T,)
    assert np.all(uncertain[0] < 0.06)
    assert np.all(uncertain[1] > 1.25 * uncertain[0])


def test_the_truth_lies_within_the_stated_errors() -> None:
    hits, misfits = [], []
    for seed in range(30):
        table = _table(seed, misfit=0.05, trend=-0.05)
        rng = np.random.default_rng([seed, 1])
        noisy = [
            Measured(g, v + 0.05 * rng.normal(size=len(g)), np.full(len(g), 0.05))
            for g, v in table.items()
            if len(g) in (2, 5)
        ]
        said = MeanOfPairs.fit(NAMES, noisy).predict(_groups(3, 4))
        z = (_truth(table, _groups(3, 4)) - said.mean) / said.error
        hits.append(np.mean(np.abs(z[np.isfinite(z)]) < stats.norm.ppf(0.95)))
        misfits.append(np.nanstd(z))
    assert 0.80 <= np.mean(hits) <= 0.97
    assert 0.7 <= np.mean(misfits) <= 1.3


@settings(max_examples=15, deadline=None)
@given(st.permutations(NAMES), st.floats(0.01, 100.0))
def test_names_order_and_scale_do_not_matter(order: list[str], scale: float) -> None:
    measured = _measured(_table(10, misfit=0.05), 2, 5, error=0.05)
    plain = MeanOfPairs.fit(NAMES, measured).predict(EVERY)
    place = [order.index(name) for name in NAMES]
    turned = [Measured(m.group[::-1], scale * m.mean[::-1], scale * m.error[::-1]) for m in reversed(measured)]
    members = np.zeros_like(EVERY)
    members[:, place] = EVERY
    other = MeanOfPairs.fit(order, turned).predict(members)
    np.testing.assert_allclose(other.mean[:, place], scale * plain.mean, rtol=1e-3, atol=1e-3 * scale)
    np.testing.assert_allclose(other.error[:, place], scale * plain.error, rtol=1e-2)


def test_a_matrix_is_its_pairs() -> None:
    scores = np.array([[0, 0.1, 0.2], [0.3, 0, 0.4], [0.5, 0.6, 0]])
    predictor = MeanOfPairs.of_matrix(AffinityMatrix(("a", "b", "c"), scores, np.full((3, 3), np.nan)))
    pair = predictor.predict(np.array([[True, False, True]]))
    np.testing.assert_allclose(pair.mean, [[0.5, np.nan, 0.2]], atol=0.01)


def test_gains_of_zero_are_predicted_as_zero_or_less() -> None:
    table = {group: np.zeros(len(group)) for group in _table(0)}
    said = MeanOfPairs.fit(NAMES, _measured(table, 2, 5)).predict(EVERY).mean
    np.testing.assert_allclose(said[EVERY], 0, atol=0.05)


def test_without_measurements_singles_are_sure_and_groups_are_not() -> None:
    """Where every pair failed there is nothing to fit, and the search still has its singles."""
    predictor = MeanOfPairs.fit(NAMES, [Measured(("a",), np.zeros(1), np.zeros(1))])
    said, sizes = predictor.predict(EVERY), EVERY.sum(axis=1)
    alone = EVERY & (sizes == 1)[:, None]
    np.testing.assert_array_equal(said.mean[alone], 0)
    np.testing.assert_array_equal(said.error[alone], 0)
    assert (said.error[EVERY & (sizes > 1)[:, None]] > 1).all()


def test_refusals() -> None:
    with pytest.raises(ValueError, match="members among"):
        MeanOfPairs.fit(("a", "b"), [Measured(("a", "c"), np.zeros(2), np.zeros(2))])
    with pytest.raises(ValueError, match=r"shape \(G, 5\)"):
        MeanOfPairs.fit(NAMES, _measured(_table(0), 2)).predict(np.ones((3, 4), dtype=bool))
    with pytest.raises(ValueError, match="one finite `mean`"):
        Measured(("a", "b"), np.array([0.0, np.nan]), np.zeros(2))
    with pytest.raises(ValueError, match="different members"):
        Measured(("a", "a"), np.zeros(2), np.zeros(2))


def test_observations_are_padded_where_a_target_is_no_member() -> None:
    seen = _observations(NAMES, _measured(_table(0), 2), np.ones(5))
    assert seen.filled.sum(axis=1).tolist() == [4] * 5
    assert list(PREDICTORS) == ["mean_of_pairs", "ridge", "kernels", "hybrid", "group_process", "blend"]
