"""What forms of groups are worth on built-in tasks: every pair and all together, in every form.

    python -m benchmarks.forms FOLDER [--tasks complexity,function_verb,exception_type]

The embedded model with the built-in suite's settings. Every second task has half of its training examples, so that
mixing has something to change. Gains are read on the select half against step-matched references, and over the shared
form in paired runs; means over members and groups with a 95 % interval, in which what all gains of a task have from its
reference is neglected for gains and absent from differences. Goes on where it was stopped, and writes
``benchmarks/results/forms.json``.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kept import write_json
from benchmarks.machine import machine
from cotrain.builtin import mine_suite
from cotrain.forming import Formed, make_forms
from cotrain.measuring import Probes
from cotrain.suite import builtin_suite
from cotrain.workspace import read_workspace
from grouping.objective import Grouping
from grouping.statistics import mean_over_tasks
from tasks.encoding import EncodedTask
from trainers.bench import open_bench, prepare
from trainers.budget import Budget
from trainers.executors import InProcess
from trainers.forms import Dare, Equal, Helped, Mean, Private, Ties, words
from trainers.ledger import Ledger
from trainers.trainer import Trainer

TASKS = ("complexity", "function_verb", "exception_type")
FORMS = (Private(), Mean(), Ties(), Dare(), Equal(), Helped())
OUT = Path(__file__).parent / "results" / "forms.json"


def halved(task: EncodedTask) -> EncodedTask:
    """The task with every second training example."""
    train = task.splits["train"]
    rows = np.arange(0, len(train), 2)
    some = replace(
        train,
        sides=tuple(side.take(rows) for side in train.sides),
        targets=train.targets[rows],
        units=train.units[rows],
    )
    return replace(task, splits={**task.splits, "train": some}, fingerprint=f"{task.fingerprint}: every second")


def trainer_of(folder: Path, names: Sequence[str], *, seeds: int) -> Trainer:
    """The built-in suite's settings on some tasks, in this process."""
    workspace = read_workspace(mine_suite(builtin_suite(), names=names))
    spec = workspace.spec(cache=folder / "cache", device="cpu", threads=1)
    tasks = {name: halved(task) if index % 2 else task for index, (name, task) in enumerate(spec.tasks.items())}
    spec = replace(spec, tasks=tasks)
    prepare(spec, ("train", "stop", "select"), threads=1)
    budget = Budget(passes=workspace.loaded.suite.budget.passes, seeds=seeds, reference_seeds=max(2, seeds))
    executor = InProcess(open_bench, spec)
    return Trainer(spec, executor, Ledger(folder / "ledger.sqlite"), budget, 0, tell=print, keep_references=True)


def formed(trainer: Trainer) -> Formed:
    """All groups in all forms."""
    names = sorted(trainer.tasks)
    groups = [*combinations(names, 2), *([tuple(names)] if len(names) > 2 else [])]
    seeds = trainer.probe_seeds(trainer.budget.reference_seeds)
    runs = trainer.run(groups, seeds=seeds, references=names, reference_seeds=seeds)
    probes = Probes.of(runs, trainer.tasks)
    return make_forms(
        trainer,
        groups,
        Grouping(forms=FORMS),
        probes=probes,
        known=runs.groups,
        confidence=0.8,
        helpers=lambda group: [name for name in names if name not in group],
    )


def summary(found: Formed, *, size: int | None) -> list[dict[str, Any]]:
    """Means of every form over groups of a size, or of all."""
    rows = [row for row in found.rows if size is None or len(row.group) == size]
    made = []
    for form in dict.fromkeys(row.form for row in rows):
        own = [row for row in rows if row.form == form and row.trial.measured is not None]
        gain = mean_over_tasks([row.trial.measured for row in own if row.trial.measured])
        against = [row.trial.against for row in own if row.trial.against]
        over = mean_over_tasks(against) if against else None
        cost = sum(row.cost.flops for row in own)
        made.append(
            {
                "form": words(form),
                "groups": len(own),
                "gain": [gain.estimate, gain.low, gain.high],
                "over_shared": None if over is None else [over.estimate, over.low, over.high],
                "flops": cost,
                "keeps_margins": sum(row.trial.keeps(found.margins) for row in own),
                "chosen": sum(row.chosen for row in own),
            }
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    trainer = trainer_of(given.folder, given.tasks.split(","), seeds=given.seeds)
    found = formed(trainer)
    names = sorted(trainer.tasks)
    result: dict[str, Any] = {
        "schema": 1,
        "machine": machine(),
        "tasks": {name: len(task.splits["train"]) for name, task in trainer.tasks.items()},
        "seeds": given.seeds,
        "pairs": summary(found, size=2),
        "together": summary(found, size=len(names)),
        "all": summary(found, size=None),
        "rows": found.to_list(),
    }
    write_json(given.out, result)
    for part in ("pairs", "together", "all"):
        for row in result[part]:
            low, high = (f"{row['gain'][end]:+.3f}" for end in (1, 2))
            over = "over shared {:+.3f} ({:+.3f} to {:+.3f})".format(*row["over_shared"]) if row["over_shared"] else ""
            print(f"{part:8} {row['form']:22} gain {row['gain'][0]:+.3f} ({low} to {high}) {over}")


if __name__ == "__main__":
    main()
