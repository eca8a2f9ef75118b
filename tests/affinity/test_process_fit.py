"""Scales and sizes of effects: the density and its slope against slow references, and what is found."""

import numpy as np
import pytest
from scipy import stats

from affinity.predictors.group_cells import EFFECTS, cells_of, kernels
from affinity.predictors.process_fit import (
    CENTRE_WIDTH,
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
    Measurements,
    Sizes,
    _Model,
    fit_sizes,
)
from tests.affinity.predictor_contract import EVERY, Array

TASKS = 5
STEP = 1e-5
"""Of central differences: its square is far below the tolerances."""


def seen_of(seed: int, *, groups: int = 7, scales: Array | None = None) -> Measurements:
    """Random gains of random groups, with errors of both kinds and a guess."""
    generator = np.random.default_rng(seed)
    members = generator.permutation(EVERY[EVERY.sum(axis=1) > 1])[:groups]
    cells = cells_of(members, generator.normal(size=members.shape))
    count = len(cells.group)
    scale = np.ones(TASKS) if scales is None else scales
    of = scale[cells.target]
    errors = generator.uniform(0.01, 0.2, size=(2, TASKS))[:, cells.target] * of
    return Measurements(cells, of * generator.normal(size=count), errors[0] ** 2, errors[1])


def moments(seen: Measurements, at: Array) -> tuple[Array, Array]:
    """Mean and covariance of the measured gains, in their own unit: written out in full."""
    scale = np.exp(at[:TASKS])[seen.cells.target]
    variances, mean = np.exp(at[TASKS:-4]), at[-4:-2]
    effects = np.tensordot(variances, kernels(seen.cells.decayed(at[-1])), 1) + NUGGET * np.eye(len(scale))
    error = np.diag(seen.noise) + np.outer(seen.shared, seen.shared) * seen.cells.same_target
    guess = GUESS * seen.cells.features("guess")[:, 0]
    return scale * (mean[0] + mean[1] * seen.cells.size + guess), np.outer(scale, scale) * effects + error


def log_posterior(seen: Measurements, at: Array, centre: float) -> float:
    """The slow reference, with scipy's densities."""
    mean, covariance = moments(seen, at)

    def normal(values: Array | float, centre: Array | float | tuple[float, float], width: float) -> float:
        return float(np.sum(stats.norm.logpdf(values, centre, width)))

    return float(
        stats.multivariate_normal(mean, covariance).logpdf(seen.values)
        + normal(at[:TASKS], at[-2], SCALE_WIDTH)
        + normal(at[TASKS:-4], np.log([VARIANCES[effect] for effect in EFFECTS]), VARIANCES_WIDTH)
        + normal(at[-4:-2], MEAN, MEAN_WIDTH)
        + normal(at[-2], centre, CENTRE_WIDTH)
        + normal(at[-1], DECAY, DECAY_WIDTH)
    )


def places(model: _Model, seed: int) -> tuple[Array, Array]:
    """Two places not far from where the fit starts."""
    one, two = model.start + 0.4 * np.random.default_rng(seed).normal(size=(2, len(model.start)))
    return one, two


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_is_minus_the_log_posterior(seed: int) -> None:
    seen = seen_of(seed)
    model = _Model(seen, TASKS)
    one, two = places(model, seed)
    expected = log_posterior(seen, two, model.centre) - log_posterior(seen, one, model.centre)
    assert model._loss(one)[0] - model._loss(two)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_slope_is_that_of_finite_differences(seed: int) -> None:
    model = _Model(seen_of(seed), TASKS)
    for at in places(model, seed):
        steps = STEP * np.eye(len(at))
        numeric = [(model._loss(at + step)[0] - model._loss(at - step)[0]) / (2 * STEP) for step in steps]
        np.testing.assert_allclose(model._loss(at)[1], numeric, rtol=1e-5, atol=1e-6)


def test_the_information_is_fishers() -> None:
    """From numeric derivatives of the mean and of the covariance, plus the prior's precision."""
    seen = seen_of(4)
    model = _Model(seen, TASKS)
    at, _ = places(model, 4)
    inverse = np.linalg.inv(moments(seen, at)[1])
    slopes = []
    for step in STEP * np.eye(len(at)):
        (up, wide), (down, narrow) = moments(seen, at + step), moments(seen, at - step)
        slopes.append(((up - down) / (2 * STEP), inverse @ (wide - narrow) / (2 * STEP)))
    expected = [[m @ inverse @ n + 0.5 * np.trace(a @ b) for n, b in slopes] for m, a in slopes]
    prior = np.diag(
        [SCALE_WIDTH**-2] * TASKS + [VARIANCES_WIDTH**-2] * len(EFFECTS) + [MEAN_WIDTH**-2] * 2
        + [TASKS * SCALE_WIDTH**-2 + CENTRE_WIDTH**-2, DECAY_WIDTH**-2]
    )  # fmt: skip
    prior[:TASKS, -2] = prior[-2, :TASKS] = -(SCALE_WIDTH**-2)
    np.testing.assert_allclose(model.information(at), expected + prior, rtol=1e-5, atol=1e-5)


def test_the_mode_has_no_slope() -> None:
    model = _Model(seen_of(5, groups=12), TASKS)
    mode = model.mode(model.start)
    assert np.abs(model._loss(mode)[1]).max() < 0.05  # of a log density whose widths are near 1
    other = model.mode(mode + 0.5)
    assert model._loss(other)[0] == pytest.approx(model._loss(mode)[0], abs=1e-3)


def test_without_measurements_the_priors_medians_are_the_mode() -> None:
    nobody = Measurements(cells_of(EVERY[:0], np.zeros((0, TASKS))), np.zeros(0), np.zeros(0), np.zeros(0))
    found, mode = fit_sizes(nobody, tasks=TASKS, samples=4, generator=np.random.default_rng(0))
    np.testing.assert_allclose(found[0].scale, UNMEASURED)
    np.testing.assert_allclose(found[0].variances, list(VARIANCES.values()))
    np.testing.assert_allclose(found[0].mean, MEAN)
    assert found[0].decay == DECAY
    assert len(mode) == TASKS + len(EFFECTS) + 4
    assert len(found) == 4
    assert list(VARIANCES) == list(EFFECTS)


def test_scales_of_tasks_are_told_apart() -> None:
    """Targets that differ tenfold, and a unit of any size."""
    scales = np.array([1.0, 0.1, 1.0, 0.1, 1.0])
    found, _ = fit_sizes(seen_of(6, groups=20, scales=scales), tasks=TASKS, samples=1,
                         generator=np.random.default_rng(0))  # fmt: skip
    assert found[0].scale[[0, 2, 4]].min() > 3 * found[0].scale[[1, 3]].max()
    again, _ = fit_sizes(seen_of(6, groups=20, scales=1000 * scales), tasks=TASKS, samples=1,
                         generator=np.random.default_rng(0))  # fmt: skip
    np.testing.assert_allclose(again[0].scale, 1000 * found[0].scale, rtol=1e-2)
    np.testing.assert_allclose(again[0].variances, found[0].variances, rtol=5e-2)


@pytest.mark.parametrize("decay", [0.0, 1.0])
def test_effects_that_add_up_are_told_from_means(decay: float) -> None:
    """Sums and means of the same partners' effects, without luck; one that is given is kept."""
    generator = np.random.default_rng(3)
    members = EVERY[EVERY.sum(axis=1) > 1]
    cells = cells_of(members, np.zeros(members.shape))
    effect = generator.normal(size=(TASKS, TASKS))
    partners = cells.features("partner") * np.sqrt(members.sum(axis=1) - 1.0)[cells.group, None]
    values = (partners * effect[cells.target]).sum(axis=1) / (members.sum(axis=1) - 1.0)[cells.group] ** decay
    seen = Measurements(cells, values, np.zeros(len(values)), np.zeros(len(values)))
    fitted, _ = fit_sizes(seen, tasks=TASKS, samples=3, generator=generator)
    assert len({of.decay for of in fitted}) == 3
    assert abs(fitted[0].decay - decay) < 0.25 < abs(fitted[0].decay - (1 - decay))
    kept, mode = fit_sizes(seen, tasks=TASKS, samples=3, generator=generator, decay=0.5)
    assert {of.decay for of in kept} == {mode[-1]} == {0.5}


def test_samples_lie_around_the_mode_as_widely_as_it_is_unsure() -> None:
    def logs(of: Sizes) -> Array:
        return np.concatenate([np.log(of.scale), np.log(of.variances), of.mean, [of.decay]])

    seen = seen_of(7)
    found, mode = fit_sizes(seen, tasks=TASKS, samples=400, generator=np.random.default_rng(1))
    np.testing.assert_allclose(logs(found[0]), np.delete(mode, -2))
    drawn = np.array([logs(of) for of in found[1:]])
    deviation = np.sqrt(3.0 * np.delete(np.diag(np.linalg.inv(_Model(seen, TASKS).information(mode))), -2))
    np.testing.assert_allclose((drawn.mean(axis=0) - np.delete(mode, -2)) / deviation, 0, atol=5 / np.sqrt(399))
    np.testing.assert_allclose(drawn.std(axis=0) / deviation, 1, atol=0.15)
    again, _ = fit_sizes(seen, tasks=TASKS, samples=400, generator=np.random.default_rng(1))
    np.testing.assert_array_equal(logs(again[-1]), logs(found[-1]))


def test_gains_of_zero_can_be_fitted() -> None:
    seen = seen_of(8)
    still = Measurements(seen.cells, 0 * seen.values, 0 * seen.noise, 0 * seen.shared)
    found, _ = fit_sizes(still, tasks=TASKS, samples=2, generator=np.random.default_rng(0))
    assert all(np.isfinite([*of.scale, *of.variances, *of.mean]).all() for of in found)
    assert found[0].scale.max() < UNMEASURED
