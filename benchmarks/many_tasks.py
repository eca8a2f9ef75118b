"""How many trained models a search of many tasks needs where every group may be trained, against random groups.

    python -m benchmarks.many_tasks --out FILE [--tasks 16 30]

There are too many groups for a table: gains are planted (:mod:`benchmarks.searches.structures`), and the luck of a run
and of a cell is drawn when a group is trained, the same whoever trains it. Random groups are all tasks together and
then groups of uniformly chosen sizes. The choice is exact among what was trained
(:func:`grouping.solvers.selection.select`); singles are free. Per case: the mean value over seeds after each budget,
that of random groups up to four times the largest one, and ``efficiency``, models that random groups need for our value
over ours, up to 4. ``smooth`` is the best value that was found, by changing one task at a time, where nothing is luck;
with luck more can be reached. Goes on where it was stopped.
"""

import argparse
import statistics
import time
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.searches.curves import efficiency
from benchmarks.searches.planted_trainer import PlantedTrainer
from benchmarks.searches.structures import STRUCTURES
from grouping.rows import Rows
from grouping.sequential import search_sequentially
from grouping.solvers.selection import Mode, select

Array = NDArray[np.float64]

TASKS = (16, 30)
ADAPTERS = 3
BUDGETS = (10, 20, 40)
POINTS = (1, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80, 120, 160)
"""Models after which random groups are read."""
SEEDS = 4
STARTS = 4
"""Groupings from which the best without luck is looked for."""
MODES: tuple[Mode, ...] = ("partition", "cover")


def chosen(trainer: PlantedTrainer, members: NDArray[np.bool_], *, mode: Mode) -> float:
    """Value of the exact choice among these groups and singles."""
    rows = Rows(trainer.tasks, np.concatenate([members, np.eye(len(trainer.tasks), dtype=np.bool_)]))
    found = select(trainer.gains(rows.members), rows, adapters=ADAPTERS, mode=mode)
    assert found is not None, "all together is among them"
    return found.value


def random_values(trainer: PlantedTrainer, *, mode: Mode, seed: int) -> list[float]:
    """After each of :data:`POINTS`."""
    count = len(trainer.tasks)
    generator = np.random.default_rng([seed, 4])
    sizes = generator.integers(2, count, size=2 * POINTS[-1])
    drawn = np.argsort(generator.random((len(sizes), count)), axis=1) < sizes[:, None]
    members = np.concatenate([np.ones((1, count), dtype=np.bool_), drawn])
    members = members[np.sort(np.unique(members, axis=0, return_index=True)[1])]
    return [chosen(trainer, members[:models], mode=mode) for models in POINTS]


def smooth_best(trainer: PlantedTrainer, *, mode: Mode, seed: int) -> float:
    """Without luck, by changing one task at a time from several starts."""
    count, best = len(trainer.tasks), -np.inf
    generator = np.random.default_rng([seed, 5])
    for _ in range(STARTS):
        grouping = generator.integers(ADAPTERS, size=count) == np.arange(ADAPTERS)[:, None]
        value = -np.inf
        while True:
            changed = np.repeat(grouping[None], count * ADAPTERS, axis=0)
            for at, (task, group) in enumerate(product(range(count), range(ADAPTERS))):
                if mode == "partition":
                    changed[at, :, task] = np.arange(ADAPTERS) == group
                else:
                    changed[at, group, task] ^= True
            gains = trainer.expected(changed.reshape(-1, count)).reshape(changed.shape)
            values = gains.max(axis=1).sum(axis=1)
            if values.max() <= value + 1e-9:
                break
            grouping, value = changed[values.argmax()], float(values.max())
        best = max(best, value)
    return best


def measure(structure: str, count: int, mode: Mode, seed: int) -> dict[str, Any]:
    """One seed of one case."""
    trainer = PlantedTrainer(structure, count, seed)
    values, seconds = [], []
    for models in BUDGETS:
        start = time.perf_counter()
        found = search_sequentially(trainer, trainer.tasks, adapters=ADAPTERS, mode=mode, models=models, seed=seed)
        seconds.append(time.perf_counter() - start)
        values.append(found.value)
    return {
        "values": values,
        "seconds": seconds,
        "random": random_values(trainer, mode=mode, seed=seed),
        "smooth": smooth_best(trainer, mode=mode, seed=seed),
    }


def summary(runs: list[dict[str, Any]], *, size: int) -> dict[str, Any]:
    """Means over seeds; ``size`` is the number of groups."""
    ours, random = (np.mean([run[name] for run in runs], axis=0) for name in ("values", "random"))
    found = [
        efficiency(POINTS, random.tolist(), value=value, models=models, size=size)
        for models, value in zip(BUDGETS, ours.tolist(), strict=True)
    ]
    return {
        "values": dict(zip(BUDGETS, ours.round(4).tolist(), strict=True)),
        "random": dict(zip(POINTS, random.round(4).tolist(), strict=True)),
        "efficiency": dict(zip(BUDGETS, np.round(found, 2).tolist(), strict=True)),
        "smooth": float(np.mean([run["smooth"] for run in runs])),
        "seconds of the largest": statistics.median(run["seconds"][-1] for run in runs),
    }


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tasks", type=int, nargs="+", default=list(TASKS), help="by default %(default)s")
    arguments = parser.parse_args()
    out = arguments.out
    settings = {"adapters": ADAPTERS, "budgets": list(BUDGETS), "seeds": SEEDS}
    kept = Kept(out.with_suffix(".parts"), settings)
    found: dict[str, Any] = {}
    for count, structure, mode in product(arguments.tasks, STRUCTURES, MODES):
        case = f"{structure} of {count}, {mode}"
        runs = [
            kept.measured(f"{case}, seed {seed}", partial(measure, structure, count, mode, seed))
            for seed in range(SEEDS)
        ]
        found[case] = summary(runs, size=2**count - count - 1)
        print(case, found[case]["efficiency"], flush=True)
        ratios = [ratio for of in found.values() for ratio in of["efficiency"].values()]
        total = {
            "geometric mean": statistics.geometric_mean(ratios),
            "least": min(ratios),
            "below 1.5": sum(ratio < 1.5 for ratio in ratios) / len(ratios),
        }
        write_json(out, {"machine": machine(), "settings": settings, "efficiency": total, "cases": found})
    print(total)


if __name__ == "__main__":
    main()
