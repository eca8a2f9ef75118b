"""What each part of `linearized` is worth: its gains with one part changed, against the truth table.

    python -m benchmarks.ablation FOLDER

measures in FOLDER, goes on where it was stopped, and writes ``benchmarks/results/ablation.json``: rank correlation with
the gains of all groups, within targets and over all, for either set of tasks and several seeds of the estimator, which
the table does not have. The spread over seeds is that of the estimator's short run alone: a part whose figures lie
within it earns its place by its cost or not at all.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from statistics import mean
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from affinity.agreement import within_target_spearman
from affinity.anchor import HALVES, Anchor
from affinity.estimators import ESTIMATORS
from affinity.estimators.linearized import ANCHOR_PASSES
from affinity.gradient_pass import GradientPass, TaskPass
from affinity.kernel import kernel
from affinity.readouts import ReadoutLoss
from affinity.simulated_gains import SimulatedGains
from affinity.simulation import HELD_OUT, Simulation
from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.spread import spread
from benchmarks.truth import PASSES, RESULT, SETS, bench_spec
from benchmarks.truth_table import TruthTable
from trainers.bench import open_bench, prepare
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.fitted_heads import initial_head
from trainers.halves import halved
from trainers.ledger import Ledger
from trainers.loop import train_group
from trainers.result import GroupResult
from trainers.settings import Training
from trainers.train_job import reference_limit
from trainers.trainer import Trainer

SEEDS = (100, 101, 102)
"""Of the estimator."""
OUT = Path(__file__).parent / "results" / "ablation.json"
Array = NDArray[np.float64]
Looks = Mapping[str, TaskPass]


@dataclass(frozen=True, eq=False)
class Case:
    """One set of tasks and one seed of the estimator.

    Args:
        table: The truth.
        trainer: With the seed.
    """

    table: TruthTable
    trainer: Trainer

    def anchor(self, passes: int, *, half: int = 0) -> GroupResult:
        """A run of all tasks on one half; with 0 passes, where that run starts."""
        spec, seed = self.trainer.spec, self.trainer.seed
        wanted = Anchor.of(spec, half=half, seed=seed, passes=passes or ANCHOR_PASSES)
        found: list[GroupResult] = self.trainer.jobs([wanted], phase="anchors")
        return found[0] if passes else replace(found[0], weights=self._start(half))

    def whole(self) -> GroupResult:
        """A run of all tasks on all their examples."""
        tasks = tuple(self.trainer.tasks)
        return train_group(self.bench, tasks, seed=self.trainer.seed, passes=1, splits=(), keep_weights=True)

    def _start(self, half: int) -> dict[str, Array]:
        bench = halved(self.bench, half)
        bench.adapter.reset(seed=self.trainer.seed)
        found = {name: of.detach().numpy().copy() for name, of in bench.adapter.weights().items()}
        for task in bench.tasks:
            head = initial_head(bench, task, seed=0)
            found |= {f"heads.{task}.{name}": of.detach().numpy() for name, of in head.named_parameters()}
        return found

    @cached_property
    def bench(self) -> Any:
        return open_bench(self.trainer.spec)

    def at(self, passes: int, *, half: int = 0) -> Looks:
        """Every task from the anchor on a half."""
        return self.looks(self.anchor(passes, half=half))

    def looks(self, anchor: GroupResult) -> Looks:
        """Every task from an anchor."""
        names = sorted(self.trainer.tasks)
        jobs = [GradientPass.of(self.trainer.spec, name, anchor) for name in names]
        return dict(zip(names, self.trainer.jobs(jobs, phase="gradients"), strict=True))

    def gains(
        self, looks: Looks, *, passes: int = PASSES, change: Callable[[Training], Training] = lambda same: same
    ) -> Array:
        """Simulated gains of the table's groups, shape ``(G, T)``."""
        spec, tasks = self.trainer.spec, {name: self.trainer.tasks[name] for name in looks}
        size = spec.training.batch_size
        losses = {name: ReadoutLoss.of(task.kind) for name, task in tasks.items()}
        made = kernel(looks, losses, batch_size=size, device=torch.device(spec.device))
        prior = {name: {split: task.splits[split].prior_loss for split in HELD_OUT} for name, task in tasks.items()}
        limits = {name: reference_limit(tasks, name, passes=passes, batch_size=size) for name in tasks}
        found = SimulatedGains(Simulation(made, prior, change(spec.training)), passes=passes, limits=limits)
        return found.gains(self.table.members)

    def lookahead(self) -> Array:
        """What `lookahead` says of them."""
        prior = ESTIMATORS["lookahead"]().estimate(self.trainer).prior
        columns = [prior.tasks.index(task) for task in self.table.tasks]
        members = np.zeros_like(self.table.members)
        members[:, columns] = self.table.members
        return prior.gains(members)[:, columns]


def ways(case: Case) -> Iterator[tuple[str, Callable[[], Array]]]:
    """Every way to the gains, by what differs from the estimator."""
    looks = case.at(ANCHOR_PASSES)
    rate = case.trainer.spec.training.learning_rate
    built = partial(case.gains, looks)
    yield "as it is", built
    yield (
        "two anchors, as `hybrid` has them",
        lambda: np.mean([case.gains(case.at(ANCHOR_PASSES, half=of)) for of in HALVES], axis=0),
    )
    yield "gradients where training starts", lambda: case.gains(case.at(0))
    yield "an anchor after 2 passes", lambda: case.gains(case.at(2))
    yield "an anchor after 4 passes", lambda: case.gains(case.at(4))
    yield "an anchor on all examples", lambda: case.gains(case.looks(case.whole()))
    yield "without Adam's scale", lambda: patched("affinity.kernel._inverse_root", np.ones_like, built)
    yield "one round per pass", lambda: patched("affinity.simulation.ROUNDS", 1, built)
    yield "heads stay", lambda: case.gains(looks, change=lambda of: replace(of, head_learning_rate=1e-12))
    yield "last weights, not their average", lambda: case.gains(looks, change=lambda of: replace(of, ema=0.0))
    yield "a third of the step", lambda: case.gains(looks, change=lambda of: replace(of, learning_rate=rate / 3))
    yield "three times the step", lambda: case.gains(looks, change=lambda of: replace(of, learning_rate=rate * 3))
    yield "a quarter of the passes", lambda: case.gains(looks, passes=PASSES // 4)
    yield "mean with `lookahead`, either in its own spread", lambda: standard(built()) + standard(case.lookahead())


def patched(name: str, value: Any, work: Callable[[], Array]) -> Array:
    """What the work gives with another value of a module's name."""
    with patch(name, value):
        return work()


def standard(gains: Array) -> Array:
    """Gains in units of their spread."""
    found: Array = gains / np.nanstd(gains)
    return found


def judged(gains: Array, table: TruthTable) -> dict[str, float]:
    """Rank correlation with the truth."""
    kept = np.isfinite(table.all)
    pooled = stats.spearmanr(gains[kept], table.all[kept]).statistic
    return {"within": within_target_spearman(gains, table.all), "pooled": float(pooled)}


def summary(values: Sequence[float]) -> dict[str, float]:
    """Over the seeds."""
    return {"mean": mean(values), **spread(values)}


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished runs and measurements are kept")
    parser.add_argument("--truth", type=Path, default=RESULT)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    kept = Kept(arguments.folder / "ablation.json", {"seeds": list(SEEDS)} | machine() | {"passes": PASSES})
    results: dict[str, Any] = {}
    for name in SETS:
        table = TruthTable.read(arguments.truth, name=name, passes=PASSES)
        spec = bench_spec(table.tasks, arguments.folder)
        prepare(spec, ["train", "stop", "select"], threads=1)
        executor, ledger = InProcess(open_bench, spec), Ledger(arguments.folder / "ledger.sqlite")
        found: dict[str, list[dict[str, float]]] = {}
        for seed in SEEDS:
            case = Case(table, Trainer(spec, executor, ledger, Budget(passes=PASSES), seed=seed))
            for way, gains in ways(case):
                measure = partial(lambda of, truth: judged(of(), truth), gains, table)
                found.setdefault(way, []).append(kept.measured(f"{name}, seed {seed}, {way}", measure))
        results[name] = {
            way: {
                figure: spread([one[figure] for one in of]) | {"mean": mean(one[figure] for one in of)}
                for figure in of[0]
            }
            for way, of in found.items()
        }
    write_json(arguments.out, {"machine": machine(), "seeds": list(SEEDS), "sets": results})


if __name__ == "__main__":
    main()
