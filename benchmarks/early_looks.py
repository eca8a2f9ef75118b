"""What looking at groups first tells and saves, replayed on the truth table: nothing is trained.

    python -m benchmarks.early_looks

For every set and budget of several passes, and every point of the curve to look at: groups come in random order after
all tasks together, each is predicted from its early gains by the runs known by then, and ``results/early_looks.json``
holds how well. Then the search is replayed with and without looks at half of the passes, with every choice of two of
the table's seeds; what a choice is worth is read from the other seeds.
"""

import json
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affinity.fidelity import Fidelity, Pairs
from affinity.gains import MeasuredGroup, Parts
from affinity.predictor import Measured
from affinity.predictors import Hybrid
from grouping.loop import search
from grouping.objective import BestGain
from grouping.partition import Group
from grouping.rounds.planning import Budget
from grouping.rounds.screening import Early

Array = NDArray[np.float64]
RESULTS = Path(__file__).parent / "results"
ORDERS = 20
"""Random orders of groups."""
FOLLOWED = 10
"""Groups that are predicted one after the other in each."""
CASES = (("first", 2), ("first", 4), ("second", 4))
"""Sets and budgets whose every group, or many of them, were trained with several passes."""
SEARCHED = (("first", 4), ("second", 4))
"""Those of which every group was."""
SEARCHES = 3
"""Searches, each with a seed of its own, with every two of the table's seeds."""
MODELS = 8
"""Groups that a search may ask for."""


@dataclass(frozen=True, eq=False)
class Table:
    """Runs of one set and budget.

    Args:
        tasks: Sorted.
        groups: Of two or more.
        seeds: Of every group.
        losses: Select-half losses by group and seed, by member.
        curves: Stop-half curves alike, shape ``(M, P)``.
        tokens: Trained tokens of a run by group.
        alone: Select-half losses of references, shape ``(R, T)``.
        best: Mean of the references' best stop-half losses, shape ``(T,)``.
    """

    tasks: tuple[str, ...]
    groups: list[Group]
    seeds: list[int]
    losses: dict[tuple[Group, int], Array]
    curves: dict[tuple[Group, int], Array]
    tokens: dict[Group, float]
    alone: Array
    best: Array

    @classmethod
    def read(cls, name: str, passes: int) -> "Table":
        """From the truth table."""
        every = pd.read_parquet(RESULTS / "truth.parquet")
        own = every[(every["set"] == name) & (every["passes"] == passes)]
        alone, shared = own[own["reference"]], own[~own["reference"]]
        tasks = tuple(sorted(own["task"].unique()))
        losses, curves, tokens = {}, {}, {}
        for (label, seed), rows in shared.groupby(["group", "seed"]):
            rows, group = rows.sort_values("task"), tuple(label.split("+"))
            losses[group, seed] = rows["loss"].to_numpy()
            curves[group, seed] = np.stack([np.array(curve) for curve in rows["curve"]])
            tokens[group] = float(rows["tokens_backward"].iloc[0])
        best = [np.mean([min(curve) for curve in alone[alone["task"] == task]["curve"]]) for task in tasks]
        wide = alone.pivot(index="seed", columns="task", values="loss")[list(tasks)].dropna()
        return cls(
            tasks, sorted(tokens), sorted({seed for _, seed in losses}), losses, curves, tokens, wide.to_numpy(),
            np.array(best),
        )  # fmt: skip

    def places(self, group: Group) -> NDArray[np.int64]:
        """Indices of the members."""
        return np.array([self.tasks.index(name) for name in group])

    def early(self, group: Group, seed: int, points: int) -> Array:
        """Early gains, as of :func:`affinity.fidelity.early_gains`."""
        curve = self.curves[group, seed][:, :points]
        found: Array = self.best[self.places(group)] - curve[:, curve.mean(axis=0).argmin()]
        return found

    def gain(self, group: Group, seed: int) -> Array:
        """Final gains of a run."""
        found: Array = self.alone.mean(axis=0)[self.places(group)] - self.losses[group, seed]
        return found

    def pairs(self, runs: list[tuple[Group, int]], points: int) -> Pairs:
        """What some runs tell of the relation."""
        return Pairs(
            np.concatenate([self.places(group) for group, _ in runs]),
            np.concatenate([self.early(*run, points) for run in runs]),
            np.concatenate([self.gain(*run) for run in runs]),
        )


def foretold(table: Table, points: int) -> dict[str, float]:
    """How well early gains tell final ones, group after group."""
    together, seeds = table.tasks, table.seeds[:2]
    misses, errors, raw, last = [], [], [], None
    for number in range(ORDERS):
        order = np.random.default_rng(number).permutation(len(table.groups))
        chosen = [table.groups[place] for place in order if table.groups[place] != together][:FOLLOWED]
        known = [(together, seed) for seed in seeds]
        for group in chosen:
            pairs = table.pairs(known, points)
            last = Fidelity.fit(table.tasks, pairs)
            mean, error = last.predict(group, table.early(group, seeds[0], points))
            final = table.gain(group, seeds[0])
            misses += list(final - mean)
            errors += list(error)
            blind = Fidelity.fit(table.tasks, Pairs(pairs.task, np.zeros(len(pairs.task)), pairs.final))
            raw += list(final - blind.predict(group, np.zeros(len(group)))[0])
            known += [(group, seed) for seed in seeds]
    assert last is not None
    every = Fidelity.fit(table.tasks, table.pairs([(g, s) for g in table.groups for s in seeds], points))
    z = np.array(misses) / np.array(errors)
    return {
        "points": points,
        "correlation": float(every.correlation or np.nan),
        "slope": every.slope,
        "residual": every.spread,
        "rms_error": float(np.sqrt(np.mean(np.square(misses)))),
        "rms_without_look": float(np.sqrt(np.mean(np.square(raw)))),
        "within_95": float(np.mean(np.abs(z) < 1.96)),
    }


@dataclass(eq=False)
class Replayed:
    """An oracle that reads the table; a :class:`grouping.rounds.screening.StagedOracle`."""

    table: Table
    seeds: tuple[int, ...]
    points: int
    asked: dict[Group, int] = field(default_factory=dict)
    looked: set[Group] = field(default_factory=set)

    def measured(self, group: Group, count: int) -> MeasuredGroup:
        """A group's gains by the first ``count`` seeds."""
        table, places = self.table, self.table.places(group)
        gain = np.mean([table.gain(group, seed) for seed in self.seeds[:count]], axis=0)
        run = np.sqrt(self.run_variance[places] / count)
        reference = table.alone.std(axis=0, ddof=1)[places] / np.sqrt(len(table.alone))
        error, zero, freedom = np.hypot(run, reference), np.zeros(len(group)), np.full(len(group), 20.0)
        parts = Parts(run=run, reference=reference, sample=zero, freedom=freedom, examples=zero.astype(np.int64))
        return MeasuredGroup(group, gain, error, 100 * gain, 100 * error, freedom, count, gain_parts=parts)

    @cached_property
    def run_variance(self) -> Array:
        """Of one run around its group's mean, by task, over the whole table."""
        table = self.table
        found = np.zeros(len(table.tasks))
        for place, task in enumerate(table.tasks):
            own = [[table.gain(g, s)[g.index(task)] for s in table.seeds] for g in table.groups if task in g]
            found[place] = np.var(own, axis=1, ddof=1).mean()
        return found

    def measure(self, groups: list[Group]) -> dict[Group, MeasuredGroup]:
        return self.every_run(groups)

    def every_run(self, groups: list[Group]) -> dict[Group, MeasuredGroup]:
        """Trains all seeds of some groups."""
        self.asked |= dict.fromkeys(groups, len(self.seeds))
        return {group: self.measured(group, len(self.seeds)) for group in groups}

    def look(self, groups: list[Group]) -> dict[Group, Early]:
        self.looked.update(groups)
        runs = [(group, seed) for group, count in self.asked.items() for seed in self.seeds[:count]]
        fidelity = Fidelity.fit(self.table.tasks, self.table.pairs(runs, self.points))
        found = {}
        for group in groups:
            mean, error = fidelity.predict(group, self.table.early(group, self.seeds[0], self.points))
            own = self.measured(group, 1).gain_error
            gains = Measured(group, mean, np.hypot(error, own))
            found[group] = Early(gains=gains, deltas=gains)
        return found

    def stopped(self, groups: list[Group]) -> None:
        """Nothing to note: ``asked`` does not have them."""

    @property
    def runs(self) -> int:
        """All that were trained."""
        return sum(self.asked.values())

    @property
    def tokens(self) -> float:
        """Trained beyond all tasks together."""
        table, half = self.table, self.points / next(iter(self.table.curves.values())).shape[1]
        whole = sum(table.tokens[group] * count for group, count in self.asked.items() if group != table.tasks)
        return whole + sum(half * table.tokens[group] for group in self.looked if group not in self.asked)


class RunByRun(Replayed):
    """Trains one run of what it is asked for, as the product does, and another where the search wants it."""

    def measure(self, groups: list[Group]) -> dict[Group, MeasuredGroup]:
        self.asked |= dict.fromkeys(groups, 1)
        return {group: self.measured(group, 1) for group in groups}

    def again(self, groups: list[Group]) -> dict[Group, MeasuredGroup]:
        """What has another seed."""
        more = [group for group in groups if self.asked[group] < len(self.seeds)]
        self.asked |= {group: self.asked[group] + 1 for group in more}
        return {group: self.measured(group, self.asked[group]) for group in more}


def replay(table: Table, *, early: bool, seed: int, seeds: tuple[int, ...]) -> dict[str, float]:
    """One search; its tokens and what its choice is worth by the other seeds."""
    points = next(iter(table.curves.values())).shape[1] // 2
    oracle = RunByRun(table, seeds, points)
    first = oracle.every_run([table.tasks])
    outcome = search(
        Hybrid.fit(table.tasks, [of.gains() for of in first.values()]), measured=first, objective=BestGain(),
        oracle=oracle, seed=seed, staged=oracle if early else None, again=oracle.again,
        budget=Budget(models=MODELS, rounds=4, repeats=MODELS * (len(seeds) - 1), choice_runs=len(seeds)),
    )  # fmt: skip
    others = [other for other in table.seeds if other not in seeds]
    worth = sum(
        np.mean([table.gain(group, other).sum() for other in others])
        for group in outcome.partition.groups
        if len(group) > 1
    ) / len(table.tasks)
    stopped = sum(len(of.stopped) for of in outcome.rounds)
    return {"tokens": oracle.tokens, "mean_gain": float(worth), "stopped": stopped, "asked": len(oracle.looked)}


def compared(table: Table) -> dict[str, Any]:
    """The search with and without looks, over choices of seeds."""
    found: dict[str, list[dict[str, float]]] = {"plain": [], "early": []}
    for number, seeds in product(range(SEARCHES), combinations(table.seeds, 2)):
        for kind, rows in found.items():
            rows.append(replay(table, early=kind == "early", seed=number, seeds=seeds))
    plain, early = found["plain"], found["early"]
    change = np.array([b["mean_gain"] - a["mean_gain"] for a, b in zip(plain, early, strict=True)])
    return {
        "searches": len(plain),
        "tokens_saved": 1 - sum(of["tokens"] for of in early) / sum(of["tokens"] for of in plain),
        "mean_gain_plain": float(np.mean([of["mean_gain"] for of in plain])),
        "mean_gain_early": float(np.mean([of["mean_gain"] for of in early])),
        "change": float(change.mean()),
        "change_error": float(change.std(ddof=1) / np.sqrt(len(change))),
        "groups_looked_at": float(np.mean([of["asked"] for of in early])),
        "groups_stopped": float(np.mean([of["stopped"] for of in early])),
    }


def main() -> None:
    """Replays both and writes the results."""
    results: dict[str, Any] = {"foretold": [], "search": []}
    for name, passes in CASES:
        table = Table.read(name, passes)
        for points in range(1, passes):
            results["foretold"].append({"set": name, "passes": passes, **foretold(table, points)})
            print(json.dumps(results["foretold"][-1]), flush=True)
    for name, passes in SEARCHED:
        results["search"].append({"set": name, "passes": passes, **compared(Table.read(name, passes))})
        print(json.dumps(results["search"][-1]), flush=True)
    (RESULTS / "early_looks.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
