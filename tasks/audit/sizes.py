"""How much data there is, and what it can settle."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tasks.audit.finding import Finding
from tasks.metrics import METRICS
from tasks.task import SPLITS

if TYPE_CHECKING:
    from tasks.task import Task

QUANTILES = 1.96 + 1.28
"""Standard errors between a true change and the lower end of its 95 % interval that 90 % power asks for."""

DISCORDANT = 0.15
"""Share of examples that exactly one of two models of similar accuracy gets right: the field's rule of thumb."""

SMALL = 50
"""Rows below which a split is called small."""


@dataclass(frozen=True)
class Sizes:
    """Rows of a task.

    Args:
        rows: Examples per split.
        units: Groups of rows that belong together (``group_by``) per split; the rows themselves without it.
        margin: Points that may be lost, as the suite says.
        detectable: Margin, in points of accuracy, that the test split can settle; None for kinds without classes, and
            for several per text.
    """

    task: str
    kind: str
    rows: dict[str, int]
    units: dict[str, int]
    margin: float
    detectable: float | None


def sizes(tasks: "Sequence[Task]") -> tuple[Sizes, ...]:
    """Counts the rows and units of every split."""
    return tuple(_of(task) for task in tasks)


def detectable_points(rows: int) -> float:
    r"""Smallest margin that ``rows`` paired test rows settle with 90 % power, in points of accuracy.

    :math:`100 \cdot (z_{0.975} + z_{0.9}) \sqrt{0.15 / N}` for two models that differ on 15 % of the rows and are
    equally good; infinite without rows.
    """
    return float(100 * QUANTILES * np.sqrt(DISCORDANT / rows)) if rows else float("inf")


def size_findings(tables: Sequence[Sizes]) -> list[Finding]:
    """Empty and small splits, and margins that the test rows cannot settle (one sentence for the suite)."""
    found = [
        Finding("serious" if not rows else "warning", "sizes", table.task, 1.0, _small(split, rows))
        for table in tables
        for split, rows in table.rows.items()
        if rows < SMALL
    ]
    short = [table for table in tables if table.detectable is not None and table.detectable > table.margin]
    if short:
        worst = max(short, key=lambda table: (table.detectable or 0.0, table.task))
        found.append(
            Finding(
                "note",
                "sizes",
                "",
                len(short) / len(tables),
                f"{len(short)} of {len(tables)} tasks have too few test rows for their margin: `{worst.task}` can "
                f"settle {worst.detectable:.1f} points of accuracy with {worst.units['test']} units of test, its "
                f"margin is {worst.margin:g}; expect `undecided`.",
            ),
        )
    return found


def _of(task: "Task") -> Sizes:
    rows = {split: len(task.splits[split]) for split in SPLITS}
    units = {split: len(np.unique(task.splits[split].units)) for split in SPLITS}
    counted = task.kind.name in METRICS["accuracy"].kinds and not task.kind.placed
    detectable = detectable_points(units["test"]) if counted else None
    return Sizes(task.name, task.kind.name, rows, units, task.margin, detectable)


def _small(split: str, rows: int) -> str:
    return f"{split} has only {rows} {'row' if rows == 1 else 'rows'}; below {SMALL} a score says little."
