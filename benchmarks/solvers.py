r"""How near to the best the solvers for many tasks come, and how long they take.

    python -m benchmarks.solvers --out FILE

solves made-up worlds, each in a process of its own, goes on where it was stopped, and writes FILE. Effects have normal
noise of standard deviation 1 on every entry; a group of ``m`` tasks weighs their sum by :math:`(m - 1)^{-power}`:

- ``planted``: groups of 5 to 20 tasks, effects 2 within, twice the noise, and -2 or 0 across. ``cap`` allows as many
  groups as were planted. With power 1 and no cap, pairs are worth as much as planted groups, so none can be found; with
  power 0 and nothing across, neither, as noise alone pays for merging.
- ``noise``: nothing but noise. ``negative``: -0.5 everywhere. ``hubs``: -0.3, and one source in twenty gives 1.5 more.

Per world: ``gap``, the share of the bound that the partition may miss; ``value`` and ``bound``; ``relaxed``, the value
of a linear programme over the groups that were met, which is no bound, but tells how much of the gap is the bound's;
``found`` and ``truth``, whether the planted groups came back exactly, and what they are worth; ``seconds`` by the
clock, ``cpu_seconds`` the processor's, and ``peak``, the memory of the process in bytes. Seeds below 10 were used while
the solvers were built, those from 11 on were not looked at.
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.kept import Kept
from benchmarks.machine import machine
from grouping.partition import Partition
from grouping.solvers import PairwiseValues, solve_partition

OUT = Path(__file__).parent / "results" / "solvers.json"
SIGNAL = 2.0
"""Planted effect in standard deviations of the noise."""
SMALLEST, LARGEST = 5, 20
"""Sizes of planted groups."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What is solved."""

    kind: str
    tasks: int
    seed: int
    power: float
    across: float = 0.0
    """Planted effect between groups, as a share of the one within."""
    cap: bool = False
    """Whether only so many groups may be made as were planted; of noise, one for ten tasks."""

    def __str__(self) -> str:
        kind = f"planted {self.across:+g}" if self.kind == "planted" else self.kind
        return f"{self.tasks} {kind}, power {self.power:g}{', cap' * self.cap}, seed {self.seed}"


def effects_of(world: World) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Effects, shape ``(T, T)``, and planted labels, all 0 where nothing was planted."""
    generator, count = np.random.default_rng(world.seed), world.tasks
    labels = np.zeros(count, dtype=np.intp)
    effects = generator.normal(size=(count, count))
    if world.kind == "planted":
        labels = planted_labels(count, generator)
        effects += SIGNAL * np.where(labels[:, None] == labels, 1.0, world.across)
    elif world.kind == "negative":
        effects -= 0.5
    elif world.kind == "hubs":
        effects -= 0.3
        effects[generator.choice(count, count // 20, replace=False)] += 1.5
    np.fill_diagonal(effects, 0.0)
    return effects, labels


def planted_labels(count: int, generator: np.random.Generator) -> NDArray[np.intp]:
    """Groups of :data:`SMALLEST` to :data:`LARGEST` tasks, in random places."""
    sizes: list[int] = []
    while (left := count - sum(sizes)) > LARGEST:
        sizes.append(min(int(generator.integers(SMALLEST, LARGEST + 1)), left - SMALLEST))
    return generator.permutation(np.repeat(np.arange(len(sizes) + 1), [*sizes, left]))


def solve(world: World) -> dict[str, Any]:
    """The figures of one world."""
    effects, labels = effects_of(world)
    tasks = [f"t{at:03d}" for at in range(world.tasks)]
    cap = int(labels.max()) + 1 if world.kind == "planted" else world.tasks // 10
    values = PairwiseValues.shrinking(effects, power=world.power)
    began, own = time.perf_counter(), time.process_time()
    solved = solve_partition(values, tasks=tasks, max_groups=cap if world.cap else None)
    found = {
        "gap": solved.gap,
        "value": solved.value,
        "bound": solved.bound,
        "relaxed": solved.relaxed,
        "groups": solved.partition.adapters,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - own,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "starts": solved.starts,
        "columns": solved.columns,
        "rounds": solved.rounds,
    }
    if world.kind == "planted":
        truth = Partition.from_labels(tasks, labels.tolist())
        members = np.unique(labels)[:, None] == labels
        found |= {"found": solved.partition == truth, "truth": float(values.of(members).sum())}
    return found


def worlds(tasks: int, seeds: list[int]) -> list[World]:
    """All worlds of so many tasks, seed by seed."""
    planted = partial(World, kind="planted", tasks=tasks)
    found = []
    for seed in seeds:
        found += [planted(seed=seed, power=0.5, across=across) for across in (-1.0, 0.0)]
        found += [planted(seed=seed, power=1.0, across=across, cap=True) for across in (-1.0, 0.0)]
        found += [planted(seed=seed, power=0.0, across=-1.0)]
        found += [planted(seed=seed, power=power) for power in (1.0, 0.0)]
        found += [
            World(kind=kind, tasks=tasks, seed=seed, power=power)
            for kind in ("noise", "negative", "hubs")
            for power in (1.0, 0.5, 0.0)
        ]
        found += [World(kind="noise", tasks=tasks, seed=seed, power=1.0, cap=True)]
    return found


def in_own_process(world: World) -> dict[str, Any]:
    """Solves in a fresh process, whose peak memory is this world's."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(solve, world).result()


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--tasks", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    arguments = parser.parse_args()
    settings = {**machine(), "scipy": metadata.version("scipy")}
    print(settings, flush=True)
    kept = Kept(arguments.out, settings)
    for tasks in arguments.tasks:
        for world in worlds(tasks, arguments.seeds):
            kept.measured(str(world), lambda world=world: {**asdict(world), **in_own_process(world)})


if __name__ == "__main__":
    main()
