"""One-shot ridge: random groups, one regression per task on who is there, and the groups of its best grouping."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.searches.oracle import ChoiceAfter, Oracle
from benchmarks.searches.random_groups import train_random

Array = NDArray[np.float64]

PENALTIES = (0.1, 1.0, 10.0)
"""Of which leave-one-out chooses."""
FEWEST = 4
"""Groups of a task below which its mean is all that is fitted."""


def ridge(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """Random groups for all but ``k`` models, then the predicted best grouping's groups; exact among the trained.

    What is left after that, as some of those groups were trained before, is spent on random groups.
    """
    problem, table = oracle.problem, oracle.problem.table
    generator = np.random.default_rng([seed, 5])
    train_random(oracle, generator, models=max(1, oracle.left - problem.adapters))
    gains = table.told.copy()
    fitted = predicted(table.rows.members[oracle.trained], table.told[oracle.trained], table.rows.members)
    unknown = oracle.open()
    gains[unknown] = np.where(table.rows.members[unknown], fitted[unknown], gains[unknown])
    best = problem.best(gains)
    assert best is not None
    for row in np.unique(best):
        if row < table.size and row not in oracle.trained and oracle.left:
            oracle.train(int(row))
    train_random(oracle, generator, models=oracle.left)
    return oracle.exact


def predicted(members: NDArray[np.bool_], gains: Array, asked: NDArray[np.bool_]) -> Array:
    """Gains of every task in the asked groups, shape ``(R, T)``, from ``(N, T)`` groups; 0 of a task never met."""
    found = np.zeros(asked.shape)
    for task in range(members.shape[1]):
        inside = members[:, task]
        if not inside.any():
            continue
        others = np.delete(members[inside], task, axis=1).astype(np.float64)
        values = gains[inside, task]
        centre, level = others.mean(axis=0), values.mean()
        weights = _fit(others - centre, values - level) if len(values) >= FEWEST else np.zeros(len(centre))
        found[:, task] = level + (np.delete(asked, task, axis=1) - centre) @ weights
    return found


def _fit(features: Array, values: Array) -> Array:
    """Ridge weights at the penalty with the least leave-one-out error."""
    best, weights = np.inf, np.zeros(features.shape[1])
    for penalty in PENALTIES:
        solve = np.linalg.solve(features.T @ features + penalty * np.eye(features.shape[1]), features.T)
        leverage = np.minimum(np.einsum("np,pn->n", features, solve) + 1 / len(values), 0.999)
        fitted = solve @ values
        error = float((((values - features @ fitted) / (1 - leverage)) ** 2).sum())
        if error < best:
            best, weights = error, fitted
    return weights
