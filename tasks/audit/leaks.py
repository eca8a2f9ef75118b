"""Held-out rows that training has seen: in the same task, by their unit, or through another task's train split."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tasks.audit.finding import Finding, example, most
from tasks.audit.matches import first_equal, match_inputs, match_texts
from tasks.task import SPLITS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from tasks.audit.finding import Example
    from tasks.audit.texts import Corpus
    from tasks.task import Task

RELATIONS = {
    "exact": "rows that {} holds word for word",
    "near": "rows that are near duplicates of a row in {}",
    "part": "rows with one side that {} holds",
    "unit": "rows whose `group_by` unit has rows in {}",
}
"""What a row can have in common with a source; of the first three a row counts in the first that holds."""

TOLERATED = 0.01
"""Share of leaked rows above which a leak inside a task is serious instead of a warning."""


@dataclass(frozen=True)
class Leak:
    """Rows of one split that an earlier split, or another task's train split, shows.

    Args:
        split: The split whose score would be too good.
        source: Name of the task that shows its rows; ``task`` itself for a leak inside the task.
        source_split: The split that shows them.
        relation: One of :data:`RELATIONS`; ``unit`` only inside a task, ``part`` only with two sides.
        rows: Examples of ``split``.
        leaked: Those of them that leak, 1 or more.
        examples: A leaked row and what shows it.
    """

    task: str
    split: str
    source: str
    source_split: str
    relation: str
    rows: int
    leaked: int
    examples: "tuple[Example, ...]"

    @property
    def share(self) -> float:
        """Share of the split's rows that leak."""
        return self.leaked / self.rows


def leaks(tasks: "Sequence[Task]", texts: "Corpus", near: "csr_array[np.int32]") -> tuple[Leak, ...]:
    """Every leak; pairs of splits that share nothing are left out.

    Inside a task every later split is held against every earlier one, in the order of :data:`tasks.task.SPLITS`,
    whole inputs against whole inputs. Between tasks every held-out split of one is held against the train split of
    another, texts against texts on whatever side they stand, because a shared adapter reads both.
    """
    return tuple(leak for task in tasks for leak in (*_inside(task, texts, near), *_between(task, tasks, texts, near)))


def leak_findings(tables: Sequence[Leak]) -> list[Finding]:
    """One sentence per task and relation, inside the task and between tasks."""
    found = []
    for task in dict.fromkeys(leak.task for leak in tables):
        for relation, words in RELATIONS.items():
            for inside in (True, False):
                hit = [
                    leak
                    for leak in tables
                    if leak.task == task and leak.relation == relation and (leak.source == task) == inside
                ]
                if hit:
                    where = "an earlier split" if inside else "the train split of another task"
                    found.append(_sentence(words.format(where), hit, inside=inside))
    return found


def _sentence(what: str, hit: Sequence[Leak], *, inside: bool) -> Finding:
    """The finding for one relation of one task."""
    worst = max(hit, key=lambda leak: (leak.share, leak.split == "test", leak.source, leak.source_split))
    if worst.relation == "part":
        severity = "note"
    else:
        severity = "serious" if inside and (worst.relation == "unit" or worst.share > TOLERATED) else "warning"
    sources = {leak: leak.source_split if inside else f"`{leak.source}`" for leak in hit}
    places = most((leak.share, f"{leak.leaked} of {leak.rows} in {leak.split} (from {sources[leak]})") for leak in hit)
    rows = " is like ".join(row.within if inside else str(row) for row in worst.examples)
    return Finding(severity, "leaks", worst.task, worst.share, f"{what}: {places}; for example {rows}.", worst.examples)


def _inside(task: "Task", texts: "Corpus", near: "csr_array[np.int32]") -> "Iterator[Leak]":
    for earlier, later in combinations(SPLITS, 2):
        matches = match_inputs(texts.ids[task.name, later], texts.ids[task.name, earlier], near)
        if not _units_are_documents(task):
            units, source = task.splits[later].units, task.splits[earlier].units
            matches["unit"] = first_equal(units.reshape(-1, 1), source.reshape(-1, 1))
        yield from _leaks(task, later, task, earlier, matches)


def _between(task: "Task", tasks: "Sequence[Task]", texts: "Corpus", near: "csr_array[np.int32]") -> "Iterator[Leak]":
    for other in tasks:
        if other.name != task.name:
            for split in SPLITS[1:]:
                matches = match_texts(texts.ids[task.name, split], texts.ids[other.name, "train"], near)
                yield from _leaks(task, split, other, "train", matches)


def _units_are_documents(task: "Task") -> bool:
    """True for retrieval without ``group_by``: a shared document is found as ``part`` already."""
    return task.kind.pooled and all(np.array_equal(rows.units, rows.targets) for rows in task.splits.values())


def _leaks(
    task: "Task", split: str, source: "Task", source_split: str, partners: "dict[str, NDArray[np.int64]]"
) -> "Iterator[Leak]":
    """One leak per relation that holds for a row; ``partners`` are rows of the source or -1, shape ``(N,)``."""
    for relation, partner in partners.items():
        leaked = np.flatnonzero(partner >= 0)
        if len(leaked):
            row = int(leaked[0])
            shown = (example(task, split, row), example(source, source_split, int(partner[row])))
            yield Leak(task.name, split, source.name, source_split, relation, len(partner), len(leaked), shown)
