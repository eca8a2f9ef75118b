r"""How linear training is: what a model that is linear at an anchor makes of the weights that real runs ended with.

    python -m benchmarks.linearity FOLDER

measures in FOLDER, goes on where it was stopped, and writes ``benchmarks/results/linearity.json``. A layer's update is
:math:`W = B A`. From an anchor with :math:`A_0, B_0`, a model that is linear in the factors moves a readout by what the
gradients make of :math:`\Delta B A_0 + B_0 \Delta A`, one that is linear in the product by what they make of
:math:`B_1 A_1 - B_0 A_0`; what becomes of it is :math:`m(W_1) - m(W_0)`, the task's head kept as it is. Nothing is
simulated: the weights are those of real runs, so no simulation of either model can be expected to do better. Readouts
are those of the select half, which nobody has learned from.

- ``r2`` and ``correlation``: of linear and real movements, at the end of a run of all tasks; :math:`R^2 = 1 - \sum
  (real - linear)^2 / \sum (real - mean)^2`, so at 0 the mean movement says as much.
- ``order``: rank correlation of linear and real losses of a target beside each of its partners, in the same runs of
  pairs, which therefore no noise tells apart.

Retrieval is left out, as its readouts depend on other texts that move too.
"""

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peft.tuners.lora import LoraLayer
from scipy import stats
from torch import Tensor, nn

from affinity.anchor import Anchor
from affinity.gradient_pass import anchor_head, load_weights
from affinity.readouts import ReadoutLoss, margins
from benchmarks.kept import Kept, write_json
from benchmarks.layer_taps import tapped
from benchmarks.machine import machine
from benchmarks.truth import PASSES, SETS, bench_spec
from trainers.bench import Bench, BenchSpec, open_bench, prepare
from trainers.fitted_heads import initial_head
from trainers.halves import halved
from trainers.loop import train_group

SEEDS = (100,)
ANCHORS = (0, 1, PASSES)
"""Passes over half of the examples before the gradients are taken; 0 is where training starts."""
ROWS = 48
"""Examples per batch."""
OUT = Path(__file__).parent / "results" / "linearity.json"
Array = NDArray[np.float64]
Weights = Mapping[str, NDArray[np.float32]]
Factors = Mapping[str, tuple[Tensor, Tensor]]
"""``A`` and ``B`` by layer."""
WAYS = ("factors", "product")


def factors(bench: Bench) -> Factors:
    """The adapter's present weights."""
    return {
        name: (module.lora_A["default"].weight.detach().clone(), module.lora_B["default"].weight.detach().clone())
        for name, module in bench.adapter.named_modules()
        if isinstance(module, LoraLayer)
    }


def changes(before: Factors, after: Factors) -> dict[str, dict[str, Tensor]]:
    """What becomes of every layer's update by either model, shape ``(outputs, inputs)``."""
    found: dict[str, dict[str, Tensor]] = {way: {} for way in WAYS}
    for name, (a, b) in before.items():
        down, up = after[name]
        found["factors"][name] = (up - b) @ a + b @ (down - a)
        found["product"][name] = up @ down - b @ a
    return found


def readouts(bench: Bench, task: str, head: nn.Module, rows: NDArray[np.int64]) -> Tensor:
    """Of examples of the select half at the present weights, shape ``(B, R)``."""
    encoded = bench.tasks[task]
    split = encoded.splits["select"]
    sides = [
        bench.features(bench.inputs(task, "select", side).batch(rows, bench.device)) for side in range(encoded.sides)
    ]
    return margins(encoded.kind, head(*sides), torch.from_numpy(np.ascontiguousarray(split.targets[rows])))


def parts(bench: Bench, task: str) -> list[NDArray[np.int64]]:
    """Examples of the select half in batches."""
    order = np.argsort(bench.tasks[task].splits["select"].lengths, kind="stable")
    return [order[first : first + ROWS] for first in range(0, len(order), ROWS)]


def real(bench: Bench, task: str, head: nn.Module) -> Array:
    """Readouts at the present weights, in the order of :func:`parts`."""
    with torch.inference_mode():
        return torch.cat([readouts(bench, task, head, rows) for rows in parts(bench, task)]).double().numpy()


def linear(bench: Bench, task: str, head: nn.Module, updates: Sequence[Mapping[str, Tensor]]) -> Array:
    """What the gradients at the present weights make of each update, shape ``(updates, N, R)``."""
    found = []
    with tapped(bench.adapter) as taps:
        for rows in parts(bench, task):
            taps.clear()
            values = readouts(bench, task, head, rows)
            columns = []
            for column in values.T:
                slopes = iter(torch.autograd.grad(column.sum(), taps.flat, retain_graph=True))
                pulls = [(name, next(slopes), given) for name, calls in taps.inputs.items() for given in calls]
                columns.append(
                    [sum((pull * (given @ of[name].T)).sum((1, 2)) for name, pull, given in pulls) for of in updates]
                )
            found.append(np.array([[of.detach().double().numpy() for of in column] for column in columns]))  # (R, E, B)
    return np.concatenate(found, axis=2).transpose(1, 2, 0)


def start_at(bench: Bench, weights: Weights | None, *, seed: int) -> None:
    """Puts the anchor's weights in, or those that training starts from."""
    if weights is None:
        bench.adapter.reset(seed=seed)
    else:
        load_weights(bench, weights)


def measured(spec: BenchSpec, *, seed: int) -> dict[str, Any]:
    """Figures by the anchor's passes, model and task."""
    bench = open_bench(spec)
    names = [name for name, task in bench.tasks.items() if not task.kind.pooled]
    groups = [tuple(bench.tasks), *combinations(sorted(bench.tasks), 2)]
    ends = {
        group: train_group(bench, group, seed=seed, passes=PASSES, splits=(), keep_weights=True).weights
        for group in groups
    }
    found: dict[str, Any] = {}
    for passes in ANCHORS:
        anchor = Anchor.of(spec, half=0, seed=seed, passes=passes).run(bench).weights if passes else None
        of = {task: of_task(bench, task, anchor, ends, seed=seed) for task in names}
        found[str(passes)] = {way: {task: figures[way] for task, figures in of.items()} for way in WAYS}
    return found


def of_task(
    bench: Bench, task: str, anchor: Weights | None, ends: Mapping[tuple[str, ...], Weights], *, seed: int
) -> dict[str, dict[str, float]]:
    """Figures by model.

    Args:
        ends: Weights of the run of all tasks, then of all pairs.
    """
    own = {group: weights for group, weights in ends.items() if task in group}
    start_at(bench, anchor, seed=seed)
    before = factors(bench)
    head = initial_head(halved(bench, 0), task, seed=0) if anchor is None else anchor_head(bench, task, anchor)
    heads = [anchor_head(bench, task, weights) for weights in own.values()]
    updates, after, moved = [], [], []
    for weights, last in zip(own.values(), heads, strict=True):
        load_weights(bench, weights)
        updates.append(changes(before, factors(bench)))
        after.append(real(bench, task, last))
        moved.append(real(bench, task, head))
    start_at(bench, anchor, seed=seed)
    first, starts = real(bench, task, head), [real(bench, task, last) for last in heads]
    loss = ReadoutLoss.of(bench.tasks[task].kind)
    found = {}
    for way in WAYS:
        said = linear(bench, task, head, [update[way] for update in updates])
        losses = [
            [mean_loss(loss, start + step), mean_loss(loss, end)]
            for start, step, end in zip(starts, said, after, strict=True)
        ]
        pairs = np.array(losses[1:])  # the first is the run of all tasks
        truth = moved[0] - first
        found[way] = {
            "r2": 1 - float(np.square(truth - said[0]).sum() / np.square(truth - truth.mean()).sum()),
            "correlation": float(np.corrcoef(truth.ravel(), said[0].ravel())[0, 1]),
            "order": float(stats.spearmanr(pairs[:, 0], pairs[:, 1]).statistic),
        }
    return found


def mean_loss(loss: ReadoutLoss, values: Array) -> float:
    """Of readouts."""
    return float(loss.value(torch.from_numpy(values)).mean())


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished measurements are kept")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    kept = Kept(arguments.folder / "linearity.json", machine() | {"passes": PASSES, "anchors": list(ANCHORS)})
    results: dict[str, Any] = {}
    for name, tasks in SETS.items():
        spec = bench_spec(tasks, arguments.folder)
        prepare(spec, ["train", "stop", "select"], threads=1)
        of = [kept.measured(f"{name}, seed {seed}", partial(measured, spec, seed=seed)) for seed in SEEDS]
        results[name] = {
            passes: {
                way: {figure: mean_of(of, passes, way, figure) for figure in ("r2", "correlation", "order")}
                for way in WAYS
            }
            for passes in of[0]
        }
        print(name, results[name], flush=True)
    write_json(arguments.out, {"machine": machine(), "seeds": list(SEEDS), "sets": results})


def mean_of(found: Sequence[Mapping[str, Any]], passes: str, way: str, figure: str) -> dict[str, float]:
    """Mean over tasks and seeds, and the least and the most of them."""
    values = [task[figure] for one in found for task in one[passes][way].values()]
    return {"mean": float(np.mean(values)), "least": min(values), "most": max(values)}


if __name__ == "__main__":
    main()
