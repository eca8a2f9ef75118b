"""Draws of totals against the Gaussian process over cells, which is the slow reference."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from affinity.predictor import Measured
from affinity.predictors.group_cells import EFFECTS, ROOT, cells_of
from affinity.predictors.group_process import condition, observe
from affinity.predictors.group_totals import columns_of, total_features
from affinity.predictors.process_fit import Measurements, Sizes, fit_sizes
from affinity.predictors.standard_guess import StandardGuess
from affinity.predictors.total_draws import draw_totals

ROUNDING = 1e-12
"""Of two ways to solve one linear system."""
DRAWS = 6000
"""Enough for standard deviations within the tolerance below."""
SAMPLED = 0.06
"""Relative error of a standard deviation of so many draws, four times its own."""


def observed(count: int) -> tuple[Measurements, list[Sizes]]:
    """A dozen random groups and three sets of sizes."""
    generator = np.random.default_rng(count)
    tasks = tuple(f"t{index:02}" for index in range(count))
    groups = {tuple(sorted(generator.choice(count, generator.integers(2, 5), replace=False))) for _ in range(12)}
    measured = [
        Measured(tuple(tasks[t] for t in group), generator.normal(size=len(group)), np.zeros(len(group)))
        for group in sorted(groups)
    ]
    seen = observe(tasks, measured, StandardGuess.of(None, tasks))
    return seen, fit_sizes(seen, tasks=count, samples=3, generator=generator, decay=ROOT)[0]


def without_run(sizes: Sizes) -> Sizes:
    """The luck of a run as luck of each member."""
    variances = sizes.variances.copy()
    variances[EFFECTS.index("misfit")] += variances[EFFECTS.index("run")]
    variances[EFFECTS.index("run")] = 0.0
    return replace(sizes, variances=variances)


@pytest.mark.parametrize("count", [5, 14])
def test_means_and_spreads_are_those_of_the_process(count: int) -> None:
    seen, every = observed(count)
    members = np.zeros((8, count), dtype=np.bool_)
    for row, group in enumerate(list(combinations(range(count), 5))[:: max(1, count - 5)][:8]):
        members[row, list(group)] = True
    members = members[members.any(axis=1)]
    cells = cells_of(members, np.zeros(members.shape))
    for sizes in every:
        process = condition(seen, without_run(sizes))
        new = np.full(len(cells.group), -1, dtype=np.intp)
        scale = sizes.scale[cells.target]
        mean = np.bincount(cells.group, process.predict(cells, new)[0] * scale)
        drawn = draw_totals(seen, [sizes], draws=DRAWS, generator=np.random.default_rng(0))
        totals = drawn.weights @ total_features(members).T
        np.testing.assert_allclose(totals.mean(axis=0), mean, atol=ROUNDING * 1e3)
        lucky = totals.var(axis=0) + members @ (drawn.misfit[0] + drawn.run[0] ** 2)
        slow = process.draw(cells, new, draws=DRAWS, generator=np.random.default_rng(1)) * scale
        sums = np.stack([slow[:, cells.group == row].sum(axis=1) for row in range(len(members))], axis=1)
        np.testing.assert_allclose(np.sqrt(lucky), sums.std(axis=0), rtol=SAMPLED)


def test_nothing_measured_gives_the_prior() -> None:
    tasks = ("a", "b", "c")
    seen = observe(tasks, [], StandardGuess.of(None, tasks))
    sizes, _ = fit_sizes(seen, tasks=3, samples=2, generator=np.random.default_rng(0), decay=ROOT)
    drawn = draw_totals(seen, sizes, draws=4, generator=np.random.default_rng(0))
    assert drawn.weights.shape == (8, columns_of(3)["whole"].stop)
    np.testing.assert_allclose(
        drawn.weights[:4, columns_of(3)["level"]].mean(axis=0), sizes[0].mean[0] * sizes[0].scale, atol=ROUNDING
    )


def test_features_by_hand() -> None:
    members = np.array([[True, True, False], [True, True, True], [False, True, False]])
    columns = columns_of(3)
    features = total_features(members)
    assert features[0].tolist() == [1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    np.testing.assert_allclose(features[1, columns["slope"]], np.log(1.5))
    np.testing.assert_allclose(features[1, columns["pair"]], np.sqrt(0.5))
    assert features[1, columns["triple"]].tolist() == [1.0]
    assert features[1, columns["whole"]].tolist() == [1.0]
    assert not features[2].any()
