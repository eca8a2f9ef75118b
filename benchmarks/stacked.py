"""Eight runs one after the other and in stacks of 2, 4 and 8, on the embedded model: throughput and peak memory.

    python -m benchmarks.stacked FOLDER

measures in FOLDER, goes on where it was stopped, and writes ``benchmarks/results/stacked.json``. Every repeat measures
each way once, in turn, so that a change of the machine's load meets all of them; throughput is positions trained and
evaluated per second of the clock, and the speed-up is given by the processor's seconds too. Heads are fitted before.
Memory is the peak resident set of a fresh process while it trains 1 or 8 adapters in one stack (on a GPU, the device's
own count), and beside it what a process holds that trains none.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import torch

from benchmarks.clocked import clocked
from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.shortened import shortened
from benchmarks.spread import spread
from benchmarks.truth import bench_spec
from trainers.bench import Bench, open_bench, prepare
from trainers.fitted_heads import fitted_heads
from trainers.loop import train_group
from trainers.memory import peak_memory
from trainers.run import Run
from trainers.stacked import train_stack

TASKS = ("complexity", "function_verb", "return_kind", "string_role")
LAYERS = ("top-1", "all")
STACKS = (1, 2, 4, 8)
"""Runs per stack; 1 is one after the other, by the loop for single runs."""
PEAKS = (0, 1, 8)
"""Adapters whose peak memory is measured."""
SPLITS = ("train", "stop", "select")
OUT = Path(__file__).parent / "results" / "stacked.json"


def eight_runs(passes: int) -> list[Run]:
    """Every pair of the tasks, two of them with a second seed: runs of similar length, as probe runs are."""
    pairs = list(combinations(TASKS, 2))
    return [
        *(Run(group=pair, seed=0, passes=passes) for pair in pairs),
        *(Run(group=pair, seed=1, passes=passes) for pair in pairs[:2]),
    ]


def open_layers(layers: str, arguments: argparse.Namespace) -> Bench:
    """The embedded model with an adapter on ``layers`` and fitted heads, with few examples per split."""
    spec = bench_spec(TASKS, arguments.folder)
    sizes = dict.fromkeys(SPLITS, arguments.examples)
    tasks = {name: shortened(task, sizes) for name, task in spec.tasks.items()}
    method = replace(spec.method, layers=layers)
    spec = replace(spec, tasks=tasks, method=method, device=arguments.device, threads=arguments.threads)
    prepare(spec, SPLITS, threads=arguments.threads)
    bench = open_bench(spec)
    for name in TASKS:
        fitted_heads(bench, name)
    return bench


def measure(bench: Bench, runs: Sequence[Run], size: int) -> dict[str, float]:
    """Positions computed with stacks of ``size``, and the time they took."""
    with clocked() as took:
        if size == 1:
            results = [train_group(bench, run.group, seed=run.seed, passes=run.passes) for run in runs]
        else:
            results = [found for at in range(0, len(runs), size) for found in train_stack(bench, runs[at : at + size])]
    return {**took, "positions": sum(found.cost.tokens_forward + found.cost.tokens_backward for found in results)}


def throughput(kept: Kept, layers: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Median and spread of every stack size, and the speed-up within each repeat over one after the other."""
    bench, runs = open_layers(layers, arguments), eight_runs(arguments.passes)
    found: dict[int, list[dict[str, float]]] = {size: [] for size in STACKS}
    for repeat in range(arguments.repeats):
        for size in STACKS:
            name = f"{layers}, stacks of {size}, repeat {repeat}"
            found[size].append(kept.measured(name, partial(measure, bench, runs, size)))
    return {
        str(size): {
            "positions_per_second": spread([one["positions"] / one["seconds"] for one in of]),
            "times_sequential": _times(of, found[1], "seconds"),
            "times_sequential_by_processor": _times(of, found[1], "cpu_seconds"),
        }
        for size, of in found.items()
    }


def _times(of: Sequence[dict[str, float]], alone: Sequence[dict[str, float]], clock: str) -> dict[str, float]:
    """How much faster than one after the other, in the same repeat."""
    pairs = zip(of, alone, strict=True)
    return spread([one["positions"] / one[clock] * first[clock] / first["positions"] for one, first in pairs])


def peaks(kept: Kept, layers: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Peak memory in bytes without training, with one adapter and with eight, each of a fresh process."""
    none, one, eight = (
        kept.measured(f"{layers}, peak of {count}", partial(peak_of, layers, count, arguments)) for count in PEAKS
    )
    return {"0": none, "1": one, "8": eight, "times_one": round(eight / one, 3)}


def peak_of(layers: str, adapters: int, arguments: argparse.Namespace) -> int:
    """Peak memory in bytes of a fresh process that trains so many adapters at once."""
    command = [sys.executable, "-m", "benchmarks.stacked", str(arguments.folder)]
    command += ["--peak", str(adapters), "--layers", layers]
    for name in ("examples", "passes", "device", "threads"):
        command += [f"--{name}", str(getattr(arguments, name))]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-1])


def own_peak(layers: str, arguments: argparse.Namespace) -> int:
    """Peak memory in bytes of this process after training ``arguments.peak`` adapters in one stack."""
    bench = open_layers(layers, arguments)
    forget_peak()
    if arguments.peak:
        train_stack(bench, eight_runs(arguments.passes)[: arguments.peak])
    return peak_memory(bench.device)


def forget_peak() -> None:
    """Lets this process's peak begin anew where Linux allows it, so that it is the peak of what follows."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def tell(layers: str, found: dict[str, Any]) -> None:
    """Prints what was measured with an adapter on ``layers``."""
    for size, row in found["throughput"].items():
        speed, ratio = row["positions_per_second"], row["times_sequential"]
        print(
            f"{layers}, stacks of {size}: {speed['median']:.0f} positions/s, {ratio['median']:.2f} times sequential"
            f" ({ratio['least']:.2f} to {ratio['most']:.2f})"
        )
    none, one, eight = (found["peak_bytes"][str(count)] / 2**20 for count in PEAKS)
    print(f"{layers}: {none:.0f} MiB untrained, {one:.0f} MiB with 1 adapter, {eight:.0f} MiB with 8")


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished measurements and cached layers are kept")
    parser.add_argument("--repeats", type=int, default=5, help="measurements per way")
    parser.add_argument("--examples", type=int, default=200, help="rows per split at most")
    parser.add_argument("--passes", type=int, default=1, help="passes of every run")
    parser.add_argument("--device", default="cpu", help="a torch device")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--layers", choices=LAYERS, action="append", help="adapted layers; both if not named")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--peak", type=int, help="only train so many adapters in one stack and print the peak memory")
    arguments = parser.parse_args()
    wanted = arguments.layers or LAYERS
    if arguments.peak is not None:
        print(own_peak(wanted[0], arguments))
        return
    settings = {name: getattr(arguments, name) for name in ("repeats", "examples", "passes", "device", "threads")}
    device = torch.device(arguments.device)
    named = {"device": torch.cuda.get_device_name(device)} if device.type == "cuda" else {}
    results: dict[str, Any] = {"machine": machine() | named, "settings": settings}
    kept = Kept(arguments.folder / "measured.json", dict(results))
    for layers in wanted:
        results[layers] = {
            "throughput": throughput(kept, layers, arguments),
            "peak_bytes": peaks(kept, layers, arguments),
        }
        write_json(arguments.out, results)
        tell(layers, results[layers])


if __name__ == "__main__":
    main()
