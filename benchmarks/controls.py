"""Tasks whose answer is known: two halves of one task must end in one group, a shuffled task must help nobody.

    python -m benchmarks.controls --out runs/controls

Runs `cotrain recommend --controls --estimator pairwise` (a finished run folder is read as it is) and writes
``results/controls.json``: where the halves ended, every affinity from the shuffled task with its Holm-adjusted p value,
and what matching the steps of the single changed, on average over all pairs.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.machine import machine


def main() -> None:
    """Runs, reads and prints."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    out = parser.parse_args().out
    if not (out / "recommendation.json").exists():
        subprocess.run(
            [sys.executable, "-m", "cotrain", "recommend", "--controls", "--estimator", "pairwise", "--out", str(out)],
            check=True,
        )
    found = json.loads((out / "recommendation.json").read_text())
    evidence = json.loads((out / "evidence.json").read_text())
    groups = found["proposed"] or found["groups"]
    halves = sorted(task for group in groups for task in group if "_half_" in task)
    matching: dict[str, dict[str, float]] = {}
    for target in found["tasks"]:
        rows = [row for row in evidence["step_matching"] if row["target"] == target]
        matching[target] = {
            name: round(statistics.mean(row[name] for row in rows), 4)
            for name in ("against_equal_passes", "against_reference")
        }
    results = {
        "machine": machine(),
        "groups": groups,
        "verdict": found["verdict"],
        "learnable": found["learnable"],
        "halves": halves,
        "halves_in_one_group": any(set(halves) <= set(group) for group in groups),
        "shuffled": evidence["controls"],
        "confirmed_positive_after_holm": [row["target"] for row in evidence["controls"] if row["p_holm"] < 0.05],
        "step_matching_mean_over_partners": matching,
    }
    (Path(__file__).parent / "results" / "controls.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
