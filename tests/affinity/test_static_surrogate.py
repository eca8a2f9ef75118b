"""The static surrogate: its margins, its regression against scikit-learn's, and structure that was planted."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from benchmarks.competitors.static_surrogate import Margins, StaticSurrogate, fit
from tests.trainers.samples import bench_of, every_kind, word_task
from trainers.bench import Bench
from trainers.evaluate import evaluate
from trainers.fitted_heads import fitted_heads
from trainers.mixing import seeded

CLOSE = 1e-4
"""Two solvers of one convex problem stop at slightly different points."""
WORDS = {"north": 2, "again": 2, "south": 3}
"""Tasks by the token that they look for: two look for the same."""


def sampled(count: int, size: int, *, seed: int, squared: bool = False, weight: float = 1.0) -> Margins:
    generator = np.random.default_rng(seed)
    gradients = generator.standard_normal((count, size))
    return Margins(generator.standard_normal(count), gradients, squared=squared, weight=weight, constant=1.0)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    tasks = {name: word_task(name, word=word, count=64, seed=place) for place, (name, word) in enumerate(WORDS.items())}
    return bench_of(tmp_path_factory.mktemp("words"), tasks)


def test_without_offsets_it_is_logistic_regression() -> None:
    part = sampled(60, 4, seed=0)
    part = Margins(np.zeros(60), part.gradients, squared=False, weight=1.0, constant=1.0)
    labels = np.random.default_rng(1).integers(0, 2, 60)
    signed = Margins(part.offsets, (2 * labels - 1)[:, None] * part.gradients, squared=False, weight=1.0, constant=1.0)
    expected = LogisticRegression(C=1 / 0.7, fit_intercept=False, tol=1e-10).fit(part.gradients, labels).coef_[0]
    np.testing.assert_allclose(fit([signed], strength=0.7), expected, atol=CLOSE)


def test_offsets_weights_and_squares_against_a_general_minimiser() -> None:
    parts = [sampled(40, 3, seed=0), sampled(30, 3, seed=1, squared=True), sampled(20, 3, seed=2, weight=0.25)]

    def objective(change: np.ndarray) -> float:
        total = 0.35 * float(change @ change)
        for part in parts:
            margin = part.offsets + part.gradients @ change
            total += part.weight * float((margin**2 if part.squared else np.log1p(np.exp(-margin))).sum())
        return total

    expected = minimize(objective, np.zeros(3), method="BFGS", tol=1e-9).x
    np.testing.assert_allclose(fit(parts, strength=0.7), expected, atol=CLOSE)


def test_gradients_are_those_of_a_small_change_of_the_adapter(bench: Bench) -> None:
    size = sum(parameter.numel() for parameter in bench.adapter_parameters)
    surrogate = StaticSurrogate.of(bench, ["north"], seed=0, dimensions=8)
    drawn = np.zeros(8)
    drawn[3] = 1e-2
    before = surrogate.held_out["north"].loss(np.zeros(8))
    predicted = surrogate.held_out["north"].loss(drawn) - before
    matrix = seeded("gradient projection", 0).standard_normal((size, 8), dtype=np.float32) / np.float32(np.sqrt(8))
    head = fitted_heads(bench, "north").whole
    assert evaluate(bench, "north", "select", head).losses.mean() == pytest.approx(before, rel=1e-5)
    moved = torch.from_numpy(matrix[:, 3] * np.float32(1e-2))
    with torch.no_grad():
        places = [parameter.numel() for parameter in bench.adapter_parameters]
        for parameter, part in zip(bench.adapter_parameters, moved.split(places), strict=True):
            parameter += part.reshape(parameter.shape)
    measured = evaluate(bench, "north", "select", head).losses.mean() - before
    assert measured == pytest.approx(predicted, rel=0.1)  # the change is small, not infinitely so


def test_tasks_that_ask_the_same_are_guessed_to_help_each_other_more(bench: Bench) -> None:
    surrogate = StaticSurrogate.of(bench, tuple(WORDS), seed=0, dimensions=100)
    members = np.array([[True, True, False], [True, False, True], [True, False, False]])
    same, other, single = surrogate.gains(members)[:, 0]
    assert same > other
    assert same > 0
    assert single == 0
    np.testing.assert_array_equal(np.isnan(surrogate.gains(members)), ~members)
    assert surrogate.cost.tokens_backward > 0
    turned = StaticSurrogate(tuple(WORDS)[::-1], surrogate.train, surrogate.held_out).gains(members[:, ::-1])[:, ::-1]
    np.testing.assert_array_equal(turned, surrogate.gains(members))


def test_every_kind_has_a_gain(tmp_path: Path) -> None:
    tasks = every_kind(count=12)
    surrogate = StaticSurrogate.of(bench_of(tmp_path, tasks), tuple(tasks), seed=0, dimensions=20)
    gains = surrogate.gains(np.ones((1, len(tasks)), dtype=bool))
    assert np.isfinite(gains).all()
    assert (gains != 0).all()
    assert len(surrogate.train["multilabel"].offsets) == 2 * 12
