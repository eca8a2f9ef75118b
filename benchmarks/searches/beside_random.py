"""What one method needs on one case beside random groups, where nothing else is asked."""

import statistics
from collections.abc import Sequence

import numpy as np

from benchmarks.search import RANDOM_SEEDS, SEEDS
from benchmarks.searches.cases import Case
from benchmarks.searches.curves import efficiency
from benchmarks.searches.measure import limits, measured_runs, runs
from benchmarks.searches.method import Method, Search
from benchmarks.searches.methods import METHODS, RANDOM


def efficiencies(case: Case, search: Search) -> dict[str, float]:
    """Models that random groups need for the value of a search, over its own, by budget."""
    tables = len(case.tables)
    models = limits(case, RANDOM, METHODS[RANDOM])[0]
    random = measured_runs(case, METHODS[RANDOM], models, runs(RANDOM_SEEDS, tables=tables))
    needed = np.array(random["values"]).mean(axis=0).tolist()
    found = {}
    for budget in case.budgets:
        own = measured_runs(case, Method(search, anytime=False), budget, runs(SEEDS, tables=tables))
        value = float(np.array(own["values"])[:, own["at"].index(budget)].mean())
        used = float(np.mean(own["used"]))
        found[str(budget)] = round(efficiency(random["at"], needed, value=value, models=used, size=case.size), 2)
    return found


def overall(ratios: Sequence[float]) -> dict[str, float]:
    """Efficiencies of many cases in three figures."""
    return {
        "geometric mean": round(statistics.geometric_mean(ratios), 2),
        "least": min(ratios),
        "below 1.5": round(sum(ratio < 1.5 for ratio in ratios) / len(ratios), 3),
    }
