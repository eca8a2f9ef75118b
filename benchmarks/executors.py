"""One suite on every executor, and what Ray costs beside worker processes.

    python -m benchmarks.executors FOLDER

Three built-in tasks are recommended for in this process, by two worker processes, and on a Ray cluster of three nodes
on this machine (a head that computes nothing, and two with a core each); compared are what the search trained, groups,
verdicts, and every held-out loss of every run. Then units that only keep a core busy: eight of 10 s on two warm workers
of each kind, in turn, and 1,000 of 50 ms, of which is told how busy both cores were kept. Goes on where it was stopped;
writes ``results/executors.json``.
"""

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ray.cluster_utils import Cluster as Nodes

from benchmarks.kept import write_json
from benchmarks.machine import machine
from benchmarks.spinning import Spin, nothing, rounds_of
from grouping.trials import read_trials
from trainers.executors import Executor, RayActors, WorkerProcesses
from trainers.executors.ray_cluster import Cluster
from trainers.job import Single
from trainers.packing import unpack

TASKS = "complexity,function_verb,string_role"
LONG, SHORT = (8, 10.0), (1000, 0.05)
"""Units, and seconds of each."""
OUT = Path(__file__).parent / "results" / "executors.json"


def recommended(out: Path, given: Sequence[str]) -> dict[str, Any]:
    """What one command answers, from its folder if it is done."""
    command = [sys.executable, "-m", "cotrain", "recommend", "--tasks", TASKS, "--quiet", "--out", str(out), *given]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    answer = json.loads((out / "recommendation.json").read_text())
    return {
        "given": list(given),
        "seconds": time.perf_counter() - start,
        "groups": answer["groups"],
        "verdicts": {name: of["verdict"] for name, of in answer["tasks"].items()},
        "trained": trained(out),
        "proposals": [of["partition"] for of in read_trials(out / "study.sqlite")],
    }


def trained(out: Path) -> list[str]:
    """Runs of the search; they end in another order with another number of workers."""
    events = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return sorted(of["run"] for of in events if of["event"] == "trained" and of["phase"].startswith("groups"))


def losses(out: Path) -> dict[tuple[str, str, str], Any]:
    """Held-out losses by run, task and split."""
    with sqlite3.connect(out / "ledger.sqlite") as ledger:
        rows = ledger.execute("SELECT label, result FROM jobs").fetchall()
    found = {}
    for label, data in rows:
        try:
            result = unpack(data)
        except ValueError:
            continue  # not a training run
        for task, of in result.members.items():
            found |= {(label, task, split): losses for split, losses in of.losses.items()}
    return found


def difference(one: Path, other: Path) -> dict[str, Any]:
    """The largest difference between two folders' losses."""
    a, b = losses(one), losses(other)
    if set(a) != set(b):
        raise SystemExit(f"{one} and {other} have other runs: {sorted(set(a) ^ set(b))[:3]}")
    return {
        "compared": sum(len(of) for of in a.values()),
        "largest": max(float(np.abs(a[of] - b[of]).max()) for of in a),
    }


def timed(executor: Executor, count: int, rounds: int) -> tuple[float, float]:
    """Wall seconds of so many units, and seconds that they kept cores busy."""
    units = [Single(Spin(number, rounds)) for number in range(count)]
    start = time.perf_counter()
    busy = sum(units[index].decode(data) for index, data in executor.results(units))
    return time.perf_counter() - start, busy


def spinning(repeats: int) -> dict[str, Any]:
    """Both kinds of workers in turn, each warm."""
    rows: dict[str, dict[str, list[float]]] = {}
    with Cluster(address=None, cores=2) as cluster:
        makers = {
            "worker processes": lambda: WorkerProcesses(nothing, 0, workers=2),
            "ray": lambda: RayActors(nothing, 0, cluster=cluster),
        }
        for _ in range(repeats):
            for name, make in makers.items():
                of = rows.setdefault(name, {"long seconds": [], "short seconds": [], "short busy": []})
                with make() as executor:
                    timed(executor, 4, 1)
                    seconds, _ = timed(executor, LONG[0], rounds_of(LONG[1]))
                    of["long seconds"].append(seconds)
                    seconds, busy = timed(executor, SHORT[0], rounds_of(SHORT[1]))
                    of["short seconds"].append(seconds)
                    of["short busy"].append(busy / (2 * seconds))
                print(name, of, flush=True)
    paired = zip(rows["ray"]["long seconds"], rows["worker processes"]["long seconds"], strict=True)
    return {"rows": rows, "ray over worker processes": statistics.median(ray / own for ray, own in paired)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(), "tasks": TASKS}
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        nodes.add_node(num_cpus=1)
    ways = {
        "in process": ["--workers", "1"],
        "worker processes": ["--workers", "2"],
        "ray": ["--executor", "ray", "--address", nodes.address],
    }
    folders = {name: given.folder / name.replace(" ", "-") for name in ways}
    found["recommended"] = {name: recommended(folders[name], way) for name, way in ways.items()}
    nodes.shutdown()
    first = found["recommended"]["in process"]
    found["same"] = {
        name: {
            **{part: of[part] == first[part] for part in ("groups", "verdicts", "trained", "proposals")},
            **difference(folders["in process"], folders[name]),
        }
        for name, of in found["recommended"].items()
        if name != "in process"
    }
    print(json.dumps(found["same"], indent=1), flush=True)
    write_json(given.out, found)
    found["spinning"] = spinning(given.repeats)
    write_json(given.out, found)


if __name__ == "__main__":
    main()
