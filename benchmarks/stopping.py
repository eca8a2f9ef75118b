"""How often a search that stops early, at a stated confidence, holds the best grouping.

    python -m benchmarks.stopping --out FILE [--published DIR]

searches every table of :mod:`benchmarks.searches` that is asked for, with as many models as it has groups, and stops at
each confidence. ``right`` is the share of searches whose choice is the best of the whole table, by the gains that were
told, ``used`` the share of the table's groups that were trained, and ``lost`` the mean of what is missing to the best,
as a share of what the best has over all tasks together. A stated confidence is kept where ``right`` is no smaller. It
goes on where it was stopped.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.search import families
from benchmarks.searches.cases import Case, cases
from benchmarks.searches.oracle import Oracle
from benchmarks.searches.ours import searched

CONFIDENCES = (0.5, 0.8, 0.9, 0.95)
SEEDS = 4
SAME = 1e-9
"""Difference of two sums of the same gains."""


def stopped(case: Case, confidence: float) -> list[dict[str, float]]:
    """Searches of one case, one per seed."""
    found = []
    for seed in range(SEEDS):
        problem = case.problem(seed)
        oracle, table = Oracle(problem, case.size), problem.table
        result = searched(oracle, seed=seed, confidence=confidence)
        served = problem.best(table.told)
        assert served is not None
        best = float(table.told[served, np.arange(len(served))].sum())
        together = float(table.told[table.together].sum())
        found.append(
            {
                "right": float(result.value >= best - SAME),
                "used": len(oracle.trained) / case.size,
                "lost": (best - result.value) / (best - together) if best > together else 0.0,
            }
        )
    return found


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--published", type=Path, help="folder with NAME_val_gain.csv and NAME_test_gain.csv")
    parser.add_argument("--tables", nargs="+", default=["published", "truth"])
    arguments = parser.parse_args()
    known = families(arguments.published)
    settings: dict[str, Any] = {"seeds": SEEDS, "confidences": list(CONFIDENCES)}
    kept = Kept(arguments.out.with_suffix(".parts"), settings)
    summary: dict[str, dict[str, Any]] = {}
    for family in (name for name in arguments.tables if name in known):
        for confidence in CONFIDENCES:
            rows: list[dict[str, float]] = []
            for case in cases(known[family]()):
                rows += kept.measured(f"{case.name}, {confidence}", partial(stopped, case, confidence))
            means = {name: round(float(np.mean([row[name] for row in rows])), 4) for name in ("right", "used", "lost")}
            summary[f"{family}, {confidence}"] = {"searches": len(rows), **means}
            print(family, confidence, summary[f"{family}, {confidence}"], flush=True)
    write_json(arguments.out, {"machine": machine(), "settings": settings, "summary": summary})


if __name__ == "__main__":
    main()
