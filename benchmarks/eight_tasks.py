"""The recommended grouping of eight built-in tasks beside others, on 4,000 test examples of each.

    python -m benchmarks.eight_tasks FOLDER [--margin 2]

runs `cotrain recommend` for the fewest adapters in FOLDER, then trains what it is held against, and goes on where it
was stopped: every task alone with three step sizes, all together, twenty random groupings with as many adapters (one
fresh seed each, all others three), greedy merging (every merge trained with one probe seed and measured on the select
half, until as many adapters are left as the recommendation has), and the best partition under TAG's look-ahead
affinities with as many adapters. Gains and changes are on test, against the same references. Written to
``results/eight_tasks.json``.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from affinity.contrasts import Measurements
from affinity.estimators import ESTIMATORS
from affinity.gains import MeasuredGroup, measure_groups, trained_alone
from affinity.levels import own_level
from affinity.prior import MeanOfScores
from affinity.readings import metric_readings
from benchmarks.kept import write_json
from benchmarks.machine import machine
from cotrain.place import Machine
from cotrain.progress import Lines
from cotrain.recommending import run_recommendation
from cotrain.running import PROBED, Session, session
from cotrain.study.arrangements import Tuned, train_arrangements
from cotrain.suite import LoadedSuite, builtin_suite, parse_suite, to_plain
from cotrain.wishes import Wishes
from grouping.masks import all_members
from grouping.partition import Group, Partition
from grouping.solvers import SubsetDP
from grouping.statistics import delta_intervals, mean_over_tasks, t_interval
from tasks.cache import cache_folder
from tasks.encoding import EncodedTask
from tasks.mining import Sizes, mine
from trainers.result import GroupResult

TASKS = (
    "docstring_mismatch",
    "code_search",
    "complexity",
    "constructs",
    "function_verb",
    "string_role",
    "return_kind",
    "module_domain",
)
SIZES = Sizes(train=200, validation=2400, test=4000)
BUDGET = {"passes": 4, "seeds": 2, "reference_seeds": 3, "validation_seeds": 3, "models": 10}
RANDOM = 20
STEP_SIZES = (0.33, 1.0, 3.0)
OUT = Path(__file__).parent / "results" / "eight_tasks.json"


def suite(sizes: Sizes, margin: float) -> LoadedSuite:
    """The built-in settings with eight tasks and larger held-out splits."""
    loaded = builtin_suite()
    mined = mine(list(TASKS), seed=loaded.suite.seed, sizes=sizes, cache=cache_folder() / "mined")
    tasks = {name: {**mined.tasks[name], "margin": margin} for name in TASKS}
    plain = to_plain(loaded.suite) | {"tasks": tasks}
    plain["budget"] |= BUDGET
    plain["grouping"] |= {"objective": "fewest_adapters", "max_adapters": None}
    return replace(loaded, suite=parse_suite(plain), folder=mined.folder)


def random_groupings(names: Sequence[str], adapters: int, *, seed: int) -> list[Partition]:
    """Different groupings with so many groups, each task's group drawn alike."""
    generator = np.random.default_rng(seed)
    found: dict[Partition, None] = {}
    while len(found) < RANDOM:
        labels = generator.integers(adapters, size=len(names)).tolist()
        if len(set(labels)) == adapters:
            found[Partition.from_labels(names, labels)] = None
    return list(found)


def greedy(opened: Session, adapters: int) -> Partition:
    """Merges the two groups whose union gains most, measured on the select half, until so many are left."""
    trainer = opened.trainer
    seeds = trainer.probe_seeds(1)
    own = trainer.run(
        [], seeds=seeds, references=sorted(trainer.tasks), reference_seeds=trainer.probe_seeds(3), phase="references"
    )
    total: dict[Group, float] = {(name,): 0.0 for name in trainer.tasks}
    current: list[Group] = sorted(total)
    while len(current) > adapters:
        merges = [tuple(sorted(first + second)) for first, second in combinations(current, 2)]
        new = [merge for merge in merges if merge not in total]
        runs = trainer.run(new, seeds=seeds, phase="greedy merging")
        measured = measure_groups(runs.groups, own.references, trainer.tasks)
        total |= {group: float(of.gain.sum()) for group, of in measured.items()}
        first, second = max(
            combinations(current, 2),
            key=lambda pair: total[tuple(sorted(pair[0] + pair[1]))] - total[pair[0]] - total[pair[1]],
        )
        current = sorted([*(group for group in current if group not in (first, second)), tuple(sorted(first + second))])
    return Partition.of(current)


def by_lookahead(opened: Session, adapters: int) -> Partition:
    """The partition with so many groups that has the highest sum of mean affinities to every task's partners."""
    matrix = ESTIMATORS["lookahead"]().estimate(opened.trainer).matrix
    names = tuple(sorted(matrix.tasks))
    totals = np.nansum(MeanOfScores(matrix.reorder(names)).gains(all_members(len(names))), axis=1)
    found = SubsetDP().solve(totals, tasks=names, max_groups=adapters).groupings[adapters - 1]
    assert found is not None
    return found


def row(
    arm: Partition, measured: Mapping[Group, MeasuredGroup], read: Measurements, choice: Partition, margin: float
) -> dict[str, Any]:
    """A grouping on test: means with intervals, the worst task, and how far the choice is ahead."""
    groups = [measured[group] if len(group) > 1 else trained_alone(group[0], seeds=3) for group in arm.groups]
    gain, delta = mean_over_tasks(groups), mean_over_tasks(groups, quantity="delta")
    tasks = {name: of for group in groups for name, of in delta_intervals(group).items()}
    worst = min(tasks, key=lambda name: tasks[name].estimate)
    ahead = read.contrast(choice.groups, arm.groups)
    assert ahead is not None
    lead = t_interval(ahead.gain, ahead.error, ahead.freedom)
    return {
        "groups": [list(group) for group in arm.groups],
        "adapters": arm.adapters,
        "gain": [gain.estimate, gain.low, gain.high],
        "points": [delta.estimate, delta.low, delta.high],
        "worst": [worst, tasks[worst].estimate, tasks[worst].low, tasks[worst].high],
        "beyond the margin": sum(of.high < -margin for of in tasks.values()),
        "non-inferior": sum(of.low > -margin for of in tasks.values()),
        "choice is ahead by": [lead.estimate, lead.low, lead.high],
    }


def tuned_changes(
    alone: Mapping[str, Sequence[GroupResult]], tuned: Mapping[str, Tuned], tasks: Mapping[str, EncodedTask]
) -> dict[str, Any]:
    """What the best step size changes for every task alone, in points on test, in paired runs of equal seed."""
    found = {}
    for name, of in tuned.items():
        own = metric_readings(of.runs, tasks[name], split="test")
        plain = metric_readings(alone[name], tasks[name], split="test")
        paired = replace(own, values=own.values - plain.values, influence=own.influence - plain.influence)
        change = own_level(paired)
        interval = t_interval(change.value, change.error, change.freedom)
        found[name] = {"factor": of.factor, "points": [interval.estimate, interval.low, interval.high]}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--validation", type=int, default=SIZES.validation, help="examples of a task")
    parser.add_argument("--margin", type=float, default=2.0, help="points that a task may lose")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    sizes = replace(SIZES, validation=given.validation)
    loaded, on = suite(sizes, given.margin), Machine(workers=given.workers, device="cpu")
    with session(loaded, out=given.folder, machine=on, progress=Lines(sys.stderr)) as opened:
        recommended = run_recommendation(opened, Wishes(), started=time.monotonic())
    proposed = recommended["proposed"] or recommended["groups"]
    choice = Partition.of(proposed)
    found: dict[str, Any] = {
        "machine": machine(),
        "sizes": asdict(sizes),
        "margin": given.margin,
        "recommendation": {name: recommended[name] for name in ("groups", "proposed", "verdict", "reason", "tasks")},
    }
    write_json(given.out, found)
    with session(loaded, out=given.folder, machine=on, progress=Lines(sys.stderr)) as opened:
        trainer = opened.trainer
        opened.cache_layers(PROBED)
        names = sorted(trainer.tasks)
        adapters = choice.adapters
        arms = {
            "recommended": choice,
            "every task alone": Partition.singles(names),
            "all together": Partition.together(names),
            "greedy merging": greedy(opened, adapters),
            "best by look-ahead": by_lookahead(opened, adapters),
        }
        drawn = random_groupings(names, adapters, seed=loaded.suite.seed) if 1 < adapters < len(names) else []
        opened.cache_layers(["test"])
        seeds = trainer.fresh_seeds(BUDGET["validation_seeds"])
        groups = sorted({group for arm in arms.values() for group in arm.groups if len(group) > 1})
        splits = ("select", "test")
        kept = [*choice.groups, *((name,) for name in names)]  # as validation keeps them: the same runs
        runs = trainer.run(groups, seeds=seeds, references=names, splits=splits, weights_of=kept, phase="fresh seeds")
        others = sorted({group for arm in drawn for group in arm.groups if len(group) > 1 and group not in runs.groups})
        runs |= trainer.run(others, seeds=seeds[:1], splits=splits, phase="random groupings")
        measured = measure_groups(runs.groups, runs.references, trainer.tasks, split="test")
        read = Measurements(runs.groups, runs.references, trainer.tasks, split="test")
        found["groupings"] = {name: row(arm, measured, read, choice, given.margin) for name, arm in arms.items()}
        found["random"] = [row(arm, measured, read, choice, given.margin) for arm in drawn]
        write_json(given.out, found)
        tuned = train_arrangements(opened, pairs=False, factors=STEP_SIZES).tuned
        found["tuned singles"] = tuned_changes(runs.references, tuned, trainer.tasks)
        write_json(given.out, found)


if __name__ == "__main__":
    main()
