"""What a recommended grouping is worth among all groupings of the truth table.

    python -m benchmarks.truth_groupings [FOLDER]

Nothing is trained, but for TAG's look-ahead affinities if FOLDER is given: one run of all tasks of a set, with a seed
that the table does not use. They are kept in ``results/lookahead_scores.json``.

Of six tasks, and of five others, every group was trained with four seeds. Every method chooses by two of them (the
search trains at most eight groups beyond all together, without an estimator's prior). What it chose is worth its mean
gain in the two other seeds; every choice of two seeds is tried, and the lowest and highest of these values stand beside
their mean. Written to ``results/truth_groupings.json``.
"""

import argparse
import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from affinity.estimators import ESTIMATORS
from affinity.matrix import AffinityMatrix
from affinity.predictors import Hybrid, MeanOfPairs
from affinity.prior import MeanOfScores
from benchmarks.affinity import SEED
from benchmarks.early_looks import MODELS, RESULTS, SEARCHED, SEARCHES, Replayed, RunByRun, Table
from benchmarks.kept import write_json
from benchmarks.truth import bench_spec
from grouping.loop import search
from grouping.masks import all_members, mask_of
from grouping.objective import BestGain
from grouping.partition import Group, Partition, all_partitions
from grouping.rounds.planning import Budget
from grouping.solvers import SubsetDP
from trainers.bench import open_bench, prepare
from trainers.budget import Budget as RunBudget
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.trainer import Trainer

SCORES = RESULTS / "lookahead_scores.json"


def value(table: Table, partition: Partition, seeds: tuple[int, ...]) -> float:
    """Mean gain over all tasks in some seeds."""
    shared = [group for group in partition.groups if len(group) > 1]
    return float(sum(np.mean([table.gain(group, s).sum() for s in seeds]) for group in shared)) / len(table.tasks)


def recommended(oracle: RunByRun, seed: int) -> Partition:
    """The search of `cotrain recommend`."""
    first = oracle.every_run([oracle.table.tasks])
    return search(
        Hybrid.fit(oracle.table.tasks, [of.gains() for of in first.values()]),
        measured=first,
        objective=BestGain(),
        oracle=oracle,
        budget=Budget(
            models=MODELS, rounds=MODELS // 2, repeats=MODELS * (len(oracle.seeds) - 1), choice_runs=len(oracle.seeds)
        ),
        seed=seed,
        again=oracle.again,
    ).partition


def greedy(oracle: Replayed, _seed: int) -> Partition:
    """Merges the two groups whose union gains most, as long as it gains; every merge is trained."""
    current: list[Group] = [(name,) for name in oracle.table.tasks]
    while len(current) > 1:
        steps = {pair: _total(oracle, _union(pair)) - sum(_total(oracle, of) for of in pair)
                 for pair in combinations(current, 2)}  # fmt: skip
        best = max(steps, key=lambda pair: steps[pair])
        if steps[best] <= 0:
            break
        current = [*(group for group in current if group not in best), _union(best)]
    return Partition.of(current)


def pairs(oracle: Replayed, _seed: int) -> Partition:
    """The best partition by the mean of measured pairs; every pair is trained."""
    tasks = oracle.table.tasks
    measured = oracle.measure([tuple(pair) for pair in combinations(tasks, 2)])
    predictor = MeanOfPairs.fit(tasks, [of.gains() for of in measured.values()])
    totals = np.nansum(predictor.predict(all_members(len(tasks))).mean, axis=1)
    frontier = SubsetDP().solve(totals, tasks=tasks, max_groups=len(tasks))
    return _best([of for of in frontier.groupings if of is not None], totals, tasks)


def exact(oracle: Replayed, _seed: int) -> Partition:
    """The best of all partitions as measured; every group is trained."""
    return max(all_partitions(oracle.table.tasks), key=lambda of: sum(_total(oracle, group) for group in of.groups))


def lookahead(oracle: Replayed, _seed: int) -> Partition:
    """TAG's choice for every number of adapters is trained, and the best as measured taken."""
    tasks = oracle.table.tasks
    scores = np.array(json.loads(SCORES.read_text())[" ".join(tasks)])
    guess = MeanOfScores(AffinityMatrix(tasks, scores, np.zeros_like(scores), estimator="lookahead"))
    totals = np.nansum(guess.gains(all_members(len(tasks))), axis=1)
    frontier = SubsetDP().solve(totals, tasks=tasks, max_groups=len(tasks))
    chosen = [of for of in frontier.groupings if of is not None]
    return max(chosen, key=lambda of: sum(_total(oracle, group) for group in of.groups))


def look_ahead(folder: Path) -> None:
    """Trains what TAG's affinities are read from."""
    found = {}
    for name, passes in SEARCHED:
        tasks = Table.read(name, passes).tasks
        spec = bench_spec(tasks, folder)
        prepare(spec, ["train", "stop", "select"], threads=1)
        trainer = Trainer(
            spec, InProcess(open_bench, spec), Ledger(folder / "ledger.sqlite"), RunBudget(passes=passes), seed=SEED
        )
        matrix = ESTIMATORS["lookahead"]().estimate(trainer).matrix
        found[" ".join(tasks)] = matrix.reorder(tasks).scores.tolist()
    write_json(SCORES, found)


def _best(partitions: list[Partition], totals: np.ndarray, tasks: tuple[str, ...]) -> Partition:
    return max(partitions, key=lambda of: sum(totals[mask_of(group, tasks)] for group in of.groups if len(group) > 1))


def _union(pair: tuple[Group, Group]) -> Group:
    return tuple(sorted(pair[0] + pair[1]))


def _total(oracle: Replayed, group: Group) -> float:
    if len(group) == 1:
        return 0.0
    oracle.asked[group] = len(oracle.seeds)
    return float(oracle.measured(group, len(oracle.seeds)).gain.sum())


METHODS: dict[str, Callable[[Any, int], Partition]] = {
    "recommended": recommended,
    "greedy merging": greedy,
    "mean of all pairs": pairs,
    "best by look-ahead (TAG)": lookahead,
    "best of all groups as measured": exact,
    "every task alone": lambda oracle, _: Partition.singles(oracle.table.tasks),
    "all together": lambda oracle, _: Partition.together(oracle.table.tasks),
}


def compared(table: Table) -> dict[str, Any]:
    """Every method's value in seeds that did not choose, where it stands among all groupings, and what it trained."""
    every = list(all_partitions(table.tasks))
    rows: dict[str, list[tuple[float, float, int, int]]] = {name: [] for name in METHODS}
    best, middle = [], []
    for seeds in combinations(table.seeds, 2):
        others = tuple(seed for seed in table.seeds if seed not in seeds)
        values = np.array([value(table, of, others) for of in every])
        best.append(float(values.max()))
        middle.append(float(np.median(values)))
        for name, method in METHODS.items():
            for seed in range(SEARCHES if name == "recommended" else 1):
                oracle = (RunByRun if name == "recommended" else Replayed)(table, seeds, points=1)
                found = value(table, method(oracle, seed), others)
                rows[name].append((found, float((values < found).mean()), len(oracle.asked), oracle.runs))
    return {
        "groupings": len(every),
        "best in hindsight": float(np.mean(best)),
        "median grouping": float(np.mean(middle)),
        "methods": {
            name: {
                "mean gain": float(np.mean([of[0] for of in found])),
                "lowest": float(min(of[0] for of in found)),
                "highest": float(max(of[0] for of in found)),
                "better than": float(np.mean([of[1] for of in found])),
                "groups trained": float(np.mean([of[2] for of in found])),
                "runs": float(np.mean([of[3] for of in found])),
            }
            for name, found in rows.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    folder = parser.parse_args().folder
    if folder is not None:
        look_ahead(folder)
    found = {name: compared(Table.read(name, passes)) for name, passes in SEARCHED}
    write_json(RESULTS / "truth_groupings.json", found)
    for name, of in found.items():
        print(name, of["groupings"], of["best in hindsight"], of["median grouping"])
        for method, row in of["methods"].items():
            print("  ", method, {key: round(number, 4) for key, number in row.items()})


if __name__ == "__main__":
    main()
