"""Eight runs one after the other and in stacks of 2, 4 and 8, on the embedded model: throughput and peak memory.

    python -m benchmarks.stacked --repeats 5

Every repeat measures each way once, in turn, so that a change of the machine's load meets all of them; throughput is
positions trained and evaluated per second. Memory is the peak resident set of a fresh process that trains 1 or 8
adapters in one stack (on a GPU, the device's own count). Writes ``results/stacked.json``.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine
from cotrain.builtin import mine_suite
from cotrain.suite import builtin_suite
from cotrain.workspace import read_workspace
from tasks.encoding import EncodedRows, EncodedTask
from trainers.bench import Bench, open_bench, prepare
from trainers.loop import train_group
from trainers.memory import peak_memory
from trainers.methods import LoRA
from trainers.run import Run
from trainers.stacked import train_stack

TASKS = ("complexity", "function_verb", "return_kind", "string_role")
LAYERS = ("top-1", "all")
STACKS = (1, 2, 4, 8)
"""Runs per stack; 1 is one after the other, by the loop for single runs."""


def eight_runs(passes: int) -> list[Run]:
    """Every pair of the tasks, two of them with a second seed: runs of similar length, as probe runs are."""
    pairs = list(combinations(TASKS, 2))
    return [
        *(Run(group=pair, seed=0, passes=passes) for pair in pairs),
        *(Run(group=pair, seed=1, passes=passes) for pair in pairs[:2]),
    ]


def open_layers(folder: Path, layers: str, *, examples: int, device: str, threads: int) -> Bench:
    """The embedded model with an adapter on ``layers``, with up to ``examples`` rows per split."""
    workspace = read_workspace(mine_suite(builtin_suite(), names=TASKS))
    spec = workspace.spec(cache=folder / "cache", device=device, threads=threads)
    tasks = {name: cut(task, examples) for name, task in spec.tasks.items()}
    spec = replace(spec, tasks=tasks, method=LoRA(layers=layers))
    prepare(spec, ("train", "stop", "select"), threads=threads)
    return open_bench(spec)


def cut(task: EncodedTask, examples: int) -> EncodedTask:
    """A task with the first rows of every split."""

    def rows_of(rows: EncodedRows) -> EncodedRows:
        kept = np.arange(min(examples, len(rows)))
        sides = tuple(side.take(kept) for side in rows.sides)
        return replace(rows, sides=sides, targets=rows.targets[kept], units=rows.units[kept])

    return replace(task, splits={name: rows_of(rows) for name, rows in task.splits.items()})


def measure(bench: Bench, runs: Sequence[Run], size: int) -> float:
    """Positions per second with stacks of ``size``."""
    start = time.perf_counter()
    if size == 1:
        results = [train_group(bench, run.group, seed=run.seed, passes=run.passes) for run in runs]
    else:
        results = [found for at in range(0, len(runs), size) for found in train_stack(bench, runs[at : at + size])]
    seconds = time.perf_counter() - start
    return sum(found.cost.tokens_forward + found.cost.tokens_backward for found in results) / seconds


def throughput(bench: Bench, runs: Sequence[Run], repeats: int) -> dict[str, Any]:
    """Median and spread of every stack size, and the speed-up within each repeat over one after the other."""
    found: dict[int, list[float]] = {size: [] for size in STACKS}
    for _ in range(repeats):
        for size in STACKS:
            found[size].append(measure(bench, runs, size))
    table: dict[str, Any] = {}
    for size, values in found.items():
        ratios = [value / alone for value, alone in zip(values, found[1], strict=True)]
        table[str(size)] = {
            "positions_per_second": {"median": statistics.median(values), "least": min(values), "most": max(values)},
            "times_sequential": {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)},
        }
    return table


def peak_of(layers: str, adapters: int, arguments: argparse.Namespace) -> int:
    """Peak memory in bytes of a fresh process that trains so many adapters at once."""
    command = [sys.executable, "-m", "benchmarks.stacked", "--peak", str(adapters), "--layers", layers]
    for name in ("examples", "passes", "device", "threads"):
        command += [f"--{name}", str(getattr(arguments, name))]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="measurements per way")
    parser.add_argument("--examples", type=int, default=200, help="rows per split at most")
    parser.add_argument("--passes", type=int, default=1, help="passes of every run")
    parser.add_argument("--device", default="cpu", help="a torch device")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--layers", choices=LAYERS, action="append", help="adapted layers; both if not named")
    parser.add_argument("--peak", type=int, help="only train so many adapters in one stack and print the peak memory")
    arguments = parser.parse_args()
    wanted = arguments.layers or LAYERS
    runs = eight_runs(arguments.passes)
    results: dict[str, Any] = {"machine": machine(), "settings": {**vars(arguments), "layers": list(wanted)}}
    for layers in wanted:
        with tempfile.TemporaryDirectory() as folder:
            bench = open_layers(
                Path(folder),
                layers,
                examples=arguments.examples,
                device=arguments.device,
                threads=arguments.threads,
            )
            if arguments.peak:
                train_stack(bench, runs[: arguments.peak])
                print(peak_memory(bench.device))
                return
            table = throughput(bench, runs, arguments.repeats)
        one, eight = (peak_of(layers, adapters, arguments) for adapters in (1, 8))
        memory = {"1": one, "8": eight, "times_one": round(eight / one, 3)}
        results[layers] = {"throughput": table, "peak_bytes": memory}
        for size, row in table.items():
            speed, ratio = row["positions_per_second"], row["times_sequential"]
            print(
                f"{layers}, stacks of {size}: {speed['median']:.0f} positions/s, {ratio['median']:.2f} times sequential"
                f" ({ratio['least']:.2f} to {ratio['most']:.2f})"
            )
        print(f"{layers}: {one / 2**20:.0f} MiB with 1 adapter, {eight / 2**20:.0f} MiB with 8")
    print(json.dumps(results["machine"]))
    (Path(__file__).parent / "results" / "stacked.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
