"""Rows that say the same thing twice within one split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tasks.audit.finding import Finding, example, most
from tasks.audit.matches import first_equal, first_near
from tasks.audit.near import LIMIT

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from tasks.audit.finding import Example
    from tasks.audit.near import NearPairs
    from tasks.audit.texts import Corpus
    from tasks.task import Task

MANY = 0.05
"""Share of rows from which duplicates are a warning instead of a note."""


@dataclass(frozen=True)
class Duplicates:
    """Repeated inputs of one split; the label is not looked at.

    Args:
        rows: Examples of the split.
        exact: Copies beyond the first of each input, equal after normalisation.
        near: Distinct inputs that have a near duplicate in the split on every side.
        exact_examples: A copy and its first occurrence, or empty.
        near_examples: Two rows that are near duplicates, or empty.
    """

    task: str
    split: str
    rows: int
    exact: int
    near: int
    exact_examples: "tuple[Example, ...]" = ()
    near_examples: "tuple[Example, ...]" = ()


def duplicates(tasks: "Sequence[Task]", texts: "Corpus", near: "csr_array[np.int32]") -> tuple[Duplicates, ...]:
    """Looks for equal and near inputs in every split of every task."""
    return tuple(_within(task, split, texts, near) for task in tasks for split in task.splits)


def duplicate_findings(tables: Sequence[Duplicates], pairs: "NearPairs") -> list[Finding]:
    """One sentence per task for copies, one for near duplicates; one for the suite if near pairs were sampled."""
    found = []
    if pairs.sampled:
        message = (
            f"{pairs.sampled} of {pairs.count} distinct texts look like filled-in templates, with more than {LIMIT} "
            "candidates for a near duplicate each; a sample of them was compared, and counts of near duplicates may "
            "be too low."
        )
        found.append(Finding("note", "duplicates", "", pairs.sampled / pairs.count, message))
    for task in dict.fromkeys(table.task for table in tables):
        for name, what in (("exact", "are copies of an earlier row"), ("near", "are near duplicates of another row")):
            hit = [table for table in tables if table.task == task and getattr(table, name)]
            if hit:
                shares = {table.split: getattr(table, name) / table.rows for table in hit}
                places = most(
                    (shares[table.split], f"{getattr(table, name)} of {table.rows} in {table.split}") for table in hit
                )
                share, worst = max((shares[table.split], table.split) for table in hit)
                examples = next(getattr(table, f"{name}_examples") for table in hit if table.split == worst)
                message = (
                    f"rows that {what} of the same split: {places}; for example "
                    f"{' and '.join(row.within for row in examples)}."
                )
                found.append(
                    Finding("warning" if share >= MANY else "note", "duplicates", task, share, message, examples)
                )
    return found


def _within(task: "Task", split: str, texts: "Corpus", near: "csr_array[np.int32]") -> Duplicates:
    ids = texts.ids[task.name, split]
    earlier = first_equal(ids, ids)  # shape: (N,)
    copies = np.flatnonzero(earlier != np.arange(len(ids)))
    partner = np.where(earlier == np.arange(len(ids)), first_near(ids, ids, near), -1)
    close = np.flatnonzero(partner >= 0)
    return Duplicates(
        task.name,
        split,
        len(ids),
        len(copies),
        len(close),
        tuple(example(task, split, int(row)) for row in (copies[0], earlier[copies[0]])) if len(copies) else (),
        tuple(example(task, split, int(row)) for row in (close[0], partner[close[0]])) if len(close) else (),
    )
