"""The Gaussian process over gains of groups: exact under given sizes, honest under sampled ones."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from affinity.predictive_scores import crps
from affinity.predictor import Measured
from affinity.predictors import group_process
from affinity.predictors.group_cells import EFFECTS, FEW_PARTNERS, cells_of, kernels
from affinity.predictors.group_process import REFIT, SAMPLES, GroupProcess, observe
from affinity.predictors.measurements import apart
from affinity.predictors.process_fit import (
    DECAY,
    DECAY_WIDTH,
    GUESS,
    MEAN,
    MEAN_WIDTH,
    NUGGET,
    SCALE_WIDTH,
    UNMEASURED,
    VARIANCES,
    VARIANCES_WIDTH,
)
from affinity.predictors.process_posterior import _covariance, condition
from tests.affinity.predictor_contract import EVERY, NAMES, SHARED, WHOLE, Array, effects, measured, rows_of

ROWS = np.flatnonzero(EVERY.sum(axis=1) > 1)
ALMOST = 1e-3
"""Of a target's scale: what the nugget that makes a table without errors solvable may cost."""
BORDERED = 1e-6
"""Of the largest entry: rounding of a bordered inverse of a matrix whose eigenvalues span six decades."""


@dataclass(frozen=True, eq=False)
class Table:
    """A guess for every group of five tasks."""

    values: Array
    tasks: tuple[str, ...] = NAMES

    def gains(self, members: NDArray[np.bool_]) -> Array:
        found: Array = np.where(members, self.values[members @ (1 << np.arange(4, -1, -1)) - 1], np.nan)
        found[members & (members.sum(axis=1, keepdims=True) == 1)] = 0.0
        return found


def world(seed: int) -> tuple[Array, NDArray[np.intp]]:
    """Gains of all groups drawn from the model's own prior, and its rows in random order."""
    generator = np.random.default_rng(seed)
    cells = cells_of(EVERY[ROWS], np.zeros((len(ROWS), 5))).decayed(DECAY + DECAY_WIDTH * generator.normal())
    scale = np.exp(generator.normal() + SCALE_WIDTH * generator.normal(size=5))[cells.target]
    medians = np.log([VARIANCES[effect] for effect in EFFECTS])
    variances = np.exp(medians + VARIANCES_WIDTH * generator.normal(size=len(medians)))
    level, trend = np.array(MEAN) + MEAN_WIDTH * generator.normal(size=2)
    covariance = np.tensordot(variances, kernels(cells), 1) + 1e-9 * np.eye(len(scale))
    values = level + trend * cells.size + np.linalg.cholesky(covariance) @ generator.normal(size=len(scale))
    gains = np.full(EVERY.shape, np.nan)
    gains[ROWS[cells.group], cells.target] = scale * values
    return gains, generator.permutation(ROWS)


def test_the_posterior_is_that_of_one_large_gaussian() -> None:
    """The slow reference: under each set of sizes, the kernels of all cells conditioned with full matrices."""
    prior = Table(effects(1) + 0.05 * np.random.default_rng(9).normal(size=EVERY.shape))
    told = measured(effects(1), rows_of("ab", "bcd", "abcde", "ce", "acd", "de"), error=0.03, shared=0.02)
    predictor = GroupProcess.fit(NAMES, told, prior=prior, seed=3)
    guess = predictor.guess(EVERY[ROWS])
    cells = cells_of(EVERY[ROWS], guess)
    place = {(tuple(np.array(NAMES)[EVERY[ROWS[g]]].tolist()), NAMES[t]): c
             for c, (g, t) in enumerate(zip(cells.group.tolist(), cells.target.tolist(), strict=True))}  # fmt: skip
    seen, values, own, common = [], [], [], []
    for group in told:
        for name, value, error, shared in zip(group.group, *apart(group), strict=True):
            seen.append(place[group.group, name])
            values.append(value)
            own.append(error)
            common.append(shared)
    alike = cells.same_target[np.ix_(seen, seen)]
    means, joints = [], []
    for posterior in predictor.posteriors:
        of, scale = posterior.sizes, posterior.sizes.scale[cells.target]
        kernel = np.tensordot(of.variances, kernels(cells.decayed(of.decay)), 1) * np.outer(scale, scale)
        centre = scale * (of.mean[0] + of.mean[1] * cells.size + GUESS * guess[cells.group, cells.target])
        noise = np.diag(np.square(own) + NUGGET * scale[seen] ** 2) + np.outer(common, common) * alike
        gain = kernel[:, seen] @ np.linalg.inv(kernel[np.ix_(seen, seen)] + noise)
        means.append(centre + gain @ (np.array(values) - centre[seen]))
        joints.append(kernel - gain @ kernel[seen])
    at = ROWS[cells.group], cells.target
    said = predictor.predict(EVERY)
    mean = np.mean(means, axis=0)
    np.testing.assert_allclose(said.mean[at], mean, rtol=1e-6, atol=1e-9)
    joint = np.mean(joints, axis=0) + np.cov(np.array(means).T, bias=True)
    np.testing.assert_allclose(said.error[at], np.sqrt(np.diag(joint)), rtol=1e-5)
    draws = 500 * len(predictor.posteriors)
    drawn = predictor.draw(EVERY, draws=draws, generator=np.random.default_rng(2))[:, at[0], at[1]]
    width = np.sqrt(np.diag(joint))
    np.testing.assert_allclose((drawn.mean(axis=0) - mean) / width, 0, atol=5 / np.sqrt(draws))
    np.testing.assert_allclose(np.cov(drawn.T) / np.outer(width, width), joint / np.outer(width, width), atol=0.15)


@pytest.mark.parametrize("number", [4, 10])
def test_intervals_hold_the_truth_as_often_as_they_say(number: int) -> None:
    """On tables drawn from the prior, with measurements taken at their word; 95 % is said."""
    hits = []
    for seed in range(40):
        gains, order = world(seed)
        told, left = order[:number], order[number:]
        said = GroupProcess.fit(NAMES, measured(gains, told.tolist(), error=0.0), seed=seed).predict(EVERY[left])
        inside = np.abs(gains[left] - said.mean) < 1.96 * said.error
        hits.append(inside[EVERY[left]].mean())
    assert 0.88 <= np.mean(hits) <= 0.99


@pytest.mark.parametrize(("number", "almost"), [(1, ALMOST), (5, ALMOST), (10, ALMOST), (26, 2 * ALMOST)])
def test_a_table_without_errors_is_reproduced(number: int, almost: float) -> None:
    for seed in range(5):
        gains, order = world(seed)
        told = order[:number]
        predictor = GroupProcess.fit(NAMES, measured(gains, told.tolist(), error=0.0))
        said, at = predictor.predict(EVERY[told]), EVERY[told]
        scale = np.broadcast_to(predictor.posteriors[0].sizes.scale, at.shape)
        assert np.all(np.abs(said.mean - gains[told])[at] < almost * scale[at])
        assert np.all(said.error[at] < 0.1 * scale[at])
        drawn = predictor.draw(EVERY[told], draws=12, generator=np.random.default_rng(0))
        largest = np.max([of.sizes.scale for of in predictor.posteriors], axis=0)  # draws are of all sets of sizes
        assert np.all(np.abs(drawn - gains[told])[:, at] < 6 * np.sqrt(NUGGET) * np.broadcast_to(largest, at.shape)[at])


def test_the_error_of_an_unseen_group_holds_its_luck_and_that_of_a_seen_one_does_not() -> None:
    gains, order = world(2)
    predictor = GroupProcess.fit(NAMES, measured(gains, order[:20].tolist(), error=0.0))
    luck = [of.sizes.variances[EFFECTS.index("run")] + of.sizes.variances[EFFECTS.index("misfit")]
            for of in predictor.posteriors]  # fmt: skip
    least = np.sqrt(
        np.mean([own * of.sizes.scale**2 for own, of in zip(luck, predictor.posteriors, strict=True)], axis=0)
    )
    unseen, seen = (predictor.predict(EVERY[rows]).error for rows in (order[20:], order[:20]))
    assert np.all(unseen[EVERY[order[20:]]] >= np.broadcast_to(least, unseen.shape)[EVERY[order[20:]]])
    assert np.nanmax(seen / least) < 0.2


def test_members_of_one_run_share_its_luck() -> None:
    """Two targets in one group are more alike in a draw than in two groups with the same partners' effects."""
    predictor = GroupProcess.fit(NAMES, [])
    lucky = [of.sizes.variances[EFFECTS.index("run")] for of in predictor.posteriors]
    assert min(lucky) > 0
    rows = rows_of("abc", "abd")
    drawn = predictor.draw(EVERY[rows], draws=24_000, generator=np.random.default_rng(0))
    together = np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 1])[0, 1]
    apart_ = np.corrcoef(drawn[:, 0, 0], drawn[:, 1, 1])[0, 1]
    assert together > apart_ + 0.01


def test_large_errors_draw_to_the_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the most likely sizes; without errors a measurement is believed, with large ones only its size counts."""
    monkeypatch.setattr(group_process, "SAMPLES", ((9999, 1),))
    gains = effects(4)
    rows = rows_of("ab", "bcd", "ce", "acd", "de", "abce")
    at = EVERY[rows]
    away = []
    for error in (0.0, 0.1, 100.0):
        predictor = GroupProcess.fit(NAMES, measured(gains, rows, error=error))
        of = predictor.posteriors[0].sizes
        prior = of.scale * (of.mean[0] + of.mean[1] * np.log(at.sum(axis=1) / 2))[:, None]
        said = predictor.predict(at).mean
        away.append((np.abs(said - gains[rows])[at].mean(), np.abs(said - prior)[at].mean()))
    (measured_0, prior_0), (measured_1, prior_1), (measured_2, prior_2) = away
    assert measured_0 < 1e-3 < measured_1 < measured_2
    assert prior_2 < 1e-3 < prior_1 < prior_0


def test_an_error_of_the_reference_does_not_average_out() -> None:
    gains, pairs = effects(5), rows_of("ab", "ac", "ad", "ae", "bc", "bd", "be", "cd", "ce", "de")
    uncertain = []
    for shared in (0.0, 0.099):
        predictor = GroupProcess.fit(NAMES, measured(gains, pairs, error=0.1, shared=shared))
        drawn = predictor.draw(EVERY[pairs], draws=2400, generator=np.random.default_rng(0))
        uncertain.append(np.nanmean(drawn, axis=1).std(axis=0))
    assert np.all(uncertain[1] > 1.15 * uncertain[0])


def test_a_guess_helps_as_far_as_it_is_right_and_costs_little_where_it_is_wrong() -> None:
    scores: dict[str, list[float]] = {"none": [], "right": [], "wrong": []}
    for seed in range(10):
        truth = effects(seed)
        generator = np.random.default_rng([seed, 1])
        rows = generator.permutation(ROWS)[:5]
        left = SHARED.copy()
        left[rows] = False
        priors = {
            "none": None,
            "right": Table(0.03 * truth + generator.normal(size=5)),  # far too small, shifted
            "wrong": Table(generator.normal(size=truth.shape)),
        }
        for name, prior in priors.items():
            said = GroupProcess.fit(NAMES, measured(truth, rows.tolist(), error=0.0), prior=prior).predict(EVERY)
            scores[name].append(float(crps(truth[left], said.mean[left], said.error[left]).mean()))
    none, right, wrong = (np.mean(of) for of in scores.values())
    assert right < 0.85 * none
    assert wrong < 1.15 * none


def test_without_measurements_all_that_is_known_is_the_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [Measured(("a",), np.array([3.0]), np.zeros(1))]
    predictor = GroupProcess.fit(NAMES, alone)
    assert predictor.measured == ()
    assert np.all(predictor.predict(EVERY).error[SHARED] > UNMEASURED)
    monkeypatch.setattr(group_process, "SAMPLES", ((9999, 1),))
    said = GroupProcess.fit(NAMES, alone).predict(EVERY[[*rows_of("ab"), *WHOLE]])
    size = np.log(5 / 2)
    np.testing.assert_allclose(said.mean[0, :2], UNMEASURED * MEAN[0])
    np.testing.assert_allclose(said.mean[1], UNMEASURED * (MEAN[0] + MEAN[1] * size))
    whole = sum(VARIANCES[effect] for effect in ("level", "run", "misfit"))
    partners = sum(VARIANCES[effect] for effect in ("source", "mutual", "partner"))
    beside_one, beside_four = (partners * FEW_PARTNERS ** (2 * DECAY - 1) * k ** (1 - 2 * DECAY) for k in (1, 4))
    np.testing.assert_allclose(said.error[0, :2], UNMEASURED * np.sqrt(whole + beside_one))
    variance = (
        whole
        + beside_four
        + VARIANCES["every"]
        + VARIANCES["pair"]
        + size**2 * (VARIANCES["trend"] + VARIANCES["slope"])
    )
    np.testing.assert_allclose(said.error[1], UNMEASURED * np.sqrt(variance))


@pytest.mark.parametrize("order", [("e", "b", "d", "a", "c"), ("d", "e", "c", "b", "a")])
def test_under_the_most_likely_sizes_the_order_of_tasks_and_the_unit_do_not_matter(
    order: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sampled around them depends on the order; see the contract."""
    monkeypatch.setattr(group_process, "SAMPLES", ((9999, 1),))
    gains = effects(6)
    told = measured(gains, [*WHOLE, *rows_of("ab", "bcd", "ce", "acd")], error=0.01)
    plain = GroupProcess.fit(NAMES, told).predict(EVERY)
    place = [order.index(name) for name in NAMES]
    members = np.zeros_like(EVERY)
    members[:, place] = EVERY
    unit = 50.0
    turned = [Measured(m.group[::-1], unit * m.mean[::-1], unit * m.error[::-1]) for m in reversed(told)]
    other = GroupProcess.fit(order, turned).predict(members)
    spread = unit * float(np.nanstd(gains))
    np.testing.assert_allclose(other.mean[:, place], unit * plain.mean, atol=1e-2 * spread)
    np.testing.assert_allclose(other.error[:, place], unit * plain.error, rtol=2e-2, atol=1e-3 * spread)


def test_sizes_are_fitted_anew_when_enough_was_measured() -> None:
    gains = effects(7)
    rows = [*WHOLE, *rows_of("ab", "bcd", "ce", "acd", "de", "abce", "ad", "be", "cd")]
    predictor = GroupProcess.fit(NAMES, measured(gains, rows[:8], error=0.0))
    assert predictor.fitted == 8
    same = predictor.update(measured(gains, rows[8:9], error=0.0))
    assert (same.fitted, len(same.measured)) == (8, 9)
    assert 9 < 8 * REFIT <= 10
    for before, after in zip(predictor.posteriors, same.posteriors, strict=True):
        assert after.sizes is before.sizes
    anew = same.update(measured(gains, rows[9:], error=0.0))
    assert (anew.fitted, len(anew.measured)) == (10, 10)
    assert not np.allclose(anew.posteriors[0].sizes.scale, same.posteriors[0].sizes.scale, rtol=1e-6)


def test_many_cells_take_fewer_samples_and_a_fit_on_some_of_the_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    gains, order = world(3)
    told = measured(gains, order[:20].tolist(), error=0.0)
    cells = sum(len(of.group) for of in told)
    assert len(GroupProcess.fit(NAMES, told).posteriors) == SAMPLES[0][1] == 12
    monkeypatch.setattr(group_process, "SAMPLES", ((cells - 1, 12), (cells, 3)))
    monkeypatch.setattr(group_process, "MOST_CELLS", cells // 3)
    few = GroupProcess.fit(NAMES, told)
    assert len(few.posteriors) == 3
    at = EVERY[order[:20]]
    scale = np.broadcast_to(few.posteriors[0].sizes.scale, at.shape)
    away = np.abs(few.predict(at).mean - gains[order[:20]])
    assert np.all(away[at] < ALMOST * scale[at]), "all groups are conditioned on all the same"
    monkeypatch.setattr(group_process, "SAMPLES", ((1, 12),))
    assert len(GroupProcess.fit(NAMES, told).posteriors) == 2


def test_another_seed_samples_other_sizes() -> None:
    told = measured(effects(8), [*WHOLE, *rows_of("ab", "bcd")], error=0.0)
    one, same, other = (GroupProcess.fit(NAMES, told, seed=of) for of in (1, 1, 2))
    np.testing.assert_array_equal(one.posteriors[0].sizes.scale, other.posteriors[0].sizes.scale)
    np.testing.assert_array_equal(one.posteriors[5].sizes.scale, same.posteriors[5].sizes.scale)
    assert not np.array_equal(one.posteriors[5].sizes.scale, other.posteriors[5].sizes.scale)


def test_refusals() -> None:
    for tasks in (("a",), ("a", "b", "a")):
        with pytest.raises(ValueError, match="two or more different tasks"):
            GroupProcess.fit(tasks, [])
    with pytest.raises(ValueError, match="a prior about"):
        GroupProcess.fit(("a", "b"), [], prior=Table(effects(0)))
    wrong = effects(0)
    wrong[rows_of("ab")[0], 0] = np.inf
    with pytest.raises(ValueError, match="a finite guess for every member"):
        GroupProcess.fit(NAMES, [], prior=Table(wrong))


@pytest.mark.parametrize("seed", range(3))
def test_a_longer_posterior_is_that_of_all_measurements(seed: int) -> None:
    """What is new only borders the inverse that is known; measured again, a group is read anew."""
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(ROWS)[:14]
    made = [
        Measured(tuple(name for name, held in zip(NAMES, EVERY[row], strict=True) if held),
                 generator.normal(scale=0.1, size=int(EVERY[row].sum())), np.full(int(EVERY[row].sum()), 0.02))
        for row in chosen
    ]  # fmt: skip
    again = Measured(made[0].group, made[0].mean + 0.3, made[0].error)
    predictor = GroupProcess.fit(NAMES, made[:12], seed=seed)
    for new in ([made[12]], [made[13], again]):
        predictor = predictor.update(new)
        assert predictor.fitted == 12, "the sizes are those of before"
        for of in predictor.posteriors:
            inverse = np.linalg.inv(_covariance(of.seen, of.sizes, 0))
            whole = condition(observe(NAMES, predictor.measured, predictor.guess), of.sizes)
            largest = np.abs(inverse).max()
            np.testing.assert_allclose(whole.precision, inverse, atol=BORDERED * largest)
            np.testing.assert_allclose(of.precision, inverse, atol=BORDERED * largest)
            np.testing.assert_allclose(of.told, whole.told, atol=BORDERED * np.abs(whole.told).max())
    assert any(of is again for of in predictor.measured)
