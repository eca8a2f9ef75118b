from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from affinity.matrix import AffinityMatrix
from affinity.predictive_scores import coverage, crps
from affinity.predictor import Measured
from affinity.predictors import Hybrid
from affinity.predictors.hybrid import UNMEASURED
from affinity.predictors.marginal_likelihood import COMMON_MEAN, COMMON_VARIANCE
from affinity.predictors.measurements import apart
from affinity.prior import MeanOfScores

Array = NDArray[np.float64]
NAMES = ("a", "b", "c", "d", "e")
EVERY = np.array(list(np.ndindex(*[2] * 5)))[1:].astype(bool)  # all groups of five tasks, shape: (31, 5)
SHARED = EVERY & (EVERY.sum(axis=1) > 1)[:, None]
ERROR = 0.03


@dataclass(frozen=True, eq=False)
class Table:
    """A guess for every group of five tasks."""

    values: Array
    tasks: tuple[str, ...] = NAMES

    def gains(self, members: NDArray[np.bool_]) -> Array:
        rows = members @ (1 << np.arange(4, -1, -1)) - 1
        found: Array = np.where(members, self.values[rows], np.nan)
        found[members & (members.sum(axis=1, keepdims=True) == 1)] = 0.0
        return found


def _additive(rng: np.random.Generator) -> Array:
    """Partners add up to a mean, and large groups lose."""
    effects = 0.1 * rng.normal(size=(5, 5)) + 0.05 * rng.normal(size=(5, 1)) + 0.05 * rng.normal(size=5)
    np.fill_diagonal(effects, 0)
    size = EVERY.sum(axis=1)
    gains = EVERY @ effects / np.maximum(size - 1, 1)[:, None] - 0.05 * np.log(size / 2)[:, None]
    return np.asarray(gains + 0.02 * rng.normal(size=EVERY.shape), dtype=np.float64)


def _interacting(rng: np.random.Generator) -> Array:
    """Two partners together do what neither does alone."""
    gains = _additive(rng)
    for t in range(5):
        for r, s in combinations([s for s in range(5) if s != t], 2):
            gains[:, t] += 0.06 * rng.normal() * (EVERY[:, r] & EVERY[:, s])
    return gains


def _nothing(rng: np.random.Generator) -> Array:
    """No group does anything to anybody."""
    del rng
    return np.zeros(EVERY.shape)


def _measured(values: Array, rows: NDArray[np.intp], *, error: float = ERROR, shared: float = 0.0) -> list[Measured]:
    found = []
    for row in rows.tolist():
        at = np.flatnonzero(EVERY[row])
        size = len(at)
        names = tuple(NAMES[t] for t in at.tolist())
        found.append(Measured(names, values[row, at], np.full(size, error), np.full(size, shared)))
    return found


def _world(
    make: Callable[[np.random.Generator], Array], seed: int, groups: int, *, shared: float = 0.0
) -> tuple[Array, list[Measured], NDArray[np.bool_]]:
    """True gains, measurements of some groups, and which cells were not measured."""
    rng = np.random.default_rng([seed, groups])
    truth = make(rng)
    rows = rng.permutation(np.flatnonzero(EVERY.sum(axis=1) > 1))[:groups]
    own = np.sqrt(ERROR**2 - shared**2)
    noisy = truth + own * rng.normal(size=truth.shape) + shared * rng.normal(size=5)
    left = SHARED.copy()
    left[rows] = False
    return truth, _measured(noisy, rows, shared=shared), left


def _score(predictor: Hybrid, truth: Array, cells: NDArray[np.bool_]) -> float:
    said = predictor.predict(EVERY)
    return float(crps(truth[cells], said.mean[cells], said.error[cells]).mean())


def test_a_single_is_exactly_0_and_others_are_no_members() -> None:
    truth, measured, _ = _world(_additive, 0, 8)
    alone = [Measured(("a",), np.array([3.0]), np.array([0.1]))]
    for predictor in (Hybrid.fit(NAMES, [*measured, *alone], prior=Table(truth)), Hybrid.fit(NAMES, alone)):
        said = predictor.predict(EVERY)
        drawn = predictor.draw(EVERY, draws=3, generator=np.random.default_rng(0))
        for values in (said.mean, said.error, *drawn):
            assert np.array_equal(np.isnan(values), ~EVERY)
            assert np.all(values[EVERY & ~SHARED] == 0)
        assert np.all(said.error[SHARED] > 0)


def test_the_posterior_is_that_of_one_large_gaussian() -> None:
    """The slow reference: the kernel of all cells written out, conditioned with full matrices."""
    truth, measured, _ = _world(_interacting, 1, 9, shared=0.02)
    prior = Table(truth + 0.1 * np.random.default_rng(9).normal(size=truth.shape))
    predictor = Hybrid.fit(NAMES, measured, prior=prior)
    of, luck, spread = predictor.posterior.variances, predictor.posterior.luck, predictor.spread
    assert luck > 0.01  # or the correlation between members is not tested
    guess = predictor.guess(EVERY)
    cells = [(row, t) for row in range(31) for t in np.flatnonzero(SHARED[row]).tolist()]

    def covariance(one: tuple[int, int], two: tuple[int, int]) -> float:
        (i, t), (j, u) = one, two
        left = set(np.flatnonzero(EVERY[i]).tolist()) - {t}
        right = set(np.flatnonzero(EVERY[j]).tolist()) - {u}
        both, k, m = len(left & right), len(left), len(right)
        trend = np.log((k + 1) / 2) * np.log((m + 1) / 2)
        trust = guess[i, t] * guess[j, u]
        partners = both / np.sqrt(k * m)
        value = COMMON_VARIANCE[0] + COMMON_VARIANCE[1] * trend + COMMON_VARIANCE[2] * trust + of.source * partners
        if t == u:
            pairs = max(k * (k - 1) / 2, 1) * max(m * (m - 1) / 2, 1)
            value += of.level + of.trend * trend + of.guess * trust + of.partner * partners
            value += of.pair * both * (both - 1) / 2 / np.sqrt(pairs)
        if i == j:
            value += of.misfit * (1 if t == u else luck)
        return float(value)

    kernel = np.array([[covariance(one, two) for two in cells] for one in cells])
    centre = np.array(
        [COMMON_MEAN[1] * np.log(EVERY[i].sum() / 2) + COMMON_MEAN[2] * guess[i, t] for i, t in cells], dtype=np.float64
    )
    place = {cell: k for k, cell in enumerate(cells)}
    seen, y, own, reference, run, target = [], [], [], [], [], []
    for number, m in enumerate(measured):
        row = int(np.flatnonzero((np.array([name in m.group for name in NAMES]) == EVERY).all(axis=1))[0])
        for name, value, error, shared in zip(m.group, *apart(m), strict=True):
            t = NAMES.index(name)
            seen.append(place[row, t])
            y.append(value / spread[t])
            own.append(error / spread[t])
            reference.append(shared / spread[t])
            run.append(number)
            target.append(t)
    alike, together = np.equal.outer(target, target), np.equal.outer(run, run)
    noise = np.outer(own, own) * together * np.where(alike, 1.0, luck) + np.outer(reference, reference) * alike
    gain = kernel[:, seen] @ np.linalg.inv(kernel[np.ix_(seen, seen)] + noise)
    rows, columns = np.array(cells).T
    mean = (centre + gain @ (np.array(y) - centre[seen])) * spread[columns]
    joint = (kernel - gain @ kernel[seen]) * np.outer(spread[columns], spread[columns])

    said = predictor.predict(EVERY)
    np.testing.assert_allclose(said.mean[rows, columns], mean, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(said.error[rows, columns], np.sqrt(np.diag(joint)), rtol=1e-7)
    drawn = predictor.draw(EVERY, draws=4000, generator=np.random.default_rng(2))[:, rows, columns]
    scale = np.sqrt(np.diag(joint))
    np.testing.assert_allclose((drawn.mean(axis=0) - mean) / scale, 0, atol=5 / np.sqrt(4000))
    np.testing.assert_allclose(np.cov(drawn.T) / np.outer(scale, scale), joint / np.outer(scale, scale), atol=0.08)


def test_a_group_asked_for_twice_has_one_value_in_a_draw_and_seeds_decide() -> None:
    _, measured, _ = _world(_additive, 2, 6)
    predictor = Hybrid.fit(NAMES, measured)
    twice = EVERY[[30, 5, 30, 12, 5]]
    drawn = predictor.draw(twice, draws=4, generator=np.random.default_rng(1))
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 2])
    np.testing.assert_array_equal(drawn, predictor.draw(twice, draws=4, generator=np.random.default_rng(1)))
    again = Hybrid.fit(NAMES, measured)
    np.testing.assert_array_equal(again.predict(EVERY).mean, predictor.predict(EVERY).mean)


@pytest.mark.parametrize("make", [_additive, _interacting])
@pytest.mark.parametrize("groups", [6, 13])
def test_intervals_hold_the_truth_as_often_as_they_say(make: Callable[..., Array], groups: int) -> None:
    hits = []
    for seed in range(20):
        truth, measured, left = _world(make, seed, groups, shared=0.015)
        said = Hybrid.fit(NAMES, measured).predict(EVERY)
        hits.append(coverage(truth[left], said.mean[left], said.error[left]))
    assert 0.82 <= np.mean(hits) <= 0.97


def test_in_pure_noise_predictions_shrink_and_intervals_hold_what_is_measured_next() -> None:
    hits, sizes = [], []
    for seed in range(20):
        truth, measured, left = _world(_nothing, seed, 13)
        said = Hybrid.fit(NAMES, measured).predict(EVERY)
        following = truth + ERROR * np.random.default_rng([seed, 1]).normal(size=truth.shape)
        error = np.full(left.sum(), ERROR)
        hits.append(coverage(following[left], said.mean[left], said.error[left], measured_error=error))
        sizes.append(np.sqrt(np.mean(said.mean[SHARED] ** 2)))
    assert 0.82 <= np.mean(hits) <= 0.97
    assert np.mean(sizes) < 0.5 * ERROR  # the mean over a target's six or seven measured groups has 0.4


def test_a_guess_helps_as_far_as_it_is_right_and_costs_little_where_it_is_wrong() -> None:
    plain, right, wrong = [], [], []
    for seed in range(16):
        truth, measured, left = _world(_interacting, seed, 5)
        rng = np.random.default_rng([seed, 2])
        good = Table(
            0.03 * (truth + 0.05 * rng.normal(size=truth.shape)) + rng.normal(size=5)
        )  # far too small, shifted
        bad = MeanOfScores(AffinityMatrix(NAMES, _without_diagonal(rng.normal(size=(5, 5))), np.zeros((5, 5))))
        plain.append(_score(Hybrid.fit(NAMES, measured), truth, left))
        right.append(_score(Hybrid.fit(NAMES, measured, prior=good), truth, left))
        wrong.append(_score(Hybrid.fit(NAMES, measured, prior=bad), truth, left))
    assert np.mean(right) < 0.8 * np.mean(plain)
    assert np.mean(wrong) < 1.04 * np.mean(plain)


def test_without_measurements_the_guess_decides_the_order_with_wide_errors() -> None:
    truth = _interacting(np.random.default_rng(3))
    said = Hybrid.fit(NAMES, [], prior=Table(0.01 * truth)).predict(EVERY)
    pairs = SHARED & (EVERY.sum(axis=1) == 2)[:, None]
    for t in range(5):
        at = pairs[:, t]
        np.testing.assert_array_equal(np.argsort(said.mean[at, t]), np.argsort(truth[at, t]))
    assert np.all(said.error[SHARED] > UNMEASURED)
    assert np.all(np.abs(said.mean[SHARED]) < said.error[SHARED])
    points = Hybrid.fit(NAMES, [], prior=Table(0.01 * truth), unmeasured=10 * UNMEASURED).predict(EVERY)
    np.testing.assert_allclose(points.error, 10 * said.error)
    silent = Hybrid.fit(NAMES, []).predict(EVERY).mean
    assert np.ptp(silent[pairs]) == 0


def test_after_one_group_a_guess_in_gains_tells_the_size_of_errors() -> None:
    """All gains are far below 0 and near each other, as where a target suffers beside anybody."""
    truth = _interacting(np.random.default_rng(3))
    near = 0.01 * truth / truth[SHARED].std()
    everything = int(np.argmax(EVERY.sum(axis=1)))
    measured = [Measured(NAMES, near[everything] - 0.3, np.full(5, 0.001))]
    without = Hybrid.fit(NAMES, measured, prior=Table(near)).predict(EVERY)
    said = Hybrid.fit(NAMES, measured, prior=GainTable(near)).predict(EVERY)
    unseen = SHARED.copy()
    unseen[everything] = False
    away = np.abs(said.mean - (near - 0.3))[unseen]
    assert np.mean(away < 2 * said.error[unseen]) > 0.8
    assert np.mean(said.error[unseen]) < 0.2 * np.mean(without.error[unseen])


@dataclass(frozen=True)
class GainTable(Table):
    """A guess in the unit of gains."""

    in_gains = True


def test_more_measurements_update_and_a_group_measured_again_is_replaced() -> None:
    truth, measured, left = _world(_additive, 4, 24)
    few = Hybrid.fit(NAMES, measured[:4], prior=Table(truth))
    all_at_once = Hybrid.fit(NAMES, measured, prior=Table(truth))
    stepwise = few.update(measured[4:10]).update(measured[2:])
    np.testing.assert_allclose(stepwise.predict(EVERY).mean, all_at_once.predict(EVERY).mean, rtol=1e-9)
    assert len(stepwise.measured) == 24
    assert _score(all_at_once, truth, left) < _score(few, truth, left)


def test_a_measured_group_is_believed_as_far_as_its_error_says() -> None:
    truth, measured, _ = _world(_interacting, 5, 10)
    row = int(np.flatnonzero(EVERY.sum(axis=1) == 5)[0])
    moved = truth[[row]] + 0.3
    for error, believed in ((0.001, True), (2.0, False)):
        group = Measured(NAMES, moved[0], np.full(5, error))
        said = Hybrid.fit(NAMES, [*measured, group]).predict(EVERY[[row]])
        assert np.all((np.abs(said.mean - moved) < 0.01) == believed)


@settings(max_examples=5, deadline=None)
@given(st.permutations(NAMES), st.floats(0.01, 100.0))
def test_names_order_and_scale_do_not_matter(order: list[str], scale: float) -> None:
    truth, measured, _ = _world(_interacting, 6, 9, shared=0.02)
    prior = Table(truth + 0.1 * np.random.default_rng(0).normal(size=truth.shape))
    plain = Hybrid.fit(NAMES, measured, prior=prior).predict(EVERY)
    place = [order.index(name) for name in NAMES]
    turned = [
        Measured(m.group[::-1], scale * m.mean[::-1], scale * m.error[::-1], scale * shared[::-1])
        for m in reversed(measured)
        if (shared := m.shared) is not None
    ]
    members = np.zeros_like(EVERY)
    members[:, place] = EVERY
    other = Hybrid.fit(order, turned, prior=prior).predict(members)
    np.testing.assert_allclose(other.mean[:, place], scale * plain.mean, rtol=1e-3, atol=1e-4 * scale)
    np.testing.assert_allclose(other.error[:, place], scale * plain.error, rtol=1e-3)


def test_a_table_without_errors_or_without_differences_can_be_solved() -> None:
    truth = _additive(np.random.default_rng(7))
    rows = np.flatnonzero(EVERY.sum(axis=1) > 1)
    exact = Hybrid.fit(NAMES, _measured(truth, rows, error=0.0)).predict(EVERY)
    np.testing.assert_allclose(exact.mean[SHARED], truth[SHARED], atol=1e-3)
    flat = Hybrid.fit(NAMES, _measured(np.zeros(EVERY.shape), rows[:3], error=0.0)).predict(EVERY)
    assert np.all(np.isfinite(flat.mean[SHARED]))
    assert np.nanmax(np.abs(flat.mean)) < UNMEASURED


def test_a_task_that_is_not_judged_is_a_partner_alone() -> None:
    truth, measured, _ = _world(_interacting, 7, 10)
    wild = [Measured(of.group, np.where(np.array(of.group) == "b", 9.0, of.mean), of.error) for of in measured]
    found, other = (Hybrid.fit(NAMES, of, prior=Table(truth), unjudged=["b"]) for of in (measured, wild))
    said = found.predict(EVERY)
    assert np.all(said.mean[EVERY[:, 1], 1] == 0)
    assert np.all(said.error[EVERY[:, 1], 1] == 0)
    drawn = found.update([]).draw(EVERY, draws=3, generator=np.random.default_rng(0))
    assert np.all(drawn[:, EVERY[:, 1], 1] == 0)
    assert np.array_equal(np.isnan(said.mean), ~EVERY)
    np.testing.assert_array_equal(said.mean, other.predict(EVERY).mean)
    assert len(np.unique(said.mean[[30, 22], 0])) == 2  # with and without b: it still is a partner


def test_two_tasks_are_enough() -> None:
    pair = np.array([[True, True]])
    said = Hybrid.fit(("a", "b"), [Measured(("a", "b"), np.array([0.1, -0.2]), np.full(2, 0.01))]).predict(pair)
    np.testing.assert_allclose(said.mean, [[0.1, -0.2]], atol=0.01)


def test_refusals() -> None:
    _, measured, _ = _world(_additive, 8, 4)
    with pytest.raises(ValueError, match="members among"):
        Hybrid.fit(("a", "b"), measured)
    with pytest.raises(ValueError, match="two or more different tasks"):
        Hybrid.fit(("a",), [])
    with pytest.raises(ValueError, match="`unmeasured` above 0"):
        Hybrid.fit(NAMES, [], unmeasured=0.0)
    with pytest.raises(ValueError, match="Expected a prior about"):
        Hybrid.fit(("a", "b"), [], prior=Table(np.zeros(EVERY.shape)))
    with pytest.raises(ValueError, match="finite guess"):
        Hybrid.fit(NAMES, [], prior=Table(np.full(EVERY.shape, np.inf)))
    with pytest.raises(ValueError, match=r"shape \(G, 5\)"):
        Hybrid.fit(NAMES, measured).predict(np.ones((3, 4), dtype=bool))


def _without_diagonal(scores: Array) -> Array:
    np.fill_diagonal(scores, 0)
    return scores
