r"""How linear training is: what the gradients at an anchor say of the end of a real run, beside what became of it.

    python -m benchmarks.linearity FOLDER

measures in FOLDER and writes ``benchmarks/results/linearity.json``. From an anchor with adapter weights :math:`w_0` a
linearised model moves a readout by :math:`g^T (w_1 - w_0)`; the real one by :math:`m(w_1) - m(w_0)`, the task's head
kept as the anchor has it. With :math:`w_1` from a run of all tasks over the whole budget, the share of the real
movements' variance that the linear ones explain,

.. math:: R^2 = 1 - \sum (m(w_1) - m(w_0) - g^T (w_1 - w_0))^2 / \sum (m(w_1) - m(w_0) - mean)^2,

over the examples of the select half, which nobody has learned from. 1 is a linear model; at 0 or below, the mean
movement says as much. The correlation beside it is blind to the size of the movements.
"""

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from peft.tuners.lora import LoraLayer
from torch import nn

from affinity.anchor import Anchor
from affinity.example_gradients import ExampleGradients, example_gradients
from affinity.gradient_pass import anchor_head, load_weights
from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.spread import spread
from benchmarks.truth import PASSES, SETS, bench_spec
from trainers.bench import Bench, BenchSpec, open_bench, prepare
from trainers.fitted_heads import initial_head
from trainers.halves import halved
from trainers.loop import reset_adapter, train_group

SEEDS = (100, 101, 102)
ANCHORS = (0, 1, 2, 4)
"""Passes over half of the examples before the gradients are taken; 0 is where training starts."""
OUT = Path(__file__).parent / "results" / "linearity.json"
Array = NDArray[np.float64]
Weights = Mapping[str, NDArray[np.float32]]


def linearity(bench: Bench, end: Weights, *, seed: int, passes: int) -> dict[str, dict[str, float]]:
    """Both figures by task; without retrieval, whose readouts depend on other texts that move too.

    Args:
        end: Adapter weights of the real run.
        passes: Of the anchor.
    """
    anchor = Anchor.of(bench.spec, half=0, seed=seed, passes=max(1, passes)).run(bench).weights
    found = {}
    for task, encoded in bench.tasks.items():
        if encoded.kind.pooled:
            continue
        if passes:
            load_weights(bench, anchor)
            head = anchor_head(bench, task, anchor)
        else:
            reset_adapter(bench.adapter, seed=seed)
            head = initial_head(halved(bench, 0), task, seed=0)
        first, before = look(bench, task, head), factors(bench)
        load_weights(bench, end)
        step = {name: values - before[name] for name, values in factors(bench).items()}
        moved = (look(bench, task, head).readouts - first.readouts).astype(np.float64)  # shape: (N, R)
        linear = np.sum([block @ step[name] for name, block in first.blocks.items()], axis=0)
        left, all_of = np.square(moved - linear).sum(), np.square(moved - moved.mean()).sum()
        found[task] = {
            "r2": float(1 - left / all_of),
            "correlation": float(np.corrcoef(moved.ravel(), linear.ravel())[0, 1]),
        }
    return found


def look(bench: Bench, task: str, head: nn.Module) -> ExampleGradients:
    """Readouts of the select half and their gradients, at the present weights."""
    return example_gradients(
        bench, task, "select", [head], np.zeros(len(bench.tasks[task].splits["select"]), dtype=int)
    )


def factors(bench: Bench) -> dict[str, Array]:
    """The adapter's present weights by the names that gradients have, flat."""
    return {
        f"{name}.{factor}": getattr(module, f"lora_{factor}")["default"].weight.detach().double().numpy().ravel().copy()
        for name, module in bench.adapter.named_modules()
        if isinstance(module, LoraLayer)
        for factor in ("A", "B")
    }


def measured(spec: BenchSpec, *, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by the anchor's passes and task."""
    bench = open_bench(spec)
    end = train_group(bench, list(bench.tasks), seed=seed, passes=PASSES, splits=(), keep_weights=True).weights
    return {str(passes): linearity(bench, end, seed=seed, passes=passes) for passes in ANCHORS}


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished runs and measurements are kept")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    kept = Kept(arguments.folder / "linearity.json", machine() | {"passes": PASSES})
    results = {}
    for name, tasks in SETS.items():
        spec = bench_spec(tasks, arguments.folder)
        prepare(spec, ["train", "stop", "select"], threads=1)
        of = [kept.measured(f"{name}, seed {seed}", partial(measured, spec, seed=seed)) for seed in SEEDS]
        results[name] = {
            passes: {
                task: {figure: spread([one[passes][task][figure] for one in of]) for figure in figures}
                for task, figures in by_task.items()
            }
            for passes, by_task in of[0].items()
        }
    write_json(arguments.out, {"machine": machine(), "seeds": list(SEEDS), "sets": results})


if __name__ == "__main__":
    main()
