r"""Whose is the gap of a partition of many tasks: the partition's or the bound's?

    python -m benchmarks.bound_gaps

gives worlds of :mod:`benchmarks.solvers` with few tasks to the solver for many, with the effort that 100 tasks get, and
compares it with the best partition, which dynamic programming finds there. Shares of the best value, per world:

- ``short``: by how much the partition falls short of the best one;
- ``above``: by how much the bound exceeds the best one;
- ``programme``: by how much a linear programme over *all* groups does. The bound can be no lower, as its prices of
  tasks are feasible in that programme's dual; with 100 tasks it has 2^100 columns.

For many tasks whose effects are noise and add up, a much lower bound is not to be had: with two groups at most, the
best partition is the ground state of the spin glass of Sherrington and Kirkpatrick. A semidefinite bound misses
1 - 0.763 = 24 % of it, and no sum-of-squares programme up to a degree that grows with the number of tasks certifies a
lower one (Ghosh, Jeronimo, Jones, Potechin and Rajendran, "Sum-of-squares lower bounds for Sherrington-Kirkpatrick via
planted affine planes", FOCS 2020, https://arxiv.org/abs/2009.01874). Goes on where it was stopped.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.kept import Kept
from benchmarks.machine import machine
from benchmarks.solvers import World, effects_of
from grouping.masks import all_members
from grouping.pair_rules import PairRules
from grouping.solvers import PairwiseValues, solve_partition
from grouping.solvers.columns import solve_relaxed
from grouping.solvers.local_search import merged
from grouping.solvers.many_tasks import Effort, solve_many
from grouping.solvers.units import Units

OUT = Path(__file__).parent / "results" / "bound_gaps.json"
TASKS = (8, 12, 16)


@dataclass(frozen=True)
class Kind:
    """Worlds that differ in size and seed: what they hold, the power of the size, and whether groups are few."""

    name: str
    power: float
    cap: bool = False

    def __str__(self) -> str:
        return f"{self.name}, power {self.power:g}{', cap' * self.cap}"


KINDS = (
    Kind("noise", 1.0, cap=True),
    *(Kind(name, power) for name in ("noise", "negative", "hubs") for power in (0.5, 0.0)),
)


def shares(kind: Kind, tasks: int, seed: int) -> dict[str, float]:
    """``short``, ``above`` and ``programme`` of one world."""
    effects, _ = effects_of(World(kind=kind.name, tasks=tasks, seed=seed, power=kind.power))
    values = PairwiseValues.shrinking(effects, power=kind.power)
    names, cap = [f"t{at:02d}" for at in range(tasks)], tasks // 4 if kind.cap else None
    best = solve_partition(values, tasks=names, max_groups=cap).value
    rules = PairRules.none(tasks)
    units = Units.of(values, rules)
    starts = merged(units, np.arange(tasks), cap or tasks)
    many = solve_many(
        values,
        units,
        rules,
        tasks=names,
        starts=starts,
        max_groups=cap,
        effort=Effort.of(100),
        generator=np.random.default_rng(seed),
    )
    groups = all_members(tasks)[1:]
    programme = solve_relaxed(groups, values.of(groups), cap)
    assert programme is not None
    return {
        "short": 1 - many.value / best,
        "above": many.bound / best - 1,
        "programme": programme.value / best - 1,
    }


def summary(kind: Kind, tasks: int, seeds: list[int]) -> dict[str, float]:
    """Means over seeds, and the largest shortfall."""
    each = [shares(kind, tasks, seed) for seed in seeds]
    found = {name: round(float(np.mean([of[name] for of in each])), 5) for name in each[0]}
    return {**found, "most short": round(max(of["short"] for of in each), 5)}


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--tasks", type=int, nargs="+", default=TASKS, help="at most 16")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(11, 21)))
    given = parser.parse_args()
    kept = Kept(given.out, {**machine(), "seeds": given.seeds})
    for kind in KINDS:
        for tasks in given.tasks:
            kept.measured(f"{kind}, {tasks} tasks", lambda kind=kind, tasks=tasks: summary(kind, tasks, given.seeds))


if __name__ == "__main__":
    main()
