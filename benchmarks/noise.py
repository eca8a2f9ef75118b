r"""How noisy a gain is, what keeps the noise down, and how many seeds are left to buy.

    python -m benchmarks.noise

reads ``results/truth.parquet`` and ``results/agreement.parquet``, trains nothing, and writes ``results/noise.json``. Of
pairs of the first set, pooled over targets and in units of the constant predictor's loss:

- ``run`` and ``reference``: standard deviation of a loss over seeds, of a pair and of a task's reference.
- ``gain``: of a gain with one run and one reference, :math:`\sqrt{run^2 + reference^2}` if their seeds differ;
  ``paired`` if they are the same, so that both start from one adapter and take a task's batches in one order.
- ``signal``: of the true gains of a target over its partners: what is seen, less what noise adds to it.
- ``seeds``, where there is a signal: runs of a pair, and as many references, that bring the reliability
  :math:`signal^2 / (signal^2 + gain^2 / seeds)` to 0.7; references are shared by the gains of a target and do not
  disturb their order, so these are seeds for levels, and ``order`` those for ranks, from ``run`` alone.

Rows are the table as it is, and the same with one of the means taken away.
"""

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.agreement import RUNS
from benchmarks.kept import write_json
from benchmarks.truth import PASSES, RESULT
from benchmarks.truth_table import TruthTable

OUT = Path(__file__).parent / "results" / "noise.json"
TARGET = 0.7
"""Reliability that the seeds should buy."""
VARIANTS = ("heads at random", "last weights")
"""Rows of ``agreement.parquet``; the others train something else."""
Array = NDArray[np.float64]


def noise(table: TruthTable, *, shared: int) -> dict[str, float]:
    """The figures of one table of pairs.

    Args:
        shared: Seeds, from the first on, that pairs and references have both.
    """
    member = np.isfinite(table.losses[0])  # shape: (G, T)
    run, reference = float(table.run_variance.mean()), float(table.reference_variance.mean())
    paired = table.references[:shared, None] - table.losses[:shared]  # gains by seed, shape: (S, G, T)
    together = float(paired.var(axis=0, ddof=1)[member].mean())
    seen = [float(np.nanvar(table.all[:, t], ddof=1)) for t in range(len(table.tasks))]
    signal = max(float(np.mean(seen)) - run / len(table.losses), 0.0)  # the reference shifts all partners alike
    odds = TARGET / (1 - TARGET)
    found = {
        "run": math.sqrt(run),
        "reference": math.sqrt(reference),
        "gain": math.sqrt(run + reference),
        "paired": math.sqrt(together),
        "signal": math.sqrt(signal),
        "degrees": int(member.sum()) * (len(table.losses) - 1),
    }
    if signal:
        found |= {"seeds": odds * (run + reference) / signal, "order": odds * run / signal}
    return found


def pairs_of(table: pd.DataFrame) -> pd.DataFrame:
    """References and pairs alone."""
    return table[table["reference"] | (table["group"].str.count(r"\+") == 1)]


def tabulated(truth: pd.DataFrame, runs: pd.DataFrame | None) -> dict[str, dict[str, float]]:
    """Figures by row; variants that were not trained are left out."""
    first = truth[(truth["set"] == "first") & (truth["passes"] == PASSES)]
    found = {"as it is": noise(TruthTable.of(pairs_of(first)), shared=4)}
    for name in VARIANTS:
        own = None if runs is None else runs[runs["variant"] == name]
        if own is not None and len(own):
            table = TruthTable.of(pairs_of(own))
            found[name] = noise(table, shared=len(table.losses))
    return found


def main() -> None:
    """Tabulates, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, default=RESULT)
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    runs = pd.read_parquet(arguments.runs) if arguments.runs.exists() else None
    found: dict[str, Any] = tabulated(pd.read_parquet(arguments.truth), runs)
    for name, figures in found.items():
        print(f"{name:20s}" + "".join(f" {figure} {value:.3f}" for figure, value in figures.items()))
    write_json(arguments.out, found)


if __name__ == "__main__":
    main()
