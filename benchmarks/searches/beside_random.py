"""What one method reaches on one case, and what it needs beside random groups, where nothing else is asked."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.search import RANDOM_SEEDS, SEEDS
from benchmarks.searches.bounds import bounds
from benchmarks.searches.cases import Case
from benchmarks.searches.curves import efficiency
from benchmarks.searches.measure import limits, measured_runs, runs
from benchmarks.searches.method import Method, Search
from benchmarks.searches.methods import METHODS, RANDOM
from benchmarks.searches.summary import Value, value_of


@dataclass(frozen=True)
class Reached:
    """By one method with a number of models.

    Args:
        efficiency: Models that random groups need for its value, over its own.
        value: As :class:`benchmarks.searches.summary.Value`.
    """

    efficiency: float
    value: Value


def reached(case: Case, search: Search) -> dict[str, Reached]:
    """What a search reaches, by budget."""
    tables = len(case.tables)
    models = limits(case, RANDOM, METHODS[RANDOM])[0]
    random = measured_runs(case, METHODS[RANDOM], models, runs(RANDOM_SEEDS, tables=tables))
    needed = np.array(random["values"]).mean(axis=0).tolist()
    of_tables = [bounds(case.problem(seed), seed=seed) for seed in range(tables)]
    best = np.array([of.best or 0.0 for of in of_tables])  # where it is not known, errors hold what tables differ by
    usual = float(np.mean([of.usual for of in of_tables]))
    found = {}
    for budget in case.budgets:
        own = measured_runs(case, Method(search, anytime=False), budget, runs(SEEDS, tables=tables))
        value = value_of(np.array(own["values"])[:, own["at"].index(budget)], best, usual=usual)
        used = float(np.mean(own["used"]))
        ratio = efficiency(random["at"], needed, value=value.mean, models=used, size=case.size)
        found[str(budget)] = Reached(round(ratio, 2), value)
    return found


def efficiencies(case: Case, search: Search) -> dict[str, float]:
    """Models that random groups need for the value of a search, over its own, by budget."""
    return {budget: of.efficiency for budget, of in reached(case, search).items()}


def overall(ratios: Sequence[float]) -> dict[str, float]:
    """Efficiencies of many cases in three figures."""
    return {
        "geometric mean": round(statistics.geometric_mean(ratios), 2),
        "least": min(ratios),
        "below 1.5": round(sum(ratio < 1.5 for ratio in ratios) / len(ratios), 3),
    }
