"""What somebody gets who drives ``cotrain search --trainer`` with a training stack of their own, against random groups.

    python -m benchmarks.driven --out FILE

The trainer (:mod:`benchmarks.searches.planted_trainer`) is a process of its own that counts its questions. The command
is run as a user would, and its value is worked out from ``groups`` and ``served_by`` alone: each task gains what its
group gives it, and only groups that the trainer was asked for, and singles, may serve. Tables have 5 to 30 tasks; where
a pool is named, only its groups may be trained: parts of random partitions, random subsets and all tasks. ``random
groups`` are all together and then others, drawn uniformly from the pool or, of up to 12 tasks, from all groups, of more
with uniform sizes; the choice among them and the singles is exact. Per case: the mean value of both over planted
tables, models that random groups need for our value over ours (``efficiency``, up to 4; none where nobody finds more
than all together gives, which both train first), and seconds of the whole command. Goes on where it was stopped.
"""

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.many_tasks import ADAPTERS, MODES, chosen
from benchmarks.searches.curves import MOST, efficiency
from benchmarks.searches.planted import random_pool
from benchmarks.searches.planted_trainer import PlantedTrainer
from grouping.masks import all_members
from grouping.solvers.selection import Mode

Members = NDArray[np.bool_]


@dataclass(frozen=True)
class Size:
    """How large a problem is."""

    tasks: int
    pool: int | None
    """Groups that can be trained; None for all."""
    models: int
    tables: int = 4
    """Planted tables."""

    @property
    def groups(self) -> int:
        """How many groups there are to be trained."""
        return 2**self.tasks - self.tasks - 1 if self.pool is None else self.pool


SIZES = (
    Size(5, None, 6),
    Size(7, None, 15),
    Size(9, None, 20),
    Size(12, None, 20, tables=2),
    Size(15, 300, 20),
    Size(20, 800, 30, tables=2),
    Size(27, 1500, 15, tables=2),
    Size(27, 3000, 40, tables=2),
    Size(30, None, 30, tables=2),
    Size(27, 3000, 100, tables=1),
)
PLANTED = ("blocks", "chains", "low rank", "noise")
DRAWS = 3
"""Random searches of each table."""
PARTS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, MOST)
"""Numbers of models at which random groups are read, in those of the search."""
SAME = 1e-9
"""A difference that rounding may have made."""
FEW = 12
"""Most tasks of which random groups are drawn from a list of all."""


def pool_of(size: Size, seed: int) -> Members | None:
    """The groups that can be trained; None if all of many tasks can."""
    if size.pool is not None:
        return random_pool(size.tasks, size=size.pool, generator=np.random.default_rng([seed, size.tasks, 7]))
    if size.tasks > FEW:
        return None
    every = all_members(size.tasks)
    return every[every.sum(axis=1) > 1]


def drawn(size: Size, pool: Members | None, number: int, generator: np.random.Generator) -> Members:
    """Different groups in random order, all together first."""
    count = size.tasks
    if pool is None:
        sizes = generator.integers(2, count, size=2 * number)
        members = np.argsort(generator.random((len(sizes), count)), axis=1) < sizes[:, None]
        members = members[np.sort(np.unique(members, axis=0, return_index=True)[1])]
    else:
        members = generator.permutation(pool[~pool.all(axis=1)])
    return np.concatenate([np.ones((1, count), dtype=np.bool_), members])[:number]


def random_values(trainer: PlantedTrainer, size: Size, mode: Mode, seed: int) -> list[float]:
    """Mean value of random groups at :data:`PARTS`."""
    pool = pool_of(size, seed)
    points = [max(1, round(part * size.models)) for part in PARTS]
    found = []
    for draw in range(DRAWS):
        members = drawn(size, pool, points[-1], np.random.default_rng([seed, draw, 8]))
        found.append([chosen(trainer, members[:models], mode=mode) for models in points])
    return [float(value) for value in np.mean(found, axis=0)]


def driven(structure: str, size: Size, mode: Mode, seed: int) -> dict[str, Any]:
    """One run of the command, checked by somebody who trusts only the trainer's own count."""
    trainer = PlantedTrainer(structure, size.tasks, seed)
    with tempfile.TemporaryDirectory() as folder:
        log, pool = Path(folder) / "asked", Path(folder) / "pool"
        asks = [sys.executable, "-m", "benchmarks.searches.planted_trainer", structure, str(size.tasks), str(seed)]
        command = ["cotrain", "search", "--trainer", shlex.join([*asks, str(log)]), "--tasks", ",".join(trainer.tasks)]
        command += ["--mode", mode, "--adapters", str(ADAPTERS), "--models", str(size.models), "--seed", str(seed)]
        if size.pool is not None:
            members = pool_of(size, seed)
            assert members is not None
            lines = ["+".join(np.array(trainer.tasks)[row]) for row in members]
            pool.write_text("\n".join(lines) + "\n")
            command += ["--pool", str(pool)]
        start = time.perf_counter()
        done = subprocess.run([*command, "--json", "--quiet"], capture_output=True, check=True, text=True)
        seconds = time.perf_counter() - start
        asked = log.read_text().split()
        if size.pool is not None and not set(asked) <= set(lines):
            raise ValueError(f"Expected groups of the pool, but got {sorted(set(asked) - set(lines))}.")
    return {
        "value": value_of(json.loads(done.stdout), trainer, asked, size.models),
        "random": random_values(trainer, size, mode, seed),
        "seconds": seconds,
    }


def value_of(answer: dict[str, Any], trainer: PlantedTrainer, asked: list[str], models: int) -> float:
    """Sum over tasks of the gain in the group that serves them.

    Raises:
        ValueError: If more groups were trained than were paid for, one twice, there are too many adapters, or one
            serves that was never trained or does not hold its task.
    """
    groups = ["+".join(group) for group in answer["groups"]]
    if len(asked) > models or len(set(asked)) < len(asked) or len(groups) > ADAPTERS:
        raise ValueError(f"Expected {models} different models and {ADAPTERS} groups, but got {asked} and {groups}.")
    total = 0.0
    for task in trainer.tasks:
        group = groups[answer["served_by"][task]]
        members = tuple(group.split("+"))
        if task not in members or (len(members) > 1 and group not in asked):
            raise ValueError(f"Expected a trained group that holds {task}, but got {group}.")
        total += float(trainer.ask(members).mean[members.index(task)])
    return total


def together(structure: str, size: Size, mode: Mode, seed: int) -> float:
    """Value of the best choice after one model, that of all tasks."""
    first = np.ones((1, size.tasks), dtype=np.bool_)
    return chosen(PlantedTrainer(structure, size.tasks, seed), first, mode=mode)


def summary(size: Size, runs: list[dict[str, Any]], first: float) -> dict[str, Any]:
    """Means over planted tables; ``first`` is the mean value after one model."""
    random = np.mean([run["random"] for run in runs], axis=0).tolist()
    value = float(np.mean([run["value"] for run in runs]))
    points = [max(1, round(part * size.models)) for part in PARTS]
    found = max(value, *random) > first + SAME
    return {
        "value": value,
        "all together": first,
        "random": dict(zip(points, np.round(random, 4).tolist(), strict=True)),
        "efficiency": (
            round(efficiency(points, random, value=value, models=size.models, size=size.groups), 2) if found else None
        ),
        "seconds": round(statistics.median(run["seconds"] for run in runs), 1),
        "most seconds": round(max(run["seconds"] for run in runs), 1),
    }


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    kept = Kept(out.with_suffix(".parts"), {"adapters": ADAPTERS, "draws": DRAWS})
    found: dict[str, Any] = {}
    for size, structure, mode in product(SIZES, PLANTED, MODES):
        allowed = "every group" if size.pool is None else f"a pool of {size.pool}"
        case = f"{structure} of {size.tasks}, {allowed}, {mode}, {size.models} models"
        runs = [
            kept.measured(f"{case}, seed {seed}", partial(driven, structure, size, mode, seed))
            for seed in range(size.tables)
        ]
        found[case] = summary(
            size, runs, float(np.mean([together(structure, size, mode, seed) for seed in range(size.tables)]))
        )
        print(case, found[case]["efficiency"], found[case]["seconds"], flush=True)
        ratios = {
            of: [by["efficiency"] for name, by in found.items() if f" {of}," in name and by["efficiency"] is not None]
            for of in MODES
        }
        every = [ratio for of in ratios.values() for ratio in of]
        total = {
            "geometric mean": {of: statistics.geometric_mean(by) for of, by in [("all", every), *ratios.items()] if by},
            "least": min(every),
            "below 1.5": sum(ratio < 1.5 for ratio in every) / len(every),
        }
        write_json(out, {"machine": machine(), "efficiency": total, "cases": found})
    print(total)


if __name__ == "__main__":
    main()
