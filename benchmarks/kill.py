"""Kills a run at three random moments and compares its end with an undisturbed run.

    python -m benchmarks.kill --out runs --seed 0 -- --tasks complexity,function_verb,string_role

What follows ``--`` goes to `cotrain recommend`. ``results/kill.json`` records when the run was killed, how many jobs it
had finished, that none of them was done again, and whether the answers are equal.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import machine

KILLS = 3


def finished(run: Path) -> dict[str, float]:
    """Finished jobs and when they finished."""
    path = run / "ledger.sqlite"
    if not path.exists():
        return {}
    with sqlite3.connect(path) as connection:
        try:
            return dict(connection.execute("SELECT key, finished FROM jobs"))
        except sqlite3.OperationalError:
            return {}  # killed before the table was made


def answer(run: Path) -> dict[str, Any]:
    """The recommendation without clocks."""
    found = json.loads((run / "recommendation.json").read_text())
    return {name: value for name, value in found.items() if name != "cost"}


def main() -> None:
    """Runs, kills, resumes and compares."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for both run folders")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="-- and what `cotrain recommend` gets")
    arguments = parser.parse_args()
    given = [word for word in arguments.arguments if word != "--"]
    command = [sys.executable, "-m", "cotrain", "recommend", *given]
    whole, broken = arguments.out / "undisturbed", arguments.out / "killed"
    start = time.perf_counter()
    subprocess.run([*command, "--out", str(whole)], check=True)
    seconds = time.perf_counter() - start
    generator = random.Random(arguments.seed)
    moments = sorted(generator.uniform(0.05, 0.9) for _ in range(KILLS))
    kills, before = [], 0.0
    for moment in moments:
        process = subprocess.Popen([*command, "--out", str(broken)], start_new_session=True)
        time.sleep((moment - before) * seconds)
        before = moment
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kills.append({"after_seconds": round(moment * seconds, 1), "finished": finished(broken)})
        print(f"killed at {moment:.0%}: {len(kills[-1]['finished'])} finished jobs")
    subprocess.run([*command, "--out", str(broken)], check=True)
    end = finished(broken)
    results = {
        "machine": machine(),
        "command": ["cotrain", "recommend", *given],
        "seconds_undisturbed": round(seconds, 1),
        "kills": [{**kill, "finished": len(kill["finished"])} for kill in kills],
        "done_again": sum(end.get(key) != when for kill in kills for key, when in kill["finished"].items()),
        "jobs": {"undisturbed": len(finished(whole)), "killed": len(end), "same": set(end) == set(finished(whole))},
        "same_answer": answer(whole) == answer(broken),
    }
    (Path(__file__).parent / "results" / "kill.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
