"""The same input with different labels: what no model can get right."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.audit.finding import Finding, example

if TYPE_CHECKING:
    from tasks.audit.finding import Example
    from tasks.audit.texts import Corpus
    from tasks.encoding import EncodedTask
    from tasks.task import Task

MANY = 0.01
"""Share of rows from which conflicts are a warning instead of a note."""


@dataclass(frozen=True)
class Conflicts:
    """Contradicting rows of a task, over all splits together.

    Args:
        rows: Examples of all splits.
        inputs: Distinct inputs that come with more than one label.
        contradicting: Rows with such an input.
        unavoidable: Rows that are wrong whatever one answers: an input's rows without those of its commonest label.
        after_encoding: Further rows that contradict another once both are tokenized and cut; None if nothing was
            encoded, and of kind `text`, whose tokens hold the answer.
        examples: Two rows that contradict each other, or empty.
    """

    task: str
    rows: int
    inputs: int
    contradicting: int
    unavoidable: int
    after_encoding: int | None
    examples: "tuple[Example, ...]" = ()


def conflicts(
    tasks: "Sequence[Task]", texts: "Corpus", encoded: "Mapping[str, EncodedTask] | None" = None
) -> tuple[Conflicts, ...]:
    """Compares the labels of equal inputs. A retrieval row's input is its query, its label the document."""
    return tuple(_of(task, texts, None if encoded is None else encoded.get(task.name)) for task in tasks)


def conflict_findings(tables: Sequence[Conflicts]) -> list[Finding]:
    """One sentence per task for the texts, one for what encoding adds."""
    found = []
    for table in tables:
        if table.inputs:
            share = table.contradicting / table.rows
            message = (
                f"{table.contradicting} of {table.rows} rows ({share:.1%}) share their input with a row of another "
                f"label, and {table.unavoidable} cannot be right; for example "
                f"{' and '.join(row.within for row in table.examples)}."
            )
            severity = "warning" if share >= MANY else "note"
            found.append(Finding(severity, "conflicts", table.task, share, message, table.examples))
        if table.after_encoding:
            share = table.after_encoding / table.rows
            message = (
                f"{table.after_encoding} of {table.rows} rows ({share:.1%}) have the same tokens as a row of another "
                "label once they are tokenized and cut, though their texts differ; a larger `max_length` may help."
            )
            found.append(Finding("warning" if share >= MANY else "note", "conflicts", table.task, share, message))
    return found


def contradictions(inputs: Sequence[Hashable], labels: Sequence[Hashable]) -> list[list[int]]:
    """Rows of every input that comes with more than one label, both in order of first appearance."""
    rows: dict[Hashable, list[int]] = defaultdict(list)
    for row, key in enumerate(inputs):
        rows[key].append(row)
    return [members for members in rows.values() if len({labels[row] for row in members}) > 1]


def _of(task: "Task", texts: "Corpus", encoded: "EncodedTask | None") -> Conflicts:
    labels = _labels(task, texts)
    inputs = [tuple(ids) for split in task.splits for ids in texts.ids[task.name, split][:, : _sides(task)].tolist()]
    members = contradictions(inputs, labels)
    places = [(split, row) for split, rows in task.splits.items() for row in range(len(rows))]
    examples: tuple[Example, ...] = ()
    if members:
        first = members[0]
        other = next(row for row in first if labels[row] != labels[first[0]])
        examples = tuple(example(task, *places[row]) for row in (first[0], other))
    return Conflicts(
        task.name,
        len(labels),
        len(members),
        sum(map(len, members)),
        sum(len(rows) - Counter(labels[row] for row in rows).most_common(1)[0][1] for rows in members),
        None if encoded is None or task.kind.name == "text" else _after_encoding(task, encoded, labels, members),
        examples,
    )


def _after_encoding(
    task: "Task", encoded: "EncodedTask", labels: Sequence[Hashable], known: Sequence[Sequence[int]]
) -> int:
    """Rows that contradict another by their tokens and are not ``known`` to do so by their texts."""
    inputs: list[Hashable] = []
    for split in task.splits:
        sides = encoded.splits[split].sides[: _sides(task)]
        inputs += [tuple(side.text(row).tobytes() for side in sides) for row in range(len(task.splits[split]))]
    by_tokens = {row for rows in contradictions(inputs, labels) for row in rows}
    return len(by_tokens - {row for rows in known for row in rows})


def _sides(task: "Task") -> int:
    """Sides that make up the input."""
    return 1 if task.kind.pooled else task.sides


def _labels(task: "Task", texts: "Corpus") -> list[Hashable]:
    """Every row's label, comparable across splits; retrieval: the number of the document's text."""
    if task.kind.pooled:
        return [label for split in task.splits for label in texts.ids[task.name, split][:, 1].tolist()]
    labels = [label for rows in task.splits.values() for label in rows.targets.tolist()]
    return [tuple(label) if isinstance(label, list) else label for label in labels]
