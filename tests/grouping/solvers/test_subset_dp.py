"""The solver against every partition, and what must not matter to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.masks import MAX_TASKS, mask_of
from grouping.partition import Partition, all_partitions
from grouping.solvers import SOLVERS, Frontier, Solver
from tasks.errors import InputError
from tests.grouping.worlds import Array, names

ROUNDING = 1e-12
"""Sums of at most seven values of size one, added in another order."""


def brute_force(values: Array, tasks: tuple[str, ...]) -> list[float]:
    """Best sum by number of groups, over all partitions: the slow reference."""
    best = [-np.inf] * len(tasks)
    for partition in all_partitions(tasks):
        total = float(sum(values[mask_of(group, tasks)] for group in partition.groups))
        best[partition.adapters - 1] = max(best[partition.adapters - 1], total)
    return best


def total(partition: Partition, values: Array, tasks: tuple[str, ...]) -> float:
    return float(sum(values[mask_of(group, tasks)] for group in partition.groups))


@pytest.mark.parametrize("solver", [of() for of in SOLVERS.values()], ids=SOLVERS)
class TestSolver:
    """What every solver must do."""

    @settings(deadline=None, max_examples=60)
    @given(count=st.integers(1, 7), seed=st.integers(0, 2**32 - 1), forbidden=st.floats(0, 1), limit=st.integers(1, 8))
    def test_agrees_with_all_partitions(
        self, solver: Solver, count: int, seed: int, forbidden: float, limit: int
    ) -> None:
        generator, tasks = np.random.default_rng(seed), names(count)
        values = generator.normal(size=1 << count)
        values[generator.random(1 << count) < forbidden] = -np.inf
        frontier = solver.solve(values, tasks=tasks, max_groups=limit)
        expected = brute_force(values, tasks)[:limit]
        np.testing.assert_allclose(frontier.values, expected, atol=ROUNDING)
        for k, (value, partition) in enumerate(zip(frontier.values, frontier.groupings, strict=True), start=1):
            if partition is None:
                assert value == -np.inf
            else:
                assert (partition.adapters, partition.tasks) == (k, tasks)
                assert total(partition, values, tasks) == pytest.approx(value, abs=ROUNDING)
        assert frontier.feasible == any(value > -np.inf for value in expected)

    @settings(deadline=None, max_examples=20)
    @given(seed=st.integers(0, 2**32 - 1))
    def test_the_order_of_tasks_does_not_matter(self, solver: Solver, seed: int) -> None:
        generator, tasks = np.random.default_rng(seed), names(6)
        values = generator.normal(size=64)
        order = tuple(generator.permutation(tasks).tolist())
        shuffled = np.zeros(64)
        for mask in range(64):
            group = [task for i, task in enumerate(tasks) if mask >> i & 1]
            shuffled[mask_of(group, order)] = values[mask]
        one, other = solver.solve(values, tasks=tasks), solver.solve(shuffled, tasks=order)
        np.testing.assert_allclose(one.values, other.values, atol=ROUNDING)
        assert one.groupings == other.groupings

    def test_planted_groups_of_twelve_tasks_are_found(self, solver: Solver) -> None:
        tasks = names(12)
        groups = [mask_of(group, tasks) for group in ("abcde", "fghi", "jkl")]
        values = np.random.default_rng(3).uniform(-1.0, 0.0, size=1 << 12)
        values[groups] = 1.0
        frontier = solver.solve(values, tasks=tasks)
        assert frontier.groupings[2] == Partition.of(["abcde", "fghi", "jkl"])
        assert frontier.values[2] == 3.0

    def test_refusals(self, solver: Solver) -> None:
        with pytest.raises(InputError, match="found 17 tasks, and the exact search takes at most 16"):
            solver.solve(np.zeros(2), tasks=names(MAX_TASKS + 1))
        with pytest.raises(ValueError, match=r"shape \(4,\)"):
            solver.solve(np.zeros(3), tasks=names(2))
        with pytest.raises(ValueError, match="NaN"):
            solver.solve(np.array([0, 0, np.nan, 0]), tasks=names(2))


def test_a_frontier_without_partitions_is_not_feasible() -> None:
    assert not Frontier(np.array([-np.inf]), (None,)).feasible
