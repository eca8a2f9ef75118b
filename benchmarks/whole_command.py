"""Wall time and peak memory of whole commands on the built-in suite, from a cold cache.

    python -m benchmarks.whole_command --out runs --runs 1

Memory is the sum over the command's processes of their proportional set size (pages shared by two count half in each).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import machine

COMMANDS = {"recommend": ["recommend"], "recommend --no-validate": ["recommend", "--no-validate"]}


def measure(command: list[str], out: Path) -> dict[str, Any]:
    """Runs one command in a new folder with an empty cache of mined tasks."""
    with tempfile.TemporaryDirectory() as cache:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "cotrain", *command, "--out", str(out)],
            env=os.environ | {"COTRAIN_CACHE": cache},
        )
        peak = [0]
        watcher = threading.Thread(target=_watch, args=(process, peak))
        watcher.start()
        code = process.wait()
        seconds = time.perf_counter() - start
        watcher.join()
    if code:
        raise SystemExit(f"cotrain {' '.join(command)} ended with code {code}")
    found = json.loads((out / "recommendation.json").read_text())
    return {
        "seconds": round(seconds, 1),
        "peak_mib": round(peak[0] / 2**20),
        "verdict": found["verdict"],
        "groups": found["groups"],
        "jobs": found["cost"]["total"]["jobs"],
    }


def _watch(process: "subprocess.Popen[bytes]", peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_resident(pid) for pid in _family(process.pid)))
        time.sleep(0.5)


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue  # it has ended
    return found


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it has ended
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def main() -> None:
    """Measures every command several times and writes ``results/whole_command.json``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the run folders")
    parser.add_argument("--runs", type=int, default=1, help="runs per command")
    arguments = parser.parse_args()
    results: dict[str, Any] = {"machine": machine(), "commands": {}}
    for name, command in COMMANDS.items():
        folder = name.replace(" ", "")
        found = [measure(command, arguments.out / f"{folder}-{run}") for run in range(arguments.runs)]
        seconds = [run["seconds"] for run in found]
        spread = {"median": statistics.median(seconds), "least": min(seconds), "most": max(seconds)}
        results["commands"][name] = {
            "seconds": spread,
            "peak_mib": max(run["peak_mib"] for run in found),
            "runs": found,
        }
        print(f"cotrain {name}: {spread['median']:.0f} s, {results['commands'][name]['peak_mib']} MiB")
        path = Path(__file__).parent / "results" / "whole_command.json"
        path.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
