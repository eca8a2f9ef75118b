"""How much of what a search misses is a matter of prediction, and how much is luck: planted tables, covers.

    python -m benchmarks.luck --out FILE [--tables 6 8]

A search that is told everything but luck (:mod:`benchmarks.searches.knowing`) trains as cotrain's own would that had
nothing to learn. Its efficiency stands beside that of ``benchmarks/results/search.json``, against the same
random groups: what is left then is drawn when a group is trained. ``behind`` counts the comparisons with a method of
that file, at one budget of one case, in which a search is worse by more than a standard error of the difference, and by
more than three. Goes on where it was stopped.
"""

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.search import RANDOM_SEEDS, SEEDS
from benchmarks.searches.beside_random import overall, reached
from benchmarks.searches.cases import Case, cases
from benchmarks.searches.knowing import knowing
from benchmarks.searches.methods import OURS
from benchmarks.searches.sources import planted_tables
from benchmarks.searches.summary import SMALLEST, Value

SEARCH = Path(__file__).parent / "results" / "search.json"


def told_all(case: Case) -> dict[str, Any]:
    """What the search that is told all but luck reaches, by budget."""
    return {budget: asdict(of) for budget, of in reached(case, knowing).items()}


def value(mean: float, error: float, regret: float | None) -> Value:
    """As ``search.json`` has it."""
    return Value(mean, error, regret)


def behind(pairs: Iterable[tuple[Value, Value]]) -> dict[str, int]:
    """Of pairs of a search and another method, how often the other has more, by one and three standard errors."""
    away = [(other.mean - own.mean, float(np.hypot(own.error, other.error))) for own, other in pairs]
    counted = {
        f"by more than {errors}": sum(more > max(errors * error, SMALLEST) for more, error in away) for errors in (1, 3)
    }
    return {"comparisons": len(away), **counted}


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--tables", type=int, nargs="+", default=[6, 8], help="numbers of tasks; by default %(default)s"
    )
    parser.add_argument("--search", type=Path, default=SEARCH, help="figures of cotrain; by default %(default)s")
    arguments = parser.parse_args()
    searched = {case["case"]: case for case in json.loads(arguments.search.read_text())["cases"]}
    kept = Kept(arguments.out.with_suffix(".parts"), {"seeds": SEEDS, "random seeds": RANDOM_SEEDS})
    found: dict[str, Any] = {}
    pairs: dict[str, list[tuple[Value, Value]]] = {"told all but luck": [], "cotrain": []}
    for case in cases([source for tasks in arguments.tables for source in planted_tables(tasks)]):
        if case.mode != "cover" or case.name not in searched:
            continue
        told = kept.measured(case.name, partial(told_all, case))
        before = searched[case.name]
        found[case.name] = {
            "told all but luck": {budget: of["efficiency"] for budget, of in told.items()},
            "cotrain": before["efficiency"],
        }
        for budget, values in before["values"].items():
            others = [value(*of) for name, of in values.items() if name != OURS]
            pairs["told all but luck"] += [(Value(**told[budget]["value"]), other) for other in others]
            pairs["cotrain"] += [(value(*values[OURS]), other) for other in others]
    total = {
        name: {
            **overall([ratio for of in found.values() for ratio in of[name].values()]),
            "behind": behind(of_pairs),
        }
        for name, of_pairs in pairs.items()
    }
    write_json(arguments.out, {"machine": machine(), "efficiency": total, "cases": found})
    print(total)


if __name__ == "__main__":
    main()
