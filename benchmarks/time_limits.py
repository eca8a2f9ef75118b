"""Whether ``--max-hours`` is kept, by limits that come in probe runs, in the search and in validation.

    python -m benchmarks.time_limits --out runs -- --tasks complexity,function_verb,string_role

What follows ``--`` goes to `cotrain recommend`. A first run without a limit tells how long its phases take; the limits
lie within them, and one is a little shorter than the whole. Each limited command starts in a folder of its own;
``results/time_limits.json`` holds its wall seconds beside its limit, and what it answered. Then the one that was cut in
validation goes on without a limit, and its answer is compared with that of the first run.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.kill import answer
from benchmarks.machine import machine


def recommend(given: list[str], out: Path, *, hours: float | None = None) -> float:
    """Runs one command, and gives its wall seconds."""
    limit = [] if hours is None else ["--max-hours", f"{hours:.6f}"]
    start = time.perf_counter()
    command = [sys.executable, "-m", "cotrain", "recommend", *given, "--out", str(out), *limit]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def moments(run: Path, *, whole: float) -> dict[str, float]:
    """Limits by name, in seconds, from the log of a run that had none and took ``whole`` seconds."""
    events = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    at = {event["event"]: event["seconds"] for event in events if "seconds" in event}
    return {
        "probe runs": at["probed"] / 2,
        "search": (at["probed"] + at["searched"]) / 2,
        "validation": (at["searched"] + whole) / 2,
        "the end": 0.9 * whole,
    }


def said(run: Path) -> dict[str, Any]:
    """What a command answered."""
    found = json.loads((run / "recommendation.json").read_text())
    return {name: found[name] for name in ("groups", "verdict", "complete", "stopped", "progress")}


def main() -> None:
    """Runs without a limit, with limits within every phase, and once more without; writes the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the run folders")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="-- and what `cotrain recommend` gets")
    arguments = parser.parse_args()
    given = [word for word in arguments.arguments if word != "--"]
    whole = recommend(given, arguments.out / "whole")
    rows = []
    for name, limit in moments(arguments.out / "whole", whole=whole).items():
        run = arguments.out / name.replace(" ", "-")
        seconds = recommend(given, run, hours=limit / 3600)
        row = {"limit_in": name, "limit": round(limit, 1), "seconds": round(seconds, 1), **said(run)}
        rows.append(row | {"over": round(seconds / limit - 1, 4)})
        print(json.dumps(rows[-1]), flush=True)
    again = recommend(given, arguments.out / "validation")
    results = {
        "machine": machine(),
        "command": ["cotrain", "recommend", *given],
        "seconds_without_limit": round(whole, 1),
        "limits": rows,
        "goes_on": {
            "seconds": round(again, 1),
            "same_answer": answer(arguments.out / "validation") == answer(arguments.out / "whole"),
        },
    }
    (Path(__file__).parent / "results" / "time_limits.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
