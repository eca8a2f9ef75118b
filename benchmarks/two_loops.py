"""Why there are two loops: that of ``recommend`` in the place of that of ``search``, where models are counted.

    python -m benchmarks.two_loops --out FILE [--published DIR]

The cases of :mod:`benchmarks.search` whose tables hold every group: published ones, the truth table, planted ones of
six tasks, with partitions and covers, three adapters, and 6 to 20 models. Both loops get no guess and no errors, both
predict with the same Gaussian process, and both are valued by the exact choice among what they trained. The loop of
``recommend`` (:func:`grouping.loop.search`) trains one group per round, as many as there are models, and counts each as
one; it divides its expected improvement by that. Figures are normalised regrets, as there: (best - value) / (best -
usual), each a mean over seeds, where the best is better than the usual. ``lead`` is by how much that of
:func:`grouping.sequential.search_sequentially` is lower. Goes on where it was stopped.

The other way round, many tasks with a noisy guess, is :mod:`benchmarks.many_recommended`.
"""

import argparse
import statistics
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from affinity.gains import MeasuredGroup
from affinity.predictors import GroupProcess
from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.searches.bounds import bounds
from benchmarks.searches.cases import Case, cases
from benchmarks.searches.method import Search
from benchmarks.searches.oracle import ChoiceAfter, Oracle
from benchmarks.searches.ours import Counted, ours
from benchmarks.searches.sources import planted_tables, published, truth
from grouping.loop import search
from grouping.objective import BestGain
from grouping.partition import Group
from grouping.rounds.planning import Budget

SEEDS = 8
ADAPTERS = 3
PLANTED = 6
"""Tasks of the planted tables."""


class Trains:
    """The benchmark's oracle as rounds ask it: gains without error."""

    def __init__(self, oracle: Oracle) -> None:
        self._counted = Counted(oracle)

    def measure(self, groups: Sequence[Group]) -> Mapping[Group, MeasuredGroup]:
        """See :class:`grouping.oracle.Oracle`."""
        found = {}
        for group in groups:
            gain = self._counted.ask(group).mean
            none = np.zeros(len(group))
            found[group] = MeasuredGroup(
                group=group, gain=gain, gain_error=none, delta=none, delta_error=none, freedom=none + np.inf, seeds=1
            )
        return found


def in_rounds(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """As ``recommend`` searches, one group a round."""
    problem, models = oracle.problem, oracle.left
    search(
        GroupProcess.fit(problem.table.rows.tasks, [], seed=seed), measured={}, oracle=Trains(oracle), seed=seed,
        objective=BestGain(max_adapters=problem.adapters), overlap=problem.mode == "cover",
        budget=Budget(models=models, rounds=models, tolerance=0.0), confidence=0.5, cost=lambda _group: 1.0,
    )  # fmt: skip
    return oracle.exact


WAYS: dict[str, Search] = {"one at a time": ours, "in rounds": in_rounds}


def measure(case: Case, models: int) -> dict[str, Any]:
    """Mean value of each way, seconds of a run, and what the values lie between."""
    limits = [bounds(case.problem(seed), seed=seed) for seed in range(SEEDS)]
    best = [of.best for of in limits if of.best is not None]
    assert len(best) == SEEDS, "the tables are small"
    found: dict[str, Any] = {"best": statistics.mean(best), "usual": statistics.mean(of.usual for of in limits)}
    for name, way in WAYS.items():
        values, start = [], time.perf_counter()
        for seed in range(SEEDS):
            problem = case.problem(seed)
            oracle = Oracle(problem, models)
            choice_after = way(oracle, seed=seed)
            values.append(problem.table.value(choice_after(len(oracle.trained))))
        found[name] = statistics.mean(values)
        found[f"{name}, seconds"] = (time.perf_counter() - start) / SEEDS
    return found


def regret(found: Mapping[str, Any], name: str) -> float:
    """Of one way."""
    return float((found["best"] - found[name]) / (found["best"] - found["usual"]))


def summary(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Over some cases, of which one at least has a best grouping that is better than the usual."""
    scaled = [of for of in found if of["best"] > of["usual"]]
    leads = [regret(of, "in rounds") - regret(of, "one at a time") for of in scaled]
    return {
        "cases": len(scaled),
        **{name: statistics.mean(regret(of, name) for of in scaled) for name in WAYS},
        "lead": statistics.mean(leads),
        "standard error": statistics.stdev(leads) / len(leads) ** 0.5 if len(leads) > 1 else None,
        "behind": sum(lead < 0 for lead in leads),
    }


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--published", type=Path, help="folder with NAME_val_gain.csv and NAME_test_gain.csv")
    arguments = parser.parse_args()
    sources = [*([] if arguments.published is None else published(arguments.published)), *truth()]
    settings = {"seeds": SEEDS, "planted": PLANTED, "adapters": ADAPTERS}
    kept = Kept(arguments.out.with_suffix(".parts"), settings)
    by: dict[str, list[Any]] = {}
    for case in cases([*sources, *planted_tables(PLANTED)]):
        whole = all(table.complete for table in case.tables)
        for models in case.budgets if whole and case.adapters == ADAPTERS else ():
            found = kept.measured(f"{case.name}, {models} models", partial(measure, case, models))
            for name in ("all", case.mode, f"{models} models"):
                by.setdefault(name, []).append(found)
        content = {name: summary(of) for name, of in by.items() if any(one["best"] > one["usual"] for one in of)}
        write_json(arguments.out, {"machine": machine(), "settings": settings, "found": content})
    print(content)


if __name__ == "__main__":
    main()
