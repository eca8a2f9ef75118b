"""Whether validation keeps its word: search and proof in planted worlds, every claim held against the truth.

    python -m benchmarks.validation [--repetitions 100]

Six tasks, all of whose groups have planted gains (:mod:`benchmarks.proofs.worlds`); runs, references and held-out
examples are as noisy as those of the truth table (:mod:`benchmarks.proofs.planted_runs`). Each repetition searches on
the select half, opens test with fresh seeds, and notes of the grouping that was *selected*: how often 95 % intervals
hold the true change of a task, the true mean gain and the true lead over a baseline; whether any superiority claim is
false (Holm over tasks, and over baselines); and whether what is recommended truly costs a task more than its margin.
One row per kind of world, objective and schedule of looks, in ``results/validation.json``; kinds that were not looked
at while the code was written are marked as held out.
"""

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.kept import Kept
from benchmarks.machine import machine
from benchmarks.proofs.planted_runs import DrawingTrainer
from benchmarks.proofs.repetition import repetition
from benchmarks.proofs.worlds import WORLDS, world
from trainers.budget import Budget

OUT = Path(__file__).parent / "results" / "validation.json"
SELECT, TEST, MARGIN = 480, 4000, 2.0
"""Held-out examples, and points that may be lost."""
SCHEDULES = {"3 seeds": None, "3, 6 and 12 seeds": 12}
"""Most seeds of a group."""
BATCH = 20
"""Repetitions per line of the file."""
HELD_OUT = ("chains", "low rank")
"""Kinds of worlds that served no decision."""
COUNTED = ("hits", "intervals", "ahead_hits", "ahead", "looks", "adapters")
RATES = ("false_superior", "false_ahead", "false_confirmed", "worse_kept")


def batch(kind: str, objective: str, most: int | None, seeds: Sequence[int]) -> dict[str, Any]:
    """Sums over some repetitions."""
    budget = Budget(seeds=2, reference_seeds=3, validation_seeds=3, max_validation_seeds=most)
    rows = []
    for seed in seeds:
        planted = world(kind, seed=seed, select=SELECT, test=TEST, margin=MARGIN)
        rows.append(repetition(planted, DrawingTrainer(planted, budget), objective=objective))
    shared = [row["mean_hit"] for row in rows if row["mean_hit"] is not None]
    sums: dict[str, Any] = {name: sum(int(row[name]) for row in rows) for name in (*COUNTED, *RATES)}
    verdicts = [row["verdict"] for row in rows]
    return sums | {
        "repetitions": len(rows),
        "mean_hits": sum(shared),
        "means": len(shared),
        "verdicts": {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
    }


def summed(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sums over batches, and the shares that follow."""
    names = [name for name in parts[0] if name != "verdicts"]
    found: dict[str, Any] = {name: sum(part[name] for part in parts) for name in names}
    count = found["repetitions"]
    kinds = sorted({verdict for part in parts for verdict in part["verdicts"]})
    return {
        "repetitions": count,
        "coverage of a task's change": share(found["hits"], found["intervals"]),
        "coverage of the mean gain": share(found["mean_hits"], found["means"]),
        "coverage of the lead over a baseline": share(found["ahead_hits"], found["ahead"]),
        "intervals": [found["intervals"], found["means"], found["ahead"]],
        "any false claim of a task": share(found["false_superior"], count),
        "any false claim over a baseline": share(found["false_ahead"], count),
        "confirmed though truly beyond the margin": share(found["false_confirmed"], count),
        "recommended though truly beyond the margin": share(found["worse_kept"], count),
        "looks": found["looks"] / count,
        "adapters": found["adapters"] / count,
        "verdicts": {kind: sum(part["verdicts"].get(kind, 0) for part in parts) for kind in kinds},
    }


def share(part: int, of: int) -> float | None:
    """A fraction; None of nothing."""
    return part / of if of else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    made_on = json.loads(given.out.read_text())["settings"]["machine"] if given.out.exists() else machine()
    settings = {"select": SELECT, "test": TEST, "margin": MARGIN, "held_out": list(HELD_OUT), "machine": made_on}
    kept = Kept(given.out, settings)  # figures follow from the seeds
    every: list[dict[str, Any]] = []
    for kind in WORLDS:
        for objective in ("best_gain", "fewest_adapters"):
            for schedule, most in SCHEDULES.items():
                name = f"{kind}, {objective}, {schedule}"
                parts = [
                    kept.measured(
                        f"{name}, from {start}",
                        partial(batch, kind, objective, most, range(start, min(start + BATCH, given.repetitions))),
                    )
                    for start in range(0, given.repetitions, BATCH)
                ]
                every += parts
                kept.measured(f"{name}, {given.repetitions} in all", partial(summed, parts))
    kept.measured(f"all, {given.repetitions} each", partial(summed, every))


if __name__ == "__main__":
    main()
