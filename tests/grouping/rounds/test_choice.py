"""The lower bound against every partition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.masks import mask_of
from grouping.objective import BestGain, FewestAdapters, Objective
from grouping.partition import all_partitions
from grouping.rounds.choice import best_by_bound
from grouping.solvers import SubsetDP
from grouping.universe import EveryGroup
from tests.grouping.worlds import names

ROUNDING = 1e-9
"""The parametric search stops at lines that are equal to twelve digits."""


def test_by_hand() -> None:
    universe = EveryGroup(("a", "b"))
    totals, variances = np.array([0, 0, 0, 0.3]), np.array([0, 0, 0, 0.04])  # {a, b}: 0.3 with an error of 0.2

    def best(z: float) -> str:
        found = best_by_bound(totals, variances, z=z, universe=universe, objective=BestGain(), solver=SubsetDP())
        assert found is not None
        return f"{found.grouping} {found.bound(z):.2f}"

    assert best(0.0) == "{a, b} 0.30"
    assert best(1.4) == "{a, b} 0.02"
    assert best(1.6) == "{a} {b} 0.00"


@settings(deadline=None, max_examples=80)
@given(
    count=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
    z=st.floats(0, 3),
    forbidden=st.floats(0, 0.9),
    objective=st.sampled_from(
        [BestGain(), BestGain(max_adapters=2), FewestAdapters(margins={}), FewestAdapters(margins={}, max_adapters=3)]
    ),
)
def test_agrees_with_all_partitions(count: int, seed: int, z: float, forbidden: float, objective: Objective) -> None:
    generator, tasks = np.random.default_rng(seed), names(count)
    totals = generator.normal(size=1 << count)
    totals[generator.random(1 << count) < forbidden] = -np.inf
    variances = generator.exponential(size=1 << count) * generator.integers(0, 2, size=1 << count)
    found = best_by_bound(totals, variances, z=z, universe=EveryGroup(tasks), objective=objective, solver=SubsetDP())

    bounds: dict[int, float] = {}
    for partition in all_partitions(tasks):
        masks = [mask_of(group, tasks) for group in partition.groups]
        if partition.adapters <= (objective.max_adapters or count) and (totals[masks] > -np.inf).all():
            bound = float(totals[masks].sum() - z * np.sqrt(variances[masks].sum()))
            bounds[partition.adapters] = max(bounds.get(partition.adapters, -np.inf), bound)
    if not bounds:
        assert found is None
        return
    expected = bounds[min(bounds)] if isinstance(objective, FewestAdapters) else max(bounds.values())
    assert found is not None
    assert found.bound(z) == pytest.approx(expected, abs=ROUNDING)
    masks = [mask_of(group, tasks) for group in found.grouping.groups]
    assert found.total == pytest.approx(totals[masks].sum())
    assert found.variance == pytest.approx(variances[masks].sum())


def test_without_errors_the_bound_is_the_mean() -> None:
    totals = np.random.default_rng(0).normal(size=64)
    found = [
        best_by_bound(totals, np.zeros(64), z=z, universe=EveryGroup(names(6)), objective=BestGain(), solver=SubsetDP())
        for z in (0.0, 2.0)
    ]
    assert found[0] == found[1]


def test_nothing_is_found_where_nothing_is_allowed() -> None:
    totals = np.full(4, -np.inf)
    universe = EveryGroup(("a", "b"))
    found = best_by_bound(totals, np.zeros(4), z=1.0, universe=universe, objective=BestGain(), solver=SubsetDP())
    assert found is None
