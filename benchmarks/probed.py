"""What it costs in quality, and saves, to look at the upper layers alone where all layers are adapted.

    python -m benchmarks.probed FOLDER

measures in FOLDER, goes on where it was stopped, and writes ``benchmarks/results/probed.json``: rank correlation of
`linearized` with the gains of pairs that were trained with all layers adapted (``results/agreement.parquet``), by the
share of the layers that it looks at, over several seeds of the estimator; seconds and operations from nothing.
"""

import argparse
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from affinity.estimators.linearized import PROBED, Linearized
from benchmarks.ablation import judged, summary
from benchmarks.agreement import RUNS
from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.noise import pairs_of
from benchmarks.truth import PASSES
from benchmarks.truth_table import TruthTable
from benchmarks.variants import VARIANTS
from trainers.bench import BenchSpec, open_bench
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.trainer import Trainer

SHARES = (PROBED, 1.0)
"""Of the layers, the uppermost."""
SEEDS = (100, 101)
"""Of the estimator."""
OUT = Path(__file__).parent / "results" / "probed.json"


def measured(table: TruthTable, spec: BenchSpec, folder: Path, *, share: float, seed: int) -> dict[str, float]:
    """How well one estimate tells the table's gains, and what it took."""
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    own = replace(spec, cache=folder / "cache")
    ledger = Ledger(folder / "ledger.sqlite")
    trainer = Trainer(own, InProcess(open_bench, own), ledger, Budget(passes=PASSES), seed=seed)
    found = Linearized(probed=share).estimate(trainer)
    columns = [found.prior.tasks.index(task) for task in table.tasks]
    members = table.members.copy()
    members[:, columns] = table.members
    gains = found.prior.gains(members)[:, columns]
    return judged(gains, table) | {"seconds": time.perf_counter() - began, "flops": found.matrix.cost.flops}


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished measurements are kept")
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    (variant,) = (of for of in VARIANTS if of.layers == "all")
    runs = pd.read_parquet(arguments.runs)
    table = TruthTable.of(pairs_of(runs[runs["variant"] == variant.name]))
    spec = variant.spec(arguments.folder)
    kept = Kept(arguments.folder / "probed.json", machine() | {"passes": PASSES})
    results: dict[str, Any] = {}
    for share in SHARES:
        of = []
        for seed in SEEDS:
            name = f"{share:.2f} of the layers, seed {seed}"
            measure = partial(measured, table, spec, arguments.folder / name, share=share, seed=seed)
            of.append(kept.measured(name, measure))
        results[f"{share:.2f}"] = {figure: summary([one[figure] for one in of]) for figure in of[0]}
    write_json(arguments.out, {"machine": machine(), "seeds": list(SEEDS), "shares": results})


if __name__ == "__main__":
    main()
