"""Optuna's samplers, which see partitions as one integer per task, and their values only."""

import warnings
from collections.abc import Callable

import numpy as np
import optuna
from numpy.typing import NDArray

from benchmarks.searches.method import Search
from benchmarks.searches.oracle import ChoiceAfter, Oracle, Problem

TASKS = 12
"""Most tasks."""
TRIALS = 10
"""Trials per model of the budget at most: a sampler may repeat itself, and a trial without a new group is free."""
STARTUP = 4
"""Random trials before TPE and the Gaussian process begin; with Optuna's 10 they would hardly begin at all."""
POPULATION = 6
"""Of NSGA-II; with Optuna's 50 it would be random throughout these budgets."""

Sampler = Callable[[int], optuna.samplers.BaseSampler]


def sampled_by(make: Sampler) -> Search:
    """The search of one sampler; all tasks together is its first trial, as it is every other method's first model.

    A trial trains the groups of its partition that were not trained yet, each of them one model. The choice is exact
    among all groups that were trained, better than the best trial.
    """

    def search(oracle: Oracle, *, seed: int) -> ChoiceAfter:
        problem, table = oracle.problem, oracle.problem.table
        names = table.rows.tasks
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(direction="maximize", sampler=make(seed))
        study.enqueue_trial(dict.fromkeys(names, 0))
        for _ in range(TRIALS * oracle.models):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                trial = study.ask()
                label = [trial.suggest_int(name, 0, problem.adapters - 1) for name in names]
            rows = groups_of(np.array(label), problem)
            missing = [row for row in rows if row < table.size and row not in oracle.trained]
            for row in missing[: oracle.left]:
                oracle.train(row)
            if not oracle.left:
                break
            study.tell(trial, float(sum(table.told[row][table.rows.members[row]].sum() for row in rows)))
        return oracle.exact

    return search


def groups_of(label: NDArray[np.int64], problem: Problem) -> list[int]:
    """Rows of a partition, given as one integer per task; in the order of their first tasks."""
    bits = 1 << np.arange(len(label))
    return [problem.table.rows.places[int(bits[label == of].sum())] for of in dict.fromkeys(label.tolist())]


def full_partitions(problem: Problem) -> bool:
    """Partitions, of few tasks, in tables that hold all groups."""
    return problem.mode == "partition" and problem.table.complete and len(problem.table.rows.tasks) <= TASKS


def tpe(seed: int) -> optuna.samplers.BaseSampler:
    """Tree-structured Parzen estimators."""
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP)


def nsga2(seed: int) -> optuna.samplers.BaseSampler:
    """A genetic algorithm."""
    return optuna.samplers.NSGAIISampler(seed=seed, population_size=POPULATION)


def gp(seed: int) -> optuna.samplers.BaseSampler:
    """A Gaussian process over the integers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return optuna.samplers.GPSampler(seed=seed, n_startup_trials=STARTUP)


def uniform(seed: int) -> optuna.samplers.BaseSampler:
    """Random partitions."""
    return optuna.samplers.RandomSampler(seed=seed)
