"""What the columns of a table mean: texts, label, unit; said in the fields of a suite's entry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tasks.errors import InputError
from tasks.labels.column import MOST_CLASSES, sort_of
from tasks.sources import split_name
from tasks.tables import Table
from tasks.values import missing, parse

LOOKED = 2000
"""Rows that are looked at."""
LABELS = ("label", "labels", "target", "targets", "class", "y")
TEXTS = ("code", "text", "func", "function", "source", "snippet", "content", "method", "sentence", "left", "right")
QUERIES = ("query", "question", "docstring", "comment", "description", "summary", "nl")
PROMPTS = {"prompt": "completion", "instruction": "output", "input": "output"}
"""Columns of a prompt, and of what is to be written after it."""
UNITS = ("project", "repo", "repository", "repo_name", "author", "module", "group", "package")
"""Columns whose equal values belong together."""
IDENTIFIERS = ("id", "idx", "index", "url", "hash", "sha", "commit", "path", "file", "filename", "line", "name")
"""Columns that tell rows apart and say nothing of them."""
SIDES = 2
"""Texts of a row, at most."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column's first values, with a CSV's numbers and truth values read as such."""

    name: str
    values: Sequence[Any]

    @property
    def called(self) -> str:
        """Its name in small letters."""
        return self.name.strip().lower()

    @cached_property
    def known(self) -> list[Any]:
        """Values that are not missing."""
        return [value for value in self.values if not missing(value)]

    @cached_property
    def distinct(self) -> set[Any]:
        """Different values; of lists none."""
        return set() if any(isinstance(of, list | dict) for of in self.known) else set(self.known)

    @cached_property
    def whole(self) -> bool:
        """Whether no value is missing."""
        return len(self.known) == len(self.values)

    def sort(self) -> type | None:
        """As :func:`tasks.labels.column.sort_of`; None of nothing."""
        return sort_of(self.known) if self.known else None

    def is_split(self) -> bool:
        """Whether every row says of which split it is."""
        return self.whole and self.sort() is str and all(split_name(str(value)) for value in self.distinct)

    @property
    def few(self) -> bool:
        """Whether there are so few different values that they could be classes."""
        return len(self.distinct) <= max(2, min(len(self.values) // 4, 4 * MOST_CLASSES))

    def is_text(self) -> bool:
        """Strings of several words, by the column's name or by how many there are."""
        if self.sort() is not str or len(self.distinct) < 2 or self.called in IDENTIFIERS:
            return False
        words = sum(len(str(value).split()) > 1 for value in self.known) > len(self.known) / 2
        return words and (not self.few or self.called.rstrip("012_ab") in TEXTS or self.called in QUERIES)

    def is_unit(self) -> bool:
        """Whether it is named as what rows have in common, and several rows have it."""
        return self.called in UNITS and self.whole and 2 <= len(self.distinct) <= len(self.values) / 2

    def is_label(self) -> bool:
        """Whether it could be what is asked: a list, a number, or one of a few words."""
        if not self.whole or self.called in IDENTIFIERS or self.called.endswith("_id"):
            return False
        if self.sort() is list:
            return True
        number = self.sort() in (int, float)
        return self.sort() is not None and len(self.distinct) >= 2 and (number or self.few)


def guess_entry(table: Table) -> dict[str, Any]:
    """Fields of :class:`tasks.spec.TaskSpec` but ``data``.

    Raises:
        InputError: If the columns leave open which is the text or the label; the message names them.
    """
    read: Callable[[Sequence[object]], list[object]] = list if table.typed else parse
    columns = [Column(name, read(table.column(name)[:LOOKED])) for name in table.columns]
    named = {of.called: of.name for of in columns}
    prompt = next((of for of in PROMPTS if of in named and PROMPTS[of] in named), None)
    if prompt is not None and not any(label in named for label in LABELS):
        return {"kind": "text", "prompt": named[prompt], "completion": named[PROMPTS[prompt]]}
    common: dict[str, Any] = {}
    splits = [of for of in columns if of.is_split()]
    if splits and splits[0].name != "split":
        common["split"] = splits[0].name
    unit = next((of for of in columns if of.is_unit()), None)
    if unit is not None:
        common["group_by"] = unit.name
    rest = [of for of in columns if of not in splits and of is not unit]
    texts = [of for of in rest if of.is_text() and of.called not in LABELS]
    label = _label([of for of in rest if of not in texts], columns=table.columns)
    entry = _retrieval(texts, table.columns) if label is None else _labelled(texts, label, table.columns)
    return entry | common


def _label(others: Sequence[Column], *, columns: Sequence[str]) -> list[Column] | None:
    """The column of the label, or several of 0 and 1; None where nothing could be one.

    Raises:
        InputError: If several could be.
    """
    could = [of for of in others if of.is_label()]
    named = [of for of in could if of.called in LABELS] or [of for of in could if of.called.startswith(("is_", "has_"))]
    if len(named) == 1 or len(could) == 1:
        return named[:1] or could
    flags = named or could
    if not flags:
        return None
    if all(of.distinct == {0, 1} for of in flags):  # True and False are equal to these
        return list(flags)
    names = ", ".join(of.name for of in flags)
    raise InputError(f"any of {names} could be the label; name one in an entry of your own", place=", ".join(columns))


def _labelled(texts: Sequence[Column], label: Sequence[Column], columns: Sequence[str]) -> dict[str, Any]:
    """Text or pair, and label."""
    one = label[0] if len(label) == 1 else None
    words = [of for of in texts if of.called in TEXTS]
    if len(texts) > SIDES and len(words) == 1:
        texts = words
    if not 1 <= len(texts) <= SIDES:
        found = (
            f"{len(texts)} columns hold text ({', '.join(of.name for of in texts)})" if texts else "no column is text"
        )
        raise InputError(f"{found}, expected one or two beside the label", place=", ".join(columns))
    said = [of.name for of in texts]
    entry: dict[str, Any] = {"text": said[0] if len(said) == 1 else said}
    entry["label"] = [of.name for of in label] if one is None else one.name
    if one is not None and one.sort() is list and len(texts) == 1 and _of_lines(texts[0], one):
        entry["kind"] = "tokens"
    elif one is not None and one.sort() in (int, float) and len(one.distinct) > MOST_CLASSES:
        entry["kind"] = "regression"
    return entry


def _of_lines(text: Column, label: Column) -> bool:
    """Whether every list has as many labels as its text has lines."""
    pairs = list(zip(text.values, label.values, strict=True))
    return all(isinstance(of, str) and len(of.splitlines()) == len(labels) for of, labels in pairs) and any(
        len(labels) > 1 for _, labels in pairs
    )


def _retrieval(texts: Sequence[Column], columns: Sequence[str]) -> dict[str, Any]:
    """Two texts and no label: one asks for the other."""
    if len(texts) != SIDES:
        raise InputError("no column could be the label" if texts else "no column is text", place=", ".join(columns))
    first, second = texts
    asks = second if second.called in QUERIES and first.called not in QUERIES else first
    return {"kind": "retrieval", "query": asks.name, "document": (first if asks is second else second).name}
