"""How many models a sampler of partitions trains until it is near the best one, and what a trial costs beside training.

    python -m benchmarks.sampler --out FILE

measures one setting after the other, goes on where it was stopped (``FILE.parts``), and prints the tables. The gains
are planted (:mod:`benchmarks.planted_gains`), and a trial returns their mean. *Models* are the distinct groups of two
tasks or more over all trials so far; a sampler is done when a trial reaches 99 % of the best partition's mean gain.
``partition`` is told the gains of the tasks, ``partition, values`` and the others the mean alone. The Gaussian process
of Optuna takes a quarter of a second for a proposal: it is stopped when it has trained more models than both of ours,
which it then can no longer beat.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray

from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.planted_gains import PlantedGains
from grouping.labels import suggest_partition
from grouping.partition import Group
from grouping.samplers import SAMPLERS
from grouping.sqlite_storage import sqlite_storage
from grouping.study import quiet

TASKS = (8, 12, 16)
SEEDS = tuple(range(200, 220))
NEAR = 0.99
"""Share of the best mean gain at which a sampler is done."""
TRIALS = 300
"""Most trials."""
OURS = {"partition": True, "partition, values": False}
"""Whether the objective reports gains."""
OTHERS = ("tpe", "nsgaii", "gp", "random")
TIMED = 100
"""Trials of a timed study."""


def models_until_near(name: str, planted: PlantedGains, *, gains: bool, most: float = np.inf) -> dict[str, Any]:
    """Models and trials until a sampler is near the best, or until it stops."""
    best, value, trials = planted.value(planted.best), -np.inf, 0
    models: set[Group] = set()
    sampler = SAMPLERS[name](planted.tasks, seed=planted.seed)
    with quiet():
        study = optuna.create_study(direction="maximize", sampler=sampler)
        while trials < TRIALS and value < NEAR * best and len(models) <= most:
            trial = study.ask()
            partition = suggest_partition(trial, planted.tasks)
            if gains:
                trial.set_user_attr("gains", planted.gains(partition))
            study.tell(trial, planted.value(partition))
            models |= {group for group in partition.groups if len(group) > 1}
            value, trials = max(value, planted.value(partition)), trials + 1
    return {"models": len(models), "trials": trials, "reached": value >= NEAR * best, "share": value / best}


def milliseconds(count: int, *, name: str, gains: bool, logged: bool, folder: Path) -> dict[str, float]:
    """What a trial of a SQLite study takes outside the objective, by the clock and of the processor."""
    planted, taken = PlantedGains(count, SEEDS[0]), []
    path = folder / "study.sqlite"
    path.unlink(missing_ok=True)
    with quiet():
        storage = sqlite_storage(path) if logged else optuna.storages.RDBStorage(f"sqlite:///{path}")
        sampler = SAMPLERS[name](planted.tasks, seed=0)
        study = optuna.create_study(direction="maximize", sampler=sampler, storage=storage)
        for _ in range(TIMED):
            start = _clocks()
            trial = study.ask()
            partition = suggest_partition(trial, planted.tasks)
            middle = _clocks()
            reported, value = planted.gains(partition), planted.value(partition)
            again = _clocks()
            if gains:
                trial.set_user_attr("gains", reported)
            study.tell(trial, value)
            taken.append(middle - start + _clocks() - again)
    storage.remove_session()
    storage.engine.dispose()
    wall, busy = 1e3 * np.array(taken).T
    return {
        "median": float(np.median(wall)), "p95": float(np.quantile(wall, 0.95)),
        "median of processor": float(np.median(busy)), "p95 of processor": float(np.quantile(busy, 0.95)),
        "load": os.getloadavg()[0],
    }  # fmt: skip


def _clocks() -> NDArray[np.float64]:
    """Seconds on the wall, and of the processor."""
    return np.array([time.perf_counter(), time.process_time()])


def compare(kept: Kept, count: int, seed: int, others: Sequence[str]) -> None:
    """Ours and others on one planted table."""
    planted = PlantedGains(count, seed)
    title = f"{count} tasks, seed {seed}"
    ours = [
        kept.measured(f"{title}, {name}", partial(models_until_near, "partition", planted, gains=gains))["models"]
        for name, gains in OURS.items()
    ]
    for name in others:
        most = max(ours) if name == "gp" else np.inf
        kept.measured(f"{title}, {name}", partial(models_until_near, name, planted, gains=False, most=most))


def summary(measured: Mapping[str, Any], count: int) -> dict[str, Any]:
    """For each sampler the models until near the best, and in how many seeds each of ours needed fewer."""
    found = {}
    for name in (*OURS, *OTHERS):
        runs = [measured[f"{count} tasks, seed {seed}, {name}"] for seed in SEEDS]
        models = [run["models"] if run["reached"] else np.inf for run in runs]
        row: dict[str, Any] = {
            "reached": sum(run["reached"] for run in runs),
            "median": _shown(float(np.median(models))),
            "worst": _shown(max(models)),
            "median share": float(np.median([run["share"] for run in runs])),
        }
        if name in OTHERS:
            for our in OURS:
                mine = [measured[f"{count} tasks, seed {seed}, {our}"] for seed in SEEDS]
                fewer = [a["reached"] and a["models"] < b for a, b in zip(mine, models, strict=True)]
                row[f"fewer by {our}"] = sum(fewer)
        found[name] = row
    return found


def _shown(models: float) -> float | str:
    return models if np.isfinite(models) else "not reached"


def main() -> None:
    """Measures what is missing, prints and writes everything."""
    parser = argparse.ArgumentParser(description="Samplers of partitions.")
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    settings = {"tasks": list(TASKS), "seeds": list(SEEDS), "near": NEAR, "trials": TRIALS}
    kept = Kept(out.with_suffix(".parts"), settings)
    with tempfile.TemporaryDirectory() as folder:
        for count in TASKS:
            for name, gains in OURS.items():
                ask = partial(milliseconds, count, name="partition", gains=gains, logged=True, folder=Path(folder))
                kept.measured(f"{count} tasks, milliseconds, {name}", ask)
            for logged in (True, False):
                ask = partial(milliseconds, count, name="random", gains=False, logged=logged, folder=Path(folder))
                kept.measured(f"{count} tasks, milliseconds, random, {'logged' if logged else 'plain'}", ask)
    for others in (("tpe", "nsgaii", "random"), ("gp",)):  # the slow one last
        for count in TASKS:
            for seed in SEEDS:
                compare(kept, count, seed, others)
    measured = kept.found
    tables = {f"{count} tasks": summary(measured, count) for count in TASKS}
    for title, table in tables.items():
        print(title)
        for name, row in table.items():
            print(f"  {name}: {row}")
    write_json(out, {"machine": machine(), "settings": settings, "summary": tables, "measured": measured})


if __name__ == "__main__":
    main()
