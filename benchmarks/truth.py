"""The truth table: what training every group of some built-in tasks does to its members, with several seeds.

    python benchmarks/truth.py FOLDER

trains in FOLDER, goes on where it was stopped, and writes ``benchmarks/results/truth.parquet`` after every part; parts
that are in that file, made of the same data and settings, are not trained again. Two sets of tasks: ``first`` serves to
design estimators, ``second`` is kept apart and only judges them. A row is one member of one run: ``set, passes, group,
task, seed, reference, loss, metric, points, chosen, curve, seconds, ...``; losses on the select half, and curves on the
stop half, are divided by the constant predictor's; ``context`` is a hash of what the run was made of.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import pandas as pd

from cotrain.builtin import cache_folder
from cotrain.suite import builtin_suite
from tasks.encoding import encode
from tasks.load import load_task
from tasks.mining import Sizes, mine
from tasks.spec import TaskSpec
from trainers.backbone import load_tokenizer
from trainers.bench import BenchSpec, open_bench, prepare
from trainers.budget import Budget
from trainers.checkpoint import find_checkpoint
from trainers.executors import WorkerProcesses
from trainers.ledger import Ledger
from trainers.result import GroupResult
from trainers.train_job import train_job
from trainers.trainer import Runs, Trainer

SETS = {
    "first": ("docstring_mismatch", "code_search", "complexity", "constructs", "function_verb", "string_role"),
    "second": ("nesting", "return_kind", "module_domain", "clone", "completion"),
}
"""Tasks whose every group is trained; they share no task."""
SIZES = Sizes(train=200, validation=480, test=600)
"""The built-in suite's, with twice as many held-out examples."""
PASSES = 4
"""Passes of the whole table."""
SEEDS = 4
"""Runs per group."""
REFERENCE_SEEDS = 6
"""Runs of every task alone."""
RESULT = Path(__file__).parent / "results" / "truth.parquet"


@dataclass(frozen=True)
class Part:
    """Some groups of one set at one budget."""

    tasks: str
    """Name of the set."""
    passes: int
    groups: tuple[tuple[str, ...], ...]
    seeds: tuple[int, ...]
    reference_seeds: tuple[int, ...]


def parts() -> Iterator[Part]:
    """In the order of their use: one seed of everything before the next one."""
    for seed in range(SEEDS):
        for name, tasks in SETS.items():
            own = (2 * seed, 2 * seed + 1) if 2 * seed + 1 < REFERENCE_SEEDS else ()
            yield Part(name, PASSES, every_group(tasks), (seed,), own)
    tasks = SETS["first"]
    short = tuple(group for group in every_group(tasks) if len(group) in (2, len(tasks)))
    for passes in (PASSES // 2, PASSES // 4):
        yield Part("first", passes, short, (0, 1), (0, 1, 2, 3))
    few = tuple(pair for pair in combinations(tasks, 2) if tasks.index(pair[0]) % 2 != tasks.index(pair[1]) % 2)
    yield Part("first", 4 * PASSES, few, (0, 1), (0, 1))


def every_group(tasks: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """All groups of two tasks or more."""
    sizes = range(2, len(tasks) + 1)
    return tuple(tuple(sorted(group)) for size in sizes for group in combinations(tasks, size))


def bench_spec(names: Sequence[str], folder: Path) -> BenchSpec:
    """The built-in suite's settings on these tasks."""
    suite = builtin_suite().suite
    mined = mine(list(names), seed=suite.seed, sizes=SIZES, cache=cache_folder() / "mined")
    checkpoint = find_checkpoint(suite.base_model)
    tokenize = load_tokenizer(checkpoint)
    tasks = {}
    for name in names:
        spec = TaskSpec(**dict(mined.tasks[name]))
        task = load_task(name, spec, folder=mined.folder, seed=suite.seed)
        tasks[name] = encode(task, tokenize, max_length=suite.max_length)
    return BenchSpec(checkpoint, suite.method, suite.training, tasks, folder / "cache", "cpu", 1)


def rows(part: Part, runs: Runs, spec: BenchSpec) -> Iterator[dict[str, object]]:
    """One per member of every run."""
    results: list[GroupResult] = [run for of in (*runs.groups.values(), *runs.references.values()) for run in of]
    for run in results:
        for name, member in run.members.items():
            splits = spec.tasks[name].splits
            yield {
                "set": part.tasks,
                "passes": part.passes,
                "group": "+".join(run.group),
                "task": name,
                "seed": run.seed,
                "reference": run.reference,
                "loss": float(member.losses["select"].mean() / splits["select"].prior_loss),
                "metric": member.metric["select"],
                "points": len(run.grid),
                "chosen": run.chosen,
                "curve": (member.curve / splits["stop"].prior_loss).tolist(),
                "seconds": run.cost.seconds,
                "tokens_forward": run.cost.tokens_forward,
                "tokens_backward": run.cost.tokens_backward,
                "context": context_of(spec),
            }


def context_of(spec: BenchSpec) -> str:
    """Content hash of data, base model, method, settings and of the version of the training code."""
    return train_job(spec, tuple(spec.tasks), seed=0, passes=1).key[:16]


def in_file(part: Part, spec: BenchSpec, table: pd.DataFrame) -> pd.DataFrame | None:
    """The rows of a part, if all of its runs are in the table."""
    own = table[
        (table["set"] == part.tasks) & (table["passes"] == part.passes) & (table["context"] == context_of(spec))
    ]
    groups = own[~own["reference"] & own["seed"].isin(part.seeds)]
    groups = groups[groups["group"].isin({"+".join(group) for group in part.groups})]
    alone = own[own["reference"] & own["seed"].isin(part.reference_seeds)]
    wanted = sum(map(len, part.groups)) * len(part.seeds)
    if len(groups) < wanted or len(alone) < len(spec.tasks) * len(part.reference_seeds):
        return None
    return pd.concat([alone, groups])


def main() -> None:
    """Trains what is missing and writes what is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where finished runs are kept")
    parser.add_argument("--workers", type=int, default=2, help="worker processes, one thread each")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    specs = {name: bench_spec(tasks, arguments.folder) for name, tasks in SETS.items()}
    for spec in specs.values():
        prepare(spec, ["train", "stop", "select"], threads=arguments.workers)
    both = replace(specs["first"], tasks={name: task for spec in specs.values() for name, task in spec.tasks.items()})
    before = pd.read_parquet(arguments.out) if arguments.out.exists() else None
    made: list[pd.DataFrame] = []
    ledger = Ledger(arguments.folder / "ledger.sqlite")
    with WorkerProcesses(open_bench, both, workers=arguments.workers) as executor:
        for part in parts():
            spec = specs[part.tasks]
            found = None if before is None else in_file(part, spec, before)
            if found is None:
                budget = Budget(passes=part.passes, seeds=SEEDS, reference_seeds=REFERENCE_SEEDS)
                trainer = Trainer(spec, executor, ledger, budget, seed=0)
                names = list(spec.tasks) if part.reference_seeds else []
                own = part.reference_seeds or part.seeds
                runs = trainer.run(part.groups, seeds=part.seeds, references=names, reference_seeds=own)
                found = pd.DataFrame(list(rows(part, runs, spec)))
            made.append(found)
            done = pd.concat(made, ignore_index=True)
            arguments.out.parent.mkdir(exist_ok=True)
            temporary = arguments.out.with_suffix(".tmp")
            done.to_parquet(temporary, index=False)
            temporary.rename(arguments.out)
            print(f"{part.tasks}, {part.passes} passes, seeds {part.seeds}: {len(done)} rows", file=sys.stderr)


if __name__ == "__main__":
    main()
