"""How much of what a search misses is a matter of prediction, and how much is luck: planted tables, covers.

    python -m benchmarks.luck --out FILE [--tables 6 8]

A search that is told everything but luck (:mod:`benchmarks.searches.knowing`) trains as cotrain's own would that had
nothing to learn. Its efficiency stands beside that of ``benchmarks/results/search.json``, against the same
random groups: what is left then is drawn when a group is trained. Goes on where it was stopped.
"""

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.search import RANDOM_SEEDS, SEEDS
from benchmarks.searches.beside_random import efficiencies, overall
from benchmarks.searches.cases import cases
from benchmarks.searches.knowing import knowing
from benchmarks.searches.sources import planted_tables

SEARCH = Path(__file__).parent / "results" / "search.json"


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--tables", type=int, nargs="+", default=[6, 8], help="numbers of tasks; by default %(default)s"
    )
    parser.add_argument("--search", type=Path, default=SEARCH, help="figures of cotrain; by default %(default)s")
    arguments = parser.parse_args()
    searched = {case["case"]: case["efficiency"] for case in json.loads(arguments.search.read_text())["cases"]}
    kept = Kept(arguments.out.with_suffix(".parts"), {"seeds": SEEDS, "random seeds": RANDOM_SEEDS})
    found: dict[str, Any] = {}
    for case in cases([source for tasks in arguments.tables for source in planted_tables(tasks)]):
        if case.mode == "cover":
            told = kept.measured(case.name, partial(efficiencies, case, knowing))
            found[case.name] = {"told all but luck": told, "cotrain": searched.get(case.name, {})}
    told = [ratio for of in found.values() for ratio in of["told all but luck"].values()]
    own = [ratio for of in found.values() for ratio in of["cotrain"].values()]
    total = {"told all but luck": overall(told), "cotrain": overall(own)}
    write_json(arguments.out, {"machine": machine(), "efficiency": total, "cases": found})
    print(total)


if __name__ == "__main__":
    main()
