"""The truth table: what training every group of some built-in tasks does to its members, with several seeds.

    python -m benchmarks.truth FOLDER

trains in FOLDER, goes on where it was stopped, and writes ``benchmarks/results/truth.parquet`` after every part; parts
that are in that file, made of the same data and settings, are not trained again. Two sets of tasks: ``first`` serves to
design estimators, ``second`` is kept apart and only judges them. What a row holds: :mod:`benchmarks.parts`.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from benchmarks.parts import Part, fill
from cotrain.suite import Suite, builtin_suite
from tasks.cache import cache_folder
from tasks.encode_task import encode
from tasks.load import load_task
from tasks.mining import Sizes, mine
from tasks.spec import TaskSpec
from trainers.backbone import load_tokenizer
from trainers.bench import BenchSpec, open_bench, prepare
from trainers.checkpoint import find_checkpoint
from trainers.executors import WorkerProcesses
from trainers.ledger import Ledger

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


def bench_spec(names: Sequence[str], folder: Path, *, suite: Suite | None = None) -> BenchSpec:
    """The settings of a suite, the built-in one's if None, on these built-in tasks."""
    suite = suite or builtin_suite().suite
    mined = mine(list(names), seed=suite.seed, sizes=SIZES, cache=cache_folder() / "mined")
    checkpoint = find_checkpoint(suite.base_model)
    tokenize = load_tokenizer(checkpoint)
    tasks = {}
    for name in names:
        spec = TaskSpec(**dict(mined.tasks[name]))
        task = load_task(name, spec, folder=mined.folder, seed=suite.seed)
        tasks[name] = encode(task, tokenize, max_length=suite.max_length)
    return BenchSpec(checkpoint, suite.method, suite.training, tasks, folder / "cache", "cpu", 1)


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
    ledger = Ledger(arguments.folder / "ledger.sqlite")
    with WorkerProcesses(open_bench, both, workers=arguments.workers) as executor:
        fill(arguments.out, [(part, specs[part.tasks]) for part in parts()], executor, ledger)


if __name__ == "__main__":
    main()
