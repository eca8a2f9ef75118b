"""Mean of pairs and exhaustive choice: Standley's way to choose groups from pairs, as published and on a budget."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.searches.oracle import ChoiceAfter, Oracle, Problem, Served

Array = NDArray[np.float64]


def pairs(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """Trains all pairs in random order, or as many as the budget allows, and then the groups of the best prediction.

    A task's gain in a group is predicted by the mean over its partners of its gain in the pair; a pair that was not
    trained counts as the mean of the task's others. The choice is the predicted best grouping, whatever it turns out to
    be. Its groups are trained while the budget lasts; after that they are read from the table free of charge, which
    favours this method: it gets up to ``k`` models more than the others.

    Source: Standley et al., ICML 2020, https://arxiv.org/abs/1905.07553.
    """
    problem, table = oracle.problem, oracle.problem.table
    order = np.random.default_rng([seed, 4]).permutation(_pairs(problem))
    for row in order[: oracle.left]:
        oracle.train(int(row))

    @cache
    def after(models: int) -> Served:
        known = [row for row in order[:models].tolist() if row in oracle.trained]
        found = problem.best(predicted(problem, known))
        assert found is not None
        return found

    for row in np.unique(after(len(order))):
        if row < table.size and row not in oracle.trained and oracle.left:
            oracle.train(int(row))
    return after


def counted_pairs(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """The same with every group counted: all together, pairs for all but ``k`` models of the rest, then the groups of
    the best prediction; what is left after that is spent on further pairs. Exact among what was trained."""
    problem, table = oracle.problem, oracle.problem.table
    oracle.train(table.together)
    order = np.random.default_rng([seed, 4]).permutation(_pairs(problem)).tolist()
    before = max(0, oracle.left - problem.adapters)
    for row in order[:before]:
        oracle.train(row)
    best = problem.best(predicted(problem, order[:before]))
    assert best is not None
    for row in [*np.unique(best).tolist(), *order[before:]]:
        if row < table.size and row not in oracle.trained and oracle.left:
            oracle.train(row)
    return oracle.exact


def all_pairs(problem: Problem) -> bool:
    """Tables that hold every pair."""
    count = len(problem.table.rows.tasks)
    return len(_pairs(problem)) == count * (count - 1) // 2


def predicted(problem: Problem, trained: list[int]) -> Array:
    """Gains of all rows from these pairs, shape ``(R, T)``."""
    table = problem.table
    members = table.rows.members
    count = members.shape[1]
    gains = np.full((count, count), np.nan)  # of a target, beside a partner
    for row in trained:
        first, second = np.flatnonzero(members[row])
        gains[first, second], gains[second, first] = table.told[row, first], table.told[row, second]
    seen = ~np.isnan(gains)
    usual = np.nansum(gains) / max(seen.sum(), 1)
    own = np.where(seen.any(axis=1), np.nansum(gains, axis=1) / np.maximum(seen.sum(axis=1), 1), usual)
    filled = np.where(seen, gains, own[:, None])
    np.fill_diagonal(filled, 0.0)
    partners = np.maximum(members.sum(axis=1) - 1, 1)
    guess = members @ filled.T / partners[:, None]
    guess[members.sum(axis=1) == 1] = 0.0
    found: Array = np.where(members, guess, table.told)
    found[trained] = table.told[trained]
    return found


def _pairs(problem: Problem) -> NDArray[np.intp]:
    return np.flatnonzero(problem.table.rows.members.sum(axis=1) == 2)
