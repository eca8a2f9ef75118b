"""Random groups with the exact choice among them: the baseline that many published selectors lose to."""

import numpy as np

from benchmarks.searches.oracle import ChoiceAfter, Oracle


def random_groups(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """All together first, then every other group of the table alike."""
    train_random(oracle, np.random.default_rng([seed, 2]), models=oracle.left)
    return oracle.exact


def together(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """One model of all tasks; each is served by it or, if adapters allow and it is better, alone."""
    oracle.train(oracle.problem.table.together)
    return oracle.exact


def train_random(oracle: Oracle, generator: np.random.Generator, *, models: int) -> None:
    """Trains so many groups: all tasks together unless they were, then uniformly chosen ones."""
    first = oracle.problem.table.together
    if models > 0 and first not in oracle.trained:
        oracle.train(first)
        models -= 1
    for row in generator.permutation(oracle.open())[: max(models, 0)]:
        oracle.train(int(row))
