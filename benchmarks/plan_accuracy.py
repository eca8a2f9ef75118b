"""What ``cotrain plan`` says of three suites, and what then happens.

    python -m benchmarks.plan_accuracy FOLDER [--suite NAME]

Each suite is planned and then run by the command line, in folders of its own under FOLDER; a folder that is there
already is begun anew. What a search trains is known when it is over: beside the planned hours stand the least, and the
hours that the plan gives to the tokens that were trained. Beside runs, tokens and hours stand the memory of all
processes together (shared pages divided among them) and the size of the run folder, both at their highest, as seen
every two seconds.
Written to ``results/plan_accuracy.json``, suite by suite.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.kept import write_json
from benchmarks.machine import machine
from benchmarks.smollm2 import smollm2_folder
from tasks.cache import cache_folder
from tasks.mining import Sizes, mine

OUT = Path(__file__).parent / "results" / "plan_accuracy.json"
SEEN = ("hours", "memory_bytes", "disk_bytes")
"""What is seen from outside."""
EVERY = 2.0
"""Seconds between two looks at memory and folder."""
SUITES: dict[str, dict[str, Any]] = {
    "built in": {},
    "all layers, every pair": {
        "base_model": "embedded",
        "method": {"name": "lora", "r": 8, "alpha": 16, "layers": "all"},
        "estimator": "pairwise",
        "tasks": ["complexity", "function_verb", "string_role"],
        "sizes": Sizes(train=100, validation=120, test=200),
        "budget": {"passes": 1, "seeds": 2, "reference_seeds": 2, "validation_seeds": 3, "models": 4},
    },
    "a decoder, last layers": {
        "base_model": None,
        "method": {"name": "lora", "r": 8, "alpha": 16, "layers": "top-2"},
        "tasks": ["docstring_mismatch", "complexity", "function_verb"],
        "sizes": Sizes(train=150, validation=160, test=300),
        "budget": {"passes": 2, "seeds": 1, "reference_seeds": 2, "validation_seeds": 3, "models": 3},
        "max_length": 96,
    },
}
"""The first is what `cotrain recommend` takes by default; the base model of the last is SmolLM2."""


def write(name: str, folder: Path) -> list[str]:
    """Writes a suite file, and gives the argument that names it; none for the built-in one."""
    described = dict(SUITES[name])
    if not described:
        return []
    described["base_model"] = described["base_model"] or str(smollm2_folder())
    mined = mine(described["tasks"], seed=0, sizes=described.pop("sizes"), cache=cache_folder() / "mined")
    tasks = {task: {**mined.tasks[task], "margin": 5.0} for task in described["tasks"]}
    for entry in tasks.values():
        entry["data"] = {split: str(mined.folder / path) for split, path in entry["data"].items()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "suite.yaml").write_text(yaml.safe_dump(described | {"tasks": tasks}, sort_keys=False))
    return [str(folder / "suite.yaml")]


def memory(root: psutil.Process) -> int:
    """Of a process and all that it started; shared pages are divided among those that share them."""
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue  # it has just ended
    return total


def size(folder: Path) -> int:
    """Bytes of the files in a folder."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # it has just been removed
    return total


def watched(command: list[str], out: Path) -> dict[str, float]:
    """Runs a command that writes into ``out``: hours, and peaks of memory and folder."""
    start = time.perf_counter()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL)
    most = {"memory_bytes": 0, "disk_bytes": 0}
    while process.poll() is None:
        try:
            most["memory_bytes"] = max(most["memory_bytes"], memory(process))
        except psutil.Error:
            break  # it ended meanwhile
        most["disk_bytes"] = max(most["disk_bytes"], size(out))
        time.sleep(EVERY)
    if process.wait() != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return {"hours": (time.perf_counter() - start) / 3600, **most}


def trained_hours(phases: dict[str, Any], costs: dict[str, Any]) -> float:
    """The planned hours of every phase, times the share of its planned training tokens that was trained."""
    known = {"starting and drawing": "", "search": "search", "validation": "validation"}
    total = float(phases["starting and drawing"]["hours"])
    for cost in ("probe", "search", "validation"):
        of = [phase for name, phase in phases.items() if known.get(name, "probe") == cost]
        planned = sum(phase["tokens_backward"] for phase in of)
        happened = costs.get(cost, {}).get("tokens_backward", 0)
        total += sum(phase["hours"] for phase in of) * (happened / planned if planned else 1.0)
    return total


def compared(name: str, folder: Path, *, recorded: dict[str, Any] | None) -> dict[str, Any]:
    """Plan and run of one suite; the run is made unless what it took is recorded."""
    if recorded is None:
        shutil.rmtree(folder, ignore_errors=True)
    given, out = write(name, folder), folder / "run"
    command = [sys.executable, "-m", "cotrain"]
    start = time.perf_counter()
    planning = [*command, "plan", *given, "--out", str(folder / "plan"), "--json"]
    plan = json.loads(subprocess.run(planning, check=True, stdout=subprocess.PIPE).stdout)
    took = time.perf_counter() - start
    seen = recorded or watched([*command, "recommend", *given, "--out", str(out), "--quiet"], out)
    answer = json.loads((out / "recommendation.json").read_text())
    costs = {phase: of for phase, of in answer["cost"].items() if isinstance(of, dict) and "jobs" in of}
    counted = ("jobs", "tokens_forward", "tokens_backward")
    happened = {of: costs["total"][of] for of in counted} | {of: seen[of] for of in SEEN}
    planned = {of: sum(phase[of] for phase in plan["phases"].values()) for of in counted} | {
        of: plan[of] for of in SEEN
    }
    return {
        "planned": planned,
        "happened": happened,
        "ratio": {of: planned[of] / happened[of] for of in planned},
        "least": {"jobs": plan["least_jobs"], "hours": plan["least_hours"]},
        "hours for what was trained": trained_hours(plan["phases"], costs),
        "phases": plan["phases"],
        "costs": costs,
        "planning took": took,
        "verdict": answer["verdict"],
    }


def main() -> None:
    """Plans and runs every suite, or one."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="folder for the run folders")
    parser.add_argument("--suite", choices=list(SUITES), action="append", help="only this one; may be repeated")
    parser.add_argument("--plans", action="store_true", help="only plan again, beside what the recorded runs took")
    arguments = parser.parse_args()
    rows = json.loads(OUT.read_text())["suites"] if OUT.exists() else {}
    for name in arguments.suite or SUITES:
        folder = arguments.folder / name.replace(",", "").replace(" ", "-")
        rows[name] = compared(name, folder, recorded=rows[name]["happened"] if arguments.plans else None)
        print(name, json.dumps(rows[name]["ratio"]), flush=True)
        write_json(OUT, {"machine": machine(), "suites": rows})


if __name__ == "__main__":
    main()
