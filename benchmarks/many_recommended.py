"""What ``cotrain recommend`` finds among more tasks than can be enumerated, on planted gains, by few trained groups.

    python -m benchmarks.many_recommended --out FILE [--tasks 20 40]

Gains are planted (:mod:`benchmarks.searches.structures`), with the luck of a run and of a cell, and measured with that
luck as their error. An estimator's guess is stood in for by the expected gains of pairs with noise as large as they lie
apart. Beside the loop of ``recommend`` (:func:`grouping.loop.search`) stand the search that trains one group at a time
(:func:`grouping.sequential.search_sequentially`) with the same guess, and random groups of uniformly chosen sizes with
the exact choice among them, all with the same number of trained groups, all together among them. A grouping's value is
the mean of the gains that are *expected* of its groups, without luck, in scales of a task; 0 is every task alone. Goes
on where it was stopped.
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from affinity.estimators.pair_table import as_matrix, pairs_of
from affinity.gains import MeasuredGroup
from affinity.matrix import AffinityMatrix
from affinity.predictors import Hybrid
from affinity.prior import MeanOfScores
from benchmarks.kept import Kept, write_json
from benchmarks.machine import machine
from benchmarks.searches.planted import MISFIT, RUN
from benchmarks.searches.planted_trainer import PlantedTrainer
from benchmarks.searches.structures import STRUCTURES
from grouping.loop import search
from grouping.objective import BestGain
from grouping.partition import Group
from grouping.rounds.planning import Budget
from grouping.rows import Rows
from grouping.sequential import search_sequentially
from grouping.solvers.selection import select

TASKS = (20, 40)
ADAPTERS = 4
MODELS = 12
"""Groups that may be trained, all together among them."""
DRAWS = 16
SEEDS = 3


class Oracle:
    """Measures groups of a planted trainer by one run each."""

    def __init__(self, trainer: PlantedTrainer) -> None:
        self.trainer = trainer
        self.error = float(np.hypot(RUN, MISFIT)) * trainer.expected_scale

    def measure(self, groups: Sequence[Group]) -> dict[Group, MeasuredGroup]:
        """See :class:`grouping.oracle.Oracle`."""
        found = {}
        for group in groups:
            gain = self.trainer.ask(group).mean
            error = np.full(len(group), self.error)
            found[group] = MeasuredGroup(
                group=group, gain=gain, gain_error=error, delta=100 * gain, delta_error=100 * error,
                freedom=np.full(len(group), np.inf), seeds=1,
            )  # fmt: skip
        return found


def guess(trainer: PlantedTrainer, seed: int) -> MeanOfScores:
    """Expected gains of pairs, with noise as large as they lie apart."""
    count = len(trainer.tasks)
    pairs = pairs_of(count)
    scores = as_matrix(pairs, trainer.expected(pairs))
    apart = float(scores[~np.eye(count, dtype=np.bool_)].std())
    noise = apart * np.random.default_rng([seed, 7]).standard_normal(scores.shape)
    errors = np.where(np.eye(count, dtype=np.bool_), 0.0, apart)
    return MeanOfScores(AffinityMatrix(trainer.tasks, np.where(errors > 0, scores + noise, 0.0), errors))


def value(trainer: PlantedTrainer, groups: Iterable[Group]) -> float:
    """Mean expected gain of every task in its group."""
    rows = np.array([[task in group for task in trainer.tasks] for group in groups])
    return float(np.where(rows, trainer.expected(rows), 0.0).sum()) / len(trainer.tasks)


def by_rounds(trainer: PlantedTrainer, seed: int) -> list[Group]:
    """As ``recommend`` searches."""
    oracle, tasks = Oracle(trainer), trainer.tasks
    measured = oracle.measure([tasks])
    gains = Hybrid.fit(tasks, [of.gains() for of in measured.values()], prior=guess(trainer, seed))
    budget = Budget(models=MODELS - 1, rounds=MODELS // 2, draws=DRAWS)
    found = search(
        gains, measured=measured, oracle=oracle, objective=BestGain(max_adapters=ADAPTERS), budget=budget, seed=seed
    )
    return list(found.partition.groups)


def one_at_a_time(trainer: PlantedTrainer, seed: int) -> list[Group]:
    """As ``search`` does, with the guess."""
    found = search_sequentially(
        trainer, trainer.tasks, adapters=ADAPTERS, mode="partition", models=MODELS, seed=seed,
        prior=guess(trainer, seed),
    )  # fmt: skip
    return list(found.cover.groups)


def random_groups(trainer: PlantedTrainer, seed: int) -> list[Group]:
    """All together and random groups, and the best partition among them by what was measured."""
    count = len(trainer.tasks)
    generator = np.random.default_rng([seed, 4])
    sizes = generator.integers(2, count, size=MODELS - 1)
    drawn = np.argsort(generator.random((len(sizes), count)), axis=1) < sizes[:, None]
    members = np.concatenate([np.ones((1, count), dtype=np.bool_), drawn, np.eye(count, dtype=np.bool_)])
    rows = Rows(trainer.tasks, members)
    chosen = select(trainer.gains(members), rows, adapters=ADAPTERS, mode="partition")
    assert chosen is not None, "all together is among them"
    return list(chosen.cover(rows).groups)


WAYS = {"recommend": by_rounds, "one at a time": one_at_a_time, "random": random_groups}


def measure(structure: str, count: int, seed: int) -> dict[str, Any]:
    """One world."""
    trainer, found = PlantedTrainer(structure, count, seed), {}
    for name, way in WAYS.items():
        start = time.perf_counter()
        groups = way(trainer, seed)
        found[name] = {"value": value(trainer, groups), "seconds": time.perf_counter() - start, "adapters": len(groups)}
    found["together"] = {"value": value(trainer, [trainer.tasks])}
    return found


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tasks", type=int, nargs="+", default=list(TASKS), help="by default %(default)s")
    arguments = parser.parse_args()
    settings = {"adapters": ADAPTERS, "models": MODELS, "draws": DRAWS, "seeds": SEEDS}
    kept = Kept(arguments.out.with_suffix(".parts"), settings)
    cases = {}
    for count, structure in product(arguments.tasks, STRUCTURES):
        worlds = [
            kept.measured(f"{structure} of {count}, seed {seed}", partial(measure, structure, count, seed))
            for seed in range(SEEDS)
        ]
        cases[f"{structure} of {count}"] = {
            name: statistics.mean(world[name]["value"] for world in worlds) for name in [*WAYS, "together"]
        } | {"seconds": statistics.median(world["recommend"]["seconds"] for world in worlds)}
        every = list(kept.found.values())
        ahead = {
            name: [world["recommend"]["value"] - world[name]["value"] for world in every]
            for name in [*WAYS, "together"]
            if name != "recommend"
        }
        summary = {
            name: {
                "mean lead": statistics.mean(leads),
                "standard error": statistics.stdev(leads) / len(leads) ** 0.5 if len(leads) > 1 else None,
                "worlds": len(leads),
                "behind": sum(lead < 0 for lead in leads),
            }
            for name, leads in ahead.items()
        }
        write_json(arguments.out, {"machine": machine(), "settings": settings, "lead": summary, "cases": cases})
    print(summary)


if __name__ == "__main__":
    main()
