"""What the audit says: one sentence with its figures, and rows to look at."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.task import Task

SEVERITIES = ("serious", "warning", "note")
"""``serious`` makes a verdict worthless, ``warning`` can move it, ``note`` is good to know."""

EXCERPT = 60
"""Characters of a row's text that a finding quotes."""


LISTED = 3
"""Places that a sentence names; the rest is counted, and stands in the tables."""


@dataclass(frozen=True)
class Example:
    """A row that shows what a finding means.

    Args:
        row: Index within the split, from 0.
        text: The beginning of the row's text, white space collapsed.
        place: Where it stands in the user's files, such as ``clones.csv line 17``; empty if that is unknown.
    """

    task: str
    split: str
    row: int
    text: str
    place: str = ""

    @property
    def within(self) -> str:
        """The row inside its task: ``test[5] (clones.csv line 17)``."""
        return f"{self.split}[{self.row}]" + (f" ({self.place})" if self.place else "")

    def __str__(self) -> str:
        return f"{self.task}: {self.within}"


@dataclass(frozen=True)
class Finding:
    """One thing worth knowing before anything is trained.

    Args:
        severity: One of :data:`SEVERITIES`.
        check: The check that found it: the name of a table of :class:`tasks.audit.Audit`.
        task: The task it is about; empty if it is about the whole suite.
        share: Share of the rows (or texts) concerned, between 0 and 1; orders findings of equal severity.
        message: One sentence with figures.
        examples: Rows to look at.
    """

    severity: str
    check: str
    task: str
    share: float
    message: str
    examples: tuple[Example, ...] = ()

    def __str__(self) -> str:
        return f"{self.severity}: {self.task + ': ' if self.task else ''}{self.message}"

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON."""
        return asdict(self)


def example(task: "Task", split: str, row: int) -> Example:
    """Row ``row`` of a split, quoted by the beginning of every side."""
    rows = task.splits[split]
    width = EXCERPT // len(rows.texts)
    text = " | ".join(shorten(side[row], width) for side in rows.texts)
    return Example(task.name, split, row, text, rows.places[row] if rows.places else "")


def shorten(text: str, width: int = EXCERPT) -> str:
    """``text`` in one line of at most ``width`` characters."""
    line = " ".join(text[: 20 * width].split())
    return line if len(line) <= width else line[: width - 3] + "..."


def most(parts: "Iterable[tuple[float, str]]") -> str:
    """The phrases of the largest values in words, at most :data:`LISTED`: "a, b, c and 2 more"."""
    phrases = [phrase for _, phrase in sorted(parts, key=lambda part: (-part[0], part[1]))]
    if len(phrases) > LISTED:
        phrases = [*phrases[:LISTED], f"{len(phrases) - LISTED} more"]
    return ", ".join(phrases[:-1]) + (" and " if len(phrases) > 1 else "") + phrases[-1]


def ordered(findings: "Iterable[Finding]") -> tuple[Finding, ...]:
    """Worst first, then by share; ties by check, task and message, so that the order of tasks changes nothing."""
    return tuple(
        sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), -f.share, f.check, f.task, f.message)),
    )
