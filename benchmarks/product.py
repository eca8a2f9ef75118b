r"""Training on paper with nothing left out but what is not linear in LoRA's product, against the truth table.

    python -m benchmarks.product FOLDER

measures in FOLDER, goes on where it was stopped, and writes ``benchmarks/results/product.json``. From an anchor as
``linearized`` has it, a readout moves with the update :math:`W = B A` of every layer,

.. math:: m_i(W) = m_i(0) + \sum_t \delta_{it}^\top W x_{it},

:math:`x` what enters the layer at token :math:`t`, :math:`\delta` the readout's gradient by what leaves it. In this
model every reference and every group of the table is trained as the trainer does it: on the trainer's own batches in
their order, one AdamW step on ``A``, ``B`` and the head for each, clipped, averaged and stopped alike. What
``linearized`` simplifies (one kernel for all tasks, rounds of steps, Adam as one number per group) is exact here, so
its figures say what a simulation that is linear in the product can reach from one anchor, whatever its cost.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affinity.agreement import within_target_spearman
from affinity.anchor import Anchor
from affinity.example_gradients import Candidates, retrieval_margins
from affinity.gradient_pass import anchor_head, load_weights
from affinity.readouts import ReadoutLoss, margins
from affinity.starting_point import StartingPoint, starting_point
from benchmarks.ablation import judged, summary
from benchmarks.kept import Kept, write_json
from benchmarks.layer_taps import tapped
from benchmarks.linearity import Factors, factors
from benchmarks.machine import machine
from benchmarks.truth import PASSES, RESULT, SETS, bench_spec
from benchmarks.truth_table import TruthTable
from trainers.averaging import MovingAverage, averaged
from trainers.bench import Bench, BenchSpec, open_bench, prepare
from trainers.mixing import one_pass
from trainers.train_job import reference_limit

SEEDS = (100, 101)
"""Of anchors, initial weights and batches."""
ROWS = 40
"""Examples per batch of the gradient pass."""
KEPT = torch.bfloat16
"""What the gradients are kept in: three digits, at half the memory."""
SPLITS = ("train", "stop", "select")
OUT = Path(__file__).parent / "results" / "product.json"
Rows = NDArray[np.int64] | slice
EVERY = slice(None)


@dataclass(frozen=True, eq=False)
class TokenGradients:
    """One split of a task at the anchor, ``N`` examples of ``R`` readouts.

    Args:
        inputs: What enters each layer, shape ``(N, tokens, inputs)``, 0 where there is no token; sides of a pair follow
            each other.
        slopes: Gradients of the readouts by what leaves it, shape ``(N, R, tokens, outputs)``.
    """

    inputs: Mapping[str, Tensor]
    slopes: Mapping[str, Tensor]

    def moved(self, weights: Factors, rows: Rows = EVERY) -> Tensor:
        """By how much the readouts of some examples move, shape ``(rows, R)``."""
        found = []
        for name, (down, up) in weights.items():
            entering = self.inputs[name][rows].float() @ down.T  # shape: (rows, tokens, r)
            leaving = self.slopes[name][rows].float() @ up  # shape: (rows, R, tokens, r)
            found.append((leaving * entering[:, None]).sum((2, 3)))
        return torch.stack(found).sum(0)


def token_gradients(
    bench: Bench, task: str, split: str, head: nn.Module, candidates: Candidates | None
) -> TokenGradients:
    """One forward and, for each readout, one backward pass at the present weights."""
    rows, kind = bench.tasks[task].splits[split], bench.tasks[task].kind
    read: dict[str, list[Tensor]] = {}
    pulls: dict[str, list[Tensor]] = {}
    with tapped(bench.adapter) as taps:
        for at in np.array_split(np.arange(len(rows)), -(-len(rows) // ROWS)):
            taps.clear()
            targets = rows.targets[at]
            places = (at, targets) if kind.pooled else (at,) * len(rows.sides)
            sides = [
                bench.features(bench.inputs(task, split, side).batch(place, bench.device))
                for side, place in enumerate(places)
            ]
            if candidates is None:
                followed = margins(kind, head(*sides), torch.from_numpy(np.ascontiguousarray(targets)))
            else:
                _, followed = retrieval_margins(head, sides, candidates, at, targets)
            slopes = [torch.autograd.grad(column.sum(), taps.flat, retain_graph=True) for column in followed.T]
            by_call = iter(torch.stack(of, dim=1) for of in zip(*slopes, strict=True))
            for name, calls in taps.inputs.items():
                read.setdefault(name, []).append(torch.cat([of.detach() for of in calls], dim=1).to(KEPT))
                pulls.setdefault(name, []).append(torch.cat([next(by_call) for _ in calls], dim=2).to(KEPT))
    return TokenGradients(
        {name: padded(parts, axis=1) for name, parts in read.items()},
        {name: padded(parts, axis=2) for name, parts in pulls.items()},
    )


def padded(parts: Sequence[Tensor], *, axis: int) -> Tensor:
    """All rows, with zeros where others are longer along the axis."""
    longest = max(part.shape[axis] for part in parts)
    after = parts[0].dim() - 1 - axis
    return torch.cat([nn.functional.pad(part, (0, 0) * after + (0, longest - part.shape[axis])) for part in parts])


@dataclass(frozen=True, eq=False)
class Paper:
    """All tasks at one anchor.

    Args:
        spec: Settings and tasks.
        gradients: By task and split.
        starts: Where each task starts.
        initial: The adapter's initial weights.
        seed: Of the batches.
    """

    spec: BenchSpec
    gradients: Mapping[tuple[str, str], TokenGradients]
    starts: Mapping[str, StartingPoint]
    initial: Factors
    seed: int
    _tensors: dict[tuple[str, str], tuple[Tensor, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, bench: Bench, *, seed: int) -> "Paper":
        """Trains the anchor and looks at all tasks from it."""
        anchor = Anchor.of(bench.spec, half=0, seed=seed, passes=1).run(bench).weights
        starts = {task: starting_point(bench, task) for task in bench.tasks}
        load_weights(bench, anchor)
        gradients = {
            (task, split): token_gradients(
                bench, task, split, anchor_head(bench, task, anchor), start.candidates.get(split)
            )
            for task, start in starts.items()
            for split in SPLITS
        }
        bench.adapter.reset(seed=seed)
        return cls(bench.spec, gradients, starts, factors(bench), seed)

    @cached_property
    def losses(self) -> dict[str, ReadoutLoss]:
        """Of each task's readouts."""
        return {name: ReadoutLoss.of(task.kind) for name, task in self.spec.tasks.items()}

    def train(self, group: Sequence[str], *, passes: int, limit: int | None = None) -> dict[str, float]:
        """Select-half losses of the members at the best point, on the scale of the constant predictor's.

        Args:
            limit: For a reference, as :class:`trainers.run.Run` has it.
        """
        of = OnPaper(self, sorted(group))
        points: list[float] = []
        best = 0
        chosen: dict[str, float] = {}
        for number in range(limit or passes):
            steps = one_pass(
                of.group, self.spec.tasks, batch_size=self.spec.training.batch_size, seed=self.seed, number=number
            )
            for task, rows in steps:
                of.descend(task, rows)
            points.append(float(np.mean(list(of.read("stop").values()))))
            if points[-1] <= min(points):
                best, chosen = number, of.read("select")
            if limit is not None and number - best >= passes:
                break
        return chosen

    def readouts(self, task: str, split: str, weights: Factors, head: Tensor, rows: Rows = EVERY) -> Tensor:
        """Of some examples, shape ``(rows, R)``."""
        if (task, split) not in self._tensors:
            start = self.starts[task]
            known = [of[split] for of in (start.readouts, start.inputs, start.slopes) if split in of]
            self._tensors[task, split] = tuple(map(torch.from_numpy, known))
        start, *own = (of[rows] for of in self._tensors[task, split])
        moved = start + self.gradients[task, split].moved(weights, rows)
        return moved + torch.einsum("nh,nrc,ch->nr", *own, head) if own else moved


class OnPaper:
    """One run; a head is what was added to the fitted one."""

    def __init__(self, paper: Paper, group: list[str]) -> None:
        self.paper, self.group, self.settings = paper, group, paper.spec.training
        self.weights = {
            name: (nn.Parameter(down.clone()), nn.Parameter(torch.zeros_like(up)))
            for name, (down, up) in paper.initial.items()
        }
        shared = [of for pair in self.weights.values() for of in pair]
        starts = {name: paper.starts[name] for name in group}
        self.heads = {name: nn.Parameter(torch.zeros(head_shape(start))) for name, start in starts.items()}
        self.optimizer = torch.optim.AdamW(
            [{"params": shared}, *({"params": [head]} for head in self.heads.values())],
            weight_decay=self.settings.weight_decay,
        )
        self.shared, self.steps = shared, 0
        ema = self.settings.ema
        self.average = MovingAverage(shared, decay=ema ** (1 / len(group)))
        self.own = {name: MovingAverage([head], decay=ema) for name, head in self.heads.items()}

    def descend(self, task: str, rows: NDArray[np.int64]) -> None:
        """One step on a batch."""
        head, settings = self.heads[task], self.settings
        read = self.paper.readouts(task, "train", self.weights, head, rows)
        self.paper.losses[task].value(read).mean().backward()
        nn.utils.clip_grad_norm_([*self.shared, head], settings.clip)
        warm = min(1.0, (self.steps + 1) / (settings.warmup + 1))
        adapter, *heads = self.optimizer.param_groups
        adapter["lr"] = warm * settings.learning_rate
        for of in heads:
            of["lr"] = warm * settings.head_learning_rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps += 1
        self.average.update()
        self.own[task].update()

    def read(self, split: str) -> dict[str, float]:
        """Losses at the averaged weights."""
        found = {}
        with averaged([self.average, *self.own.values()]), torch.no_grad():
            for name in self.group:
                loss = self.paper.losses[name].value(self.paper.readouts(name, split, self.weights, self.heads[name]))
                found[name] = float(loss.mean()) / self.paper.spec.tasks[name].splits[split].prior_loss
        return found


def head_shape(start: StartingPoint) -> tuple[int, int]:
    """Scores by inputs; retrieval's head has no weights that a readout is linear in."""
    if "train" not in start.inputs:
        return 0, 0
    return start.slopes["train"].shape[2], start.inputs["train"].shape[1]


def measured(table: TruthTable, spec: BenchSpec, *, seed: int) -> dict[str, float]:
    """How well one seed tells the table's gains, in how many seconds."""
    began = time.perf_counter()
    paper = Paper.of(open_bench(spec), seed=seed)
    batch = spec.training.batch_size
    limits = {name: reference_limit(spec.tasks, name, passes=PASSES, batch_size=batch) for name in table.tasks}
    alone = {name: paper.train([name], passes=PASSES, limit=limits[name])[name] for name in table.tasks}
    gains = np.full(table.members.shape, np.nan)
    for row, members in enumerate(table.members):
        group = [table.tasks[t] for t in np.flatnonzero(members)]
        losses = paper.train(group, passes=PASSES)
        for name, loss in losses.items():
            gains[row, table.tasks.index(name)] = alone[name] - loss
    pairs = table.members.sum(axis=1) == 2
    found = judged(gains, table) | {"pairs": within_target_spearman(gains[pairs], table.all[pairs])}
    return found | {"seconds": time.perf_counter() - began}


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished measurements are kept")
    parser.add_argument("--truth", type=Path, default=RESULT)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    kept = Kept(arguments.folder / "product.json", machine() | {"passes": PASSES})
    results: dict[str, Any] = {}
    for name, tasks in SETS.items():
        table = TruthTable.read(arguments.truth, name=name, passes=PASSES)
        spec = bench_spec(tasks, arguments.folder)
        prepare(spec, SPLITS, threads=1)
        of = [kept.measured(f"{name}, seed {seed}", partial(measured, table, spec, seed=seed)) for seed in SEEDS]
        results[name] = {figure: summary([one[figure] for one in of]) for figure in of[0]}
    write_json(arguments.out, {"machine": machine(), "seeds": list(SEEDS), "sets": results})


if __name__ == "__main__":
    main()
