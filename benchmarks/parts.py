"""Parts of a table of training runs: trained once, written as they come, and found again.

A row is one member of one run: ``set, passes, group, task, seed, reference, loss, metric, points, chosen, curve,
seconds, ..., context``, and ``variant`` where a part has one. Losses on the select half, and curves on the stop half,
are divided by the constant predictor's; ``context`` is a hash of what the run was made of.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from trainers.bench import BenchSpec
from trainers.budget import Budget
from trainers.executors.base import Executor
from trainers.ledger import Ledger
from trainers.result import GroupResult
from trainers.runs import Runs
from trainers.train_job import train_job
from trainers.trainer import Trainer


@dataclass(frozen=True)
class Part:
    """Some groups of one set at one budget."""

    tasks: str
    """Name of the set."""
    passes: int
    groups: tuple[tuple[str, ...], ...]
    seeds: tuple[int, ...]
    reference_seeds: tuple[int, ...]
    variant: str | None = None
    """What differs from the table of the built-in suite's settings; None for that table itself."""

    def __str__(self) -> str:
        variant = f", {self.variant}" if self.variant else ""
        return f"{self.tasks}{variant}, {self.passes} passes, seeds {self.seeds}"


def fill(
    out: Path,
    parts: Sequence[tuple[Part, BenchSpec]],
    executor: Executor,
    ledger: Ledger,
    *,
    kept: pd.DataFrame | None = None,
) -> None:
    """Trains what is missing in the file and writes it after every part.

    Args:
        parts: In the order of their training, each with the bench that trains it.
        kept: Rows that stand before those of the parts, whatever they are.
    """
    before = pd.read_parquet(out) if out.exists() else None
    found = [None if before is None else in_file(part, spec, before) for part, spec in parts]
    for place, (part, spec) in enumerate(parts):
        if found[place] is None:
            found[place] = pd.DataFrame(list(rows(part, trained(part, spec, executor, ledger), spec)))
        done = pd.concat([table for table in (kept, *found) if table is not None and len(table)], ignore_index=True)
        out.parent.mkdir(exist_ok=True)
        temporary = out.with_suffix(".tmp")
        done.to_parquet(temporary, index=False)
        temporary.rename(out)
        print(f"{part}: {len(done)} rows", file=sys.stderr, flush=True)


def trained(part: Part, spec: BenchSpec, executor: Executor, ledger: Ledger) -> Runs:
    """All runs of a part."""
    trainer = Trainer(spec, executor, ledger, Budget(passes=part.passes), seed=0)
    names = list(spec.tasks) if part.reference_seeds else []
    own = part.reference_seeds or part.seeds
    return trainer.run(part.groups, seeds=part.seeds, references=names, reference_seeds=own)


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
                **({"variant": part.variant} if part.variant else {}),
            }


def context_of(spec: BenchSpec) -> str:
    """Content hash of data, base model, method, settings and of the version of the training code."""
    return train_job(spec, tuple(spec.tasks), seed=0, passes=1).key[:16]


def in_file(part: Part, spec: BenchSpec, table: pd.DataFrame) -> pd.DataFrame | None:
    """The rows of a part in the table's order, if all of its runs are there."""
    own = table[
        (table["set"] == part.tasks) & (table["passes"] == part.passes) & (table["context"] == context_of(spec))
    ]
    groups = own[~own["reference"] & own["seed"].isin(part.seeds)]
    groups = groups[groups["group"].isin({"+".join(group) for group in part.groups})]
    alone = own[own["reference"] & own["seed"].isin(part.reference_seeds)]
    wanted = sum(map(len, part.groups)) * len(part.seeds)
    if len(groups) < wanted or len(alone) < len(spec.tasks) * len(part.reference_seeds):
        return None
    return pd.concat([alone, groups]).sort_index()
