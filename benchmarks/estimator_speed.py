"""What the fast estimator costs beside training every pair, on ten built-in tasks with all layers adapted.

    python -m benchmarks.estimator_speed FOLDER

measures in FOLDER, goes on where it was stopped, and writes ``benchmarks/results/estimator_speed.json``:

- `linearized`, from opening the bench to errors and with nothing finished before, against `pairwise`, whose runs are
  cut into as many parts as there are repeats. The two take turns, so that a change of the machine's load meets both.
  `pairwise` counts one run per pair and one reference per task; for its errors it needs a second reference, which is
  counted apart. Libraries are loaded before.
- gains of 1,000 random groups against those of 100, with the kernel at hand.
- the rate of the gradient pass beside that of matrix products (:mod:`benchmarks.pass_rate`).
- peak memory of fresh processes: one estimates by `linearized`, one trains the pair with the longest texts.

Seconds are the clock's; the processor's beside them are equal where nothing else ran. ``--examples`` are training rows;
stop and select half have an eighth of that each.
"""

import argparse
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.estimator_ways import (
    BUDGET,
    GROUPS,
    SEED,
    TASKS,
    WAYS,
    linearized,
    linearized_afresh,
    peak_of,
    rates,
    spec_of,
    subsets,
)
from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.pairwise_parts import PairwiseParts
from benchmarks.spread import spread
from trainers.bench import BenchSpec, open_bench
from trainers.cost import Cost

OUT = Path(__file__).parent / "results" / "estimator_speed.json"
CLOCKS = ("seconds", "cpu_seconds")
Measured = dict[str, list[Any]]


def measure(kept: Kept, spec: BenchSpec, arguments: argparse.Namespace) -> Measured:
    """All measurements, by what was measured, those of one kind in the order of their repeats."""
    repeats, folder = range(arguments.repeats), arguments.folder / "linearized"
    parts = PairwiseParts(spec, arguments.folder / "pairwise", count=len(repeats), budget=BUDGET, seed=SEED)
    open_bench(spec)  # loads libraries
    if "pairwise 0" in kept:
        parts.warm()
    found: Measured = {name: [] for name in ("linearized", "pairwise", "groups", "pass", "peak")}
    for at in repeats:
        found["linearized"].append(kept.measured(f"linearized {at}", partial(linearized_afresh, spec, folder)))
        found["pairwise"].append(kept.measured(f"pairwise {at}", partial(parts.train, at)))
    found["pairwise"].append(kept.measured("pairwise, the estimator", parts.estimate))
    estimate = linearized(spec, folder)
    for at in repeats:
        found["groups"].append(kept.measured(f"groups {at}", partial(subsets, estimate)))
        found["pass"].append(kept.measured(f"gradient pass {at}", partial(rates, spec, folder)))
    for way in WAYS:
        found["peak"].append(kept.measured(f"peak of {way}", partial(peak_of_process, way, arguments)))
    return found


def peak_of_process(way: str, arguments: argparse.Namespace) -> int:
    """Peak memory of a fresh process, in bytes."""
    command = [sys.executable, "-m", "benchmarks.estimator_speed", str(arguments.folder), "--peak", way]
    for name in ("examples", "threads"):
        command += [f"--{name}", str(getattr(arguments, name))]
    command += ["--tasks", *arguments.tasks]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-1])


def compared(found: Measured) -> dict[str, Any]:
    """Both estimators, and how often the fast one's cost goes into the other's."""
    fast, parts = found["linearized"], found["pairwise"]
    again = [part["second_references"] for part in parts if "second_references" in part]
    cost, more = total(parts), total(again)
    clocks = {clock: sum(part[clock] for part in parts) for clock in CLOCKS}
    ratios = {clock: spread([clocks[clock] / one[clock] for one in fast]) for clock in CLOCKS}
    return {
        "linearized": {
            **{clock: spread([one[clock] for one in fast]) for clock in CLOCKS},
            "cost": fast[0]["cost"],
            "peak_bytes": found["peak"][WAYS.index("linearized")],
        },
        "pairwise": {
            **clocks,
            "cost": cost.to_dict(),
            "peak_bytes": found["peak"][WAYS.index("pairwise")],
            "second_references": {
                **{clock: sum(part[clock] for part in again) for clock in CLOCKS},
                "cost": more.to_dict(),
            },
        },
        "times": {**ratios, "flops": cost.flops / fast[0]["cost"]["flops"]},
    }


def total(parts: list[Any]) -> Cost:
    """Of those that trained."""
    return sum((Cost(**part["cost"]) for part in parts if "cost" in part), Cost())


def further(found: Measured) -> dict[str, Any]:
    """Groups, and the gradient pass as a share of the fastest product that was seen in the same repeat."""
    few, many = map(str, GROUPS)
    shares = {
        f"{what}_of_{peak}": spread([one[what] / one[peak] for one in found["pass"]])
        for what in ("model", "positions", "tokens")
        for peak in ("squares", "shapes")
    }
    return {
        "groups": {
            few: spread([one[few]["seconds"] for one in found["groups"]]),
            many: spread([one[many]["seconds"] for one in found["groups"]]),
            "more": spread([one[many]["seconds"] - one[few]["seconds"] for one in found["groups"]]),
        },
        "gradient_pass": {
            "operations_per_second": {name: spread([one[name] for one in found["pass"]]) for name in found["pass"][0]},
            "shares": shares,
        },
    }


def settings_of(spec: BenchSpec, arguments: argparse.Namespace) -> dict[str, Any]:
    """What every figure depends on."""
    examples = {name: {split: len(rows) for split, rows in task.splits.items()} for name, task in spec.tasks.items()}
    return {
        "machine": machine(),
        "settings": {
            "examples": examples,
            "passes": BUDGET.passes,
            "method": asdict(spec.method),
            "threads": spec.threads,
            "repeats": arguments.repeats,
        },
    }


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished measurements and runs are kept")
    parser.add_argument("--examples", type=int, default=56, help="training rows per task at most")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), help="built-in tasks")
    parser.add_argument("--repeats", type=int, default=5, help="measurements of the fast ways; parts of `pairwise`")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--peak", choices=WAYS, help="only do this way's largest work and print the peak memory")
    arguments = parser.parse_args()
    spec = spec_of(arguments.tasks, arguments.folder, examples=arguments.examples, threads=arguments.threads)
    if arguments.peak:
        print(peak_of(arguments.peak, spec, arguments.folder / "peak"))
        return
    settings = settings_of(spec, arguments)
    found = measure(Kept(arguments.folder / "measured.json", settings), spec, arguments)
    results = {**compared(found), **further(found)}
    write_json(arguments.out, settings | results)
    for name in ("times", "groups", "gradient_pass"):
        print(f"{name}: {results[name]}")


if __name__ == "__main__":
    main()
