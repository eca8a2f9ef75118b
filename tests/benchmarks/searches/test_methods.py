"""Every method keeps to its budget and its adapters, and chooses what it says."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.searches.methods import METHODS, OURS, RANDOM
from benchmarks.searches.optuna_samplers import groups_of, sampled_by, uniform
from benchmarks.searches.oracle import Oracle, Problem
from benchmarks.searches.pairs import predicted as by_pairs
from benchmarks.searches.planted import planted
from benchmarks.searches.ridge import predicted as by_ridge
from benchmarks.searches.table import SearchTable
from grouping.masks import all_members
from grouping.solvers.selection import Mode

BUDGET = 7
FREE = ("mean of pairs",)
"""Methods that read their last groups from the table."""


def problem_of(structure: str, *, adapters: int, mode: Mode, tasks: int = 5) -> Problem:
    return Problem(planted(structure, tasks=tasks, seed=1), adapters, mode)


@pytest.mark.parametrize("mode", ["partition", "cover"])
@pytest.mark.parametrize("adapters", [2, 3])
@pytest.mark.parametrize("name", METHODS)
def test_budget_and_adapters_are_kept(name: str, mode: Mode, adapters: int) -> None:
    problem = problem_of("blocks", adapters=adapters, mode=mode)
    method = METHODS[name]
    if not method.applies(problem):
        return
    oracle = Oracle(problem, BUDGET)
    choice_after = method.search(oracle, seed=0)
    assert len(set(oracle.trained)) == len(oracle.trained) <= BUDGET
    members = problem.table.rows.members
    for models in range(1 if method.anytime else len(oracle.trained), len(oracle.trained) + 1):
        served = choice_after(models)
        chosen = np.unique(served)
        assert len(chosen) <= adapters
        assert members[served, np.arange(5)].all()
        if mode == "partition":
            assert (members[chosen].sum(axis=0) == 1).all()
        if name not in FREE:
            assert {int(row) for row in chosen if row < problem.table.size} <= set(oracle.trained[:models])


@pytest.mark.parametrize("name", [name for name in METHODS if name != OURS])
def test_the_seed_decides(name: str) -> None:
    problem = problem_of("chains", adapters=2, mode="partition")
    orders = []
    for _ in range(2):
        oracle = Oracle(problem, BUDGET)
        METHODS[name].search(oracle, seed=4)
        orders.append(oracle.trained)
    assert orders[0] == orders[1]


@pytest.mark.parametrize("mode", ["partition", "cover"])
def test_random_groups_end_at_the_optimum(mode: Mode) -> None:
    problem = problem_of("low rank", adapters=3, mode=mode)
    oracle = Oracle(problem, 10**6)
    choice_after = METHODS[RANDOM].search(oracle, seed=2)
    assert oracle.trained[0] == problem.table.together
    assert sorted(oracle.trained) == list(range(problem.table.size))
    best = problem.best(problem.table.told)
    assert best is not None
    assert problem.table.value(choice_after(problem.table.size)) == pytest.approx(problem.table.value(best))


def test_what_is_told_chooses_and_what_is_valued_counts() -> None:
    members = np.array([[True, True]])
    table = SearchTable.of(members, np.array([[1.0, -0.5]]), np.array([[-3.0, 8.0]]))
    oracle = Oracle(Problem(table, 2, "cover"), 1)
    choice_after = METHODS["all together"].search(oracle, seed=0)
    assert table.value(choice_after(1)) == -3.0  # the second task is told to be better alone


def test_an_oracle_refuses_more_than_its_budget() -> None:
    problem = problem_of("noise", adapters=2, mode="cover")
    oracle = Oracle(problem, 1)
    oracle.train(0)
    with pytest.raises(ValueError, match="a budget"):
        oracle.train(1)
    with pytest.raises(ValueError, match="new group"):
        Oracle(problem, 3, [0]).train(0)


def test_an_optuna_trial_costs_its_new_groups_only() -> None:
    problem = problem_of("blocks", adapters=2, mode="partition", tasks=4)
    rows = problem.table.rows
    label = np.array([1, 0, 1, 1])
    assert [rows.group(row) for row in groups_of(label, problem)] == [("t00", "t02", "t03"), ("t01",)]
    assert groups_of(label, problem) == groups_of(1 - label, problem)
    oracle = Oracle(problem, 10**6)
    sampled_by(uniform)(oracle, seed=0)
    possible = {row for code in range(16) for row in groups_of(code >> np.arange(4) & 1, problem)}
    assert sorted(oracle.trained) == sorted(row for row in possible if row < rows.shared)


def full(gains: dict[tuple[int, ...], tuple[float, ...]], tasks: int) -> SearchTable:
    members = all_members(tasks)
    members = members[members.sum(axis=1) > 1]
    told = np.zeros(members.shape)
    for row, of in enumerate(members):
        inside = np.flatnonzero(of)
        told[row, inside] = gains.get(tuple(inside.tolist()), np.zeros(len(inside)))
    return SearchTable.of(members, told, told)


def test_mean_of_pairs_by_hand() -> None:
    table = full({(0, 1): (0.2, 0.4), (0, 2): (0.6, -0.2)}, 3)
    known = [table.rows.row_of(group) for group in (("t00", "t01"), ("t00", "t02"))]
    found = by_pairs(Problem(table, 2, "cover"), [row for row in known if row is not None])
    np.testing.assert_allclose(found[table.together], [0.4, 0.4, -0.2])  # the unknown pair counts as a task's others
    unknown = table.rows.row_of(("t01", "t02"))
    np.testing.assert_allclose(found[unknown, 1:], [0.4, -0.2])
    np.testing.assert_array_equal(found[table.size :].diagonal(), 0.0)


def test_ridge_finds_an_additive_effect() -> None:
    generator = np.random.default_rng(0)
    members = all_members(6)
    members = members[members.sum(axis=1) > 1]
    effects: NDArray[np.float64] = generator.normal(size=(6, 6))
    gains = members @ (effects * (1 - np.eye(6)))
    found = by_ridge(members[::2], gains[::2], members)
    unseen = members[1::2]
    assert np.corrcoef(found[1::2][unseen], gains[1::2][unseen])[0, 1] > 0.95  # from half of all groups


def test_greedy_merging_keeps_the_best_merge() -> None:
    gains = {(0, 1): (0.5, 0.5), (2, 3): (0.3, 0.3), (0, 1, 2): (0.1, 0.1, 0.1), (0, 1, 3): (0.1, 0.1, 0.1)}
    oracle = Oracle(Problem(full(gains, 4), 2, "partition"), 100)
    served = METHODS["greedy merging"].search(oracle, seed=0)(len(oracle.trained))
    rows = oracle.problem.table.rows
    assert {rows.group(int(row)) for row in np.unique(served)} == {("t00", "t01"), ("t02", "t03")}
    assert len(oracle.trained) == 1 + 6 + 2  # all together, all pairs, two merges with the first pair; (2, 3) is known
