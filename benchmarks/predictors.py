"""Which predictor leads the search to better groupings on this project's own complete tables; nothing is trained.

    python -m benchmarks.predictors

Every predictor of :data:`affinity.predictors.PREDICTORS` drives :func:`grouping.loop.search`, from all tasks together
and without an estimator's guess, to at most 4 and 8 models. Tables are ``docs/gains.csv``, taken at its word and valued
by itself, and both sets of ``results/truth.parquet``: each search is told two of their four seeds, in all six ways, and
its choice is worth its gain in the two others. *Regret* is what the choice lacks of the best grouping in the values
that judge it, on a scale where the median grouping lacks 1. Its median and quartiles, its mean and the share of
searches without any stand by predictor, table and budget in ``results/predictors.json``, beside the models trained: the
search ends early where its predictor expects too little of further groups. ``gains.csv`` is the first set over all
seeds, so there are two sets of tasks in all, and the order of predictors is theirs and no law.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from affinity.gains import MeasuredGroup
from affinity.predictors import PREDICTORS
from benchmarks.early_looks import RESULTS, SEARCHED, Replayed, Table
from benchmarks.kept import write_json
from benchmarks.machine import machine
from benchmarks.truth_groupings import value
from grouping.gain_table import GainTable
from grouping.loop import search
from grouping.objective import BestGain
from grouping.oracle import Oracle
from grouping.partition import Group, Partition, all_partitions
from grouping.rounds.planning import Budget

GAINS = Path(__file__).parents[1] / "docs" / "gains.csv"
OUT = RESULTS / "predictors.json"
MODELS = (4, 8)
"""Groups that a search may train beyond all tasks together; it thinks again after every two."""
SEARCHES = {"gains.csv": 12, "first": 2, "second": 2}
"""Searches with a seed of their own: in all, or with every two of the table's seeds."""


@dataclass(frozen=True, eq=False)
class AtItsWord:
    """An oracle that reads a table of gains without errors; a :class:`grouping.oracle.Oracle`."""

    measured: Mapping[Group, MeasuredGroup]

    def measure(self, groups: Sequence[Group]) -> dict[Group, MeasuredGroup]:
        return {group: self.measured[group] for group in groups}


@dataclass(frozen=True, eq=False)
class Judged:
    """An oracle, and what every grouping is worth by other numbers.

    Args:
        tasks: All.
        oracle: What the search is told.
        values: Mean gain over tasks by grouping.
    """

    tasks: tuple[str, ...]
    oracle: Oracle
    values: Mapping[Partition, float]

    def regret(self, choice: Partition) -> float:
        """What it lacks of the best, in units of what the median grouping lacks."""
        every = np.array(list(self.values.values()))
        return float((every.max() - self.values[choice]) / (every.max() - np.median(every)))


def own_table(path: Path = GAINS) -> list[Judged]:
    """One table that tells and judges."""
    found = GainTable.read(path).measured()
    values = {
        of: sum(float(found.measured[group].gain.sum()) for group in of.groups if len(group) > 1) / len(found.tasks)
        for of in all_partitions(found.tasks)
    }
    return [Judged(tuple(found.tasks), AtItsWord(found.measured), values)]


def truth_table(name: str, passes: int) -> list[Judged]:
    """One for every two seeds."""
    table = Table.read(name, passes)
    found = []
    for seeds in combinations(table.seeds, 2):
        others = tuple(seed for seed in table.seeds if seed not in seeds)
        values = {of: value(table, of, others) for of in all_partitions(table.tasks)}
        found.append(Judged(table.tasks, Replayed(table, seeds, points=1), values))
    return found


def searched(judged: Judged, predictor: str, *, models: int, seed: int) -> tuple[Partition, int]:
    """The choice of one search, and the models that it trained beyond all tasks together."""
    together = judged.oracle.measure([tuple(sorted(judged.tasks))])
    gains = PREDICTORS[predictor].fit(judged.tasks, [of.gains() for of in together.values()])
    budget = Budget(models=models, rounds=models // 2)
    found = search(gains, measured=together, objective=BestGain(), oracle=judged.oracle, budget=budget, seed=seed)
    return found.partition, sum(len(of.asked) for of in found.rounds)


def summary(regrets: Sequence[float], trained: Sequence[int], seconds: float) -> dict[str, float]:
    """Of one predictor's searches: their regrets, the models that each trained, and the time of all."""
    low, middle, high = np.quantile(regrets, (0.25, 0.5, 0.75))
    return {
        "searches": len(regrets),
        "mean": float(np.mean(regrets)),
        "error of the mean": float(np.std(regrets, ddof=1) / np.sqrt(len(regrets))),
        "median": float(middle),
        "lower quartile": float(low),
        "upper quartile": float(high),
        "worst": float(np.max(regrets)),
        "without regret": float(np.mean(np.array(regrets) < 1e-9)),
        "models trained": float(np.mean(trained)),
        "seconds per search": seconds / len(regrets),
    }


def compared(tables: Sequence[Judged], seeds: int) -> dict[str, dict[str, dict[str, float]]]:
    """By budget and predictor."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for models in MODELS:
        found[f"{models} models"] = {}
        for predictor in PREDICTORS:
            start = perf_counter()
            regrets, trained = [], []
            for judged in tables:
                for seed in range(seeds):
                    choice, count = searched(judged, predictor, models=models, seed=seed)
                    regrets.append(judged.regret(choice))
                    trained.append(count)
            found[f"{models} models"][predictor] = summary(regrets, trained, perf_counter() - start)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    start = perf_counter()
    tables = {"gains.csv": own_table(), **{name: truth_table(name, passes) for name, passes in SEARCHED}}
    found: dict[str, Any] = {}
    for name, of in tables.items():
        found[name] = compared(of, SEARCHES[name])
        for models, rows in found[name].items():
            for predictor, row in rows.items():
                print(name, models, predictor, {key: round(number, 4) for key, number in row.items()}, flush=True)
    made = {**machine(), "threads": os.environ.get("OMP_NUM_THREADS"), "seconds": perf_counter() - start}
    write_json(out, {"machine": made, "regret": found})


if __name__ == "__main__":
    main()
