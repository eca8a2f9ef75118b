"""What :mod:`benchmarks.estimator_speed` measures: both estimators, groups, the gradient pass, peaks of memory."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from affinity.anchor import Anchor
from affinity.estimators import ESTIMATORS, Estimate
from affinity.estimators.linearized import ANCHOR_PASSES, PROBED
from affinity.mean_gains import MeanGains
from affinity.simulated_gains import SimulatedGains
from benchmarks.clocked import clocked
from benchmarks.pass_rate import pass_rates
from benchmarks.shortened import shortened
from benchmarks.truth import SETS, bench_spec
from trainers.bench import BenchSpec, open_bench, prepare
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.memory import peak_memory
from trainers.train_job import training_tokens
from trainers.trainer import Trainer
from trainers.upper import upper

TASKS = (*SETS["first"], *SETS["second"])[:10]
BUDGET = Budget(passes=3, seeds=1, reference_seeds=2)
SEED = 0
GROUPS = (100, 1000)
"""Groups whose gains are timed."""
WAYS = ("linearized", "pairwise")


def spec_of(tasks: Sequence[str], folder: Path, *, examples: int, threads: int) -> BenchSpec:
    """The built-in suite's settings with an adapter on all layers, on the first examples of the tasks."""
    spec = bench_spec(tasks, folder)
    sizes = {"train": examples, "stop": examples // 8, "select": examples // 8}
    short = {name: shortened(task, sizes) for name, task in spec.tasks.items()}
    return replace(spec, tasks=short, method=replace(spec.method, layers="all"), threads=threads)


def trainer_in(spec: BenchSpec, folder: Path) -> Trainer:
    """A trainer whose files are all in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    own = replace(spec, cache=folder / "cache")
    executor = InProcess(open_bench, own)
    return Trainer(own, executor, Ledger(folder / "ledger.sqlite"), BUDGET, seed=SEED)


def linearized(spec: BenchSpec, folder: Path) -> Estimate:
    """The fast estimator from nothing, or from what the folder holds."""
    trainer = trainer_in(spec, folder)
    prepare(trainer.spec, ("train", "stop", "select"), threads=spec.threads)
    return ESTIMATORS["linearized"]().estimate(trainer)


def linearized_afresh(spec: BenchSpec, folder: Path) -> dict[str, Any]:
    """What it takes; the folder is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    with clocked() as found:
        estimate = linearized(spec, folder)
    return {**found, "cost": estimate.matrix.cost.to_dict()}


def fresh(estimate: Estimate) -> MeanGains:
    """The gains of an estimate with its kernels, and nothing simulated yet."""
    of = estimate.groups
    if not isinstance(of, MeanGains):
        raise TypeError(f"Expected simulated gains, but got {type(of).__name__}.")
    return MeanGains([SimulatedGains(part.simulation, part.passes, part.limits) for part in of.parts])


def subsets(estimate: Estimate) -> dict[str, Any]:
    """Seconds for the gains of few and of many random groups, references included in both."""
    members = random_groups(len(estimate.matrix.tasks), most=max(GROUPS))
    found = {}
    for count in GROUPS:
        gains = fresh(estimate)
        with clocked() as took:
            gains.gains(members[:count])
        found[str(count)] = dict(took)
    return found


def random_groups(tasks: int, *, most: int) -> NDArray[np.bool_]:
    """Groups of two and more, no two alike, as rows of membership in random order."""
    every = (np.arange(2**tasks)[:, None] >> np.arange(tasks)) % 2 == 1
    several = every[every.sum(axis=1) > 1]
    return np.random.default_rng(SEED).permutation(several)[:most]


def rates(spec: BenchSpec, folder: Path) -> dict[str, float]:
    """Rates of a gradient pass at the anchor that `linearized` has left in the folder."""
    trainer = trainer_in(spec, folder)
    wanted = Anchor.of(spec, half=0, seed=SEED, passes=ANCHOR_PASSES, share=PROBED)
    (anchor,) = trainer.jobs([wanted], phase="anchor")
    return pass_rates(upper(open_bench(trainer.spec), PROBED), anchor.weights)


def peak_of(name: str, spec: BenchSpec, folder: Path) -> int:
    """Peak memory of this process, in bytes, after one way's largest piece of work."""
    if name == "linearized":
        linearized_afresh(spec, folder)
    else:
        longest = sorted(spec.tasks, key=lambda task: training_tokens(spec.tasks[task]))[-2:]
        trainer_in(spec, folder).run([(longest[0], longest[1])], seeds=[SEED])
    shutil.rmtree(folder)
    return peak_memory(torch.device(spec.device))
