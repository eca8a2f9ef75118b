"""How much of the texts the model never sees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tasks.audit.finding import Finding

if TYPE_CHECKING:
    from tasks.encoding import EncodedTask, Tokens
    from tasks.task import Task

MANY = 0.25
"""Share of cut texts from which truncation is a warning instead of a note."""

FEW = 0.05
"""Share of cut texts below which nothing is said."""


@dataclass(frozen=True)
class Truncation:
    """Lengths of one side of one split, in tokens, after cutting.

    Args:
        side: 0, or 1 for the second text of a pair and for retrieval's documents.
        texts: Texts of the side; retrieval: distinct documents.
        cut: Texts that were cut at the maximal length.
        median: Median length; 0 without texts.
        longest: Longest text; the maximal length if anything was cut.
        unread: Labels of lines or words that were cut off; of kind `text`, tokens of completions.
    """

    task: str
    split: str
    side: int
    texts: int
    cut: int
    median: float
    longest: int
    unread: int = 0

    @property
    def share(self) -> float:
        """Share of the texts that were cut."""
        return self.cut / self.texts if self.texts else 0.0


def truncation(tasks: "Sequence[Task]", encoded: "Mapping[str, EncodedTask] | None") -> tuple[Truncation, ...]:
    """Counts the cut texts of every split and side; empty where nothing was encoded."""
    return tuple(
        _of(task.name, split, side, tokens, rows.truncated[side], rows.unread)
        for task in tasks
        if encoded is not None and task.name in encoded
        for split, rows in encoded[task.name].splits.items()
        for side, tokens in enumerate(rows.sides)
    )


def truncation_findings(tables: Sequence[Truncation]) -> list[Finding]:
    """One sentence per task and side, for its train split."""
    found = []
    for table in tables:
        if table.split == "train" and table.share >= FEW:
            message = (
                f"{table.cut} of {table.texts} train texts of side {table.side} ({table.share:.1%}) are cut at "
                f"{table.longest} tokens; the median text has {table.median:g}."
                + (f" {table.unread} labels or tokens to predict were cut off, and left out." if table.unread else "")
            )
            severity = "warning" if table.share >= MANY else "note"
            found.append(Finding(severity, "truncation", table.task, table.share, message))
    return found


def _of(task: str, split: str, side: int, tokens: "Tokens", cut: int, unread: int) -> Truncation:
    lengths = tokens.lengths
    median = float(np.median(lengths)) if len(lengths) else 0.0
    return Truncation(task, split, side, len(lengths), cut, median, int(lengths.max(initial=0)), unread)
