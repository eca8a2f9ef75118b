"""Class counts, and what a predictor that ignores its input would score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tasks.audit.constant import best_constant, prior_scores
from tasks.audit.finding import Finding
from tasks.kinds.spans import flat_targets
from tasks.metrics import METRICS, metric_for

if TYPE_CHECKING:
    from tasks.encoding import EncodedTask
    from tasks.task import Rows, Task

SKEWED = 10.0
"""Ratio of the commonest to the rarest class from which imbalance is a warning instead of a note."""

NOTED = 3.0
"""Ratio below which nothing is said."""

RARE = 10
"""Train rows of a class below which it can hardly be learnt."""


@dataclass(frozen=True)
class Balance:
    """Classes of a task, and its constant predictor.

    Args:
        counts: Rows per class by split; multilabel: rows that carry the label; tokens: lines or words. Empty for kinds
            without classes.
        imbalance: Largest over smallest count in train; None without classes or if a class has no row.
        majority: The commonest class of train; empty for kinds with none.
        metric: Name of the task's own metric.
        constant: Which answer that ignores its input is best by the metric on train: ``prior`` (class frequencies or
            mean of train; retrieval: a random order) or, for binary and multilabel tasks, ``positive`` (every label).
        baseline: That answer's metric on test, in the metric's own unit; None without test rows.
        accuracy: Accuracy of ``prior`` on test: the majority baseline; None for kinds without classes.
    """

    task: str
    kind: str
    counts: dict[str, dict[str, int]]
    imbalance: float | None
    majority: str
    metric: str
    constant: str
    baseline: float | None
    accuracy: float | None


def balance(tasks: "Sequence[Task]", encoded: "Mapping[str, EncodedTask] | None" = None) -> tuple[Balance, ...]:
    """Counts classes and scores the constant predictor. Reads test labels, no model's scores.

    Args:
        encoded: The tasks' tokens by name, for metrics of tokens.
    """
    return tuple(_of(task, (encoded or {}).get(task.name)) for task in tasks)


def balance_findings(tables: Sequence[Balance]) -> list[Finding]:
    """Skewed classes with the majority baseline they give away, rare classes, classes missing from a split."""
    found = []
    for table in tables:
        train = table.counts.get("train", {})
        total = max(1, sum(train.values()))
        if table.imbalance is not None and table.imbalance >= NOTED:
            rarest = min(train, key=lambda name: (train[name], name))
            commonest = max(train, key=lambda name: (train[name], name))
            message = (
                f"`{commonest}` has {train[commonest]} train {_counted(table)} and `{rarest}` {train[rarest]}, "
                f"{table.imbalance:.1f} to 1; one answer for all has test accuracy {table.accuracy or 0.0:.3f}"
                f"{_own_metric(table)}."
            )
            severity = "warning" if table.imbalance >= SKEWED else "note"
            found.append(Finding(severity, "balance", table.task, train[commonest] / total, message))
        rare = [name for name, count in train.items() if count < RARE]
        if rare:
            few = f"fewer than {RARE} train {_counted(table)}"
            message = f"{len(rare)} of {len(train)} classes have {few}: {_listed(rare, train)}."
            found.append(Finding("warning", "balance", table.task, len(rare) / len(train), message))
        for split, counts in table.counts.items():
            missing = [name for name, count in counts.items() if not count and train[name]]
            if missing:
                none = f"no {split} {_counted(table).removesuffix('s')}"
                message = f"{len(missing)} of {len(counts)} classes have {none}: {_listed(missing, train)}."
                found.append(Finding("note", "balance", table.task, len(missing) / len(counts), message))
    return found


def _counted(table: Balance) -> str:
    """What is counted."""
    return "labels" if table.kind == "tokens" else "rows"


def _of(task: "Task", encoded: "EncodedTask | None") -> Balance:
    counts = {split: _counts(task, rows) for split, rows in task.splits.items()}
    train = counts["train"]
    fewest = min(train.values(), default=0)
    commonest = max(task.classes, key=lambda name: train[name]) if task.classes else ""
    return Balance(
        task.name,
        task.kind.name,
        counts if task.classes else {},
        max(train.values()) / fewest if fewest else None,
        commonest,
        task.metric.name,
        *best_constant(task, encoded),
        _accuracy(task),
    )


def _counts(task: "Task", rows: "Rows") -> dict[str, int]:
    """Rows per class; multilabel: per label."""
    if not task.classes:
        return {}
    if task.kind.name == "multilabel":
        numbers = rows.targets.astype(np.float64).sum(axis=0)
    else:
        targets = flat_targets(rows.targets) if task.kind.placed else rows.targets
        numbers = np.bincount(targets.astype(np.int64), minlength=len(task.classes))
    return {name: int(number) for name, number in zip(task.classes, numbers, strict=True)}


def _accuracy(task: "Task") -> float | None:
    if task.kind.name not in METRICS["accuracy"].kinds or not len(task.splits["test"]):
        return None
    return metric_for("accuracy", task.kind.name)(prior_scores(task, "test"), task.splits["test"].targets)


def _own_metric(table: Balance) -> str:
    if table.metric == "accuracy" or table.baseline is None:
        return ""
    return f", {table.metric} at best {table.baseline:.3f}"


def _listed(names: Sequence[str], counts: dict[str, int]) -> str:
    """The first five names with their train rows."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(f"`{name}` ({counts[name]})" for name in names[:5]) + more
