"""All examples of a task as they were read: the tables of its splits, one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tasks.errors import InputError, did_you_mean
from tasks.sources import NAMES, split_name
from tasks.tables import Table
from tasks.values import first_missing, in_words, missing, parse


@dataclass(frozen=True, eq=False)
class Examples:
    """``N`` rows of one or several tables.

    Args:
        tables: By split; the key ``""`` stands for one table of all splits.
    """

    tables: Mapping[str, Table]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Index of every table's first row and, last, ``N``."""
        return np.cumsum([0, *(table.rows for table in self.tables.values())], dtype=np.int64)

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Where every row stands, such as ``clones.csv line 17``."""
        return tuple(place for table in self.tables.values() for place in table.places())

    def __len__(self) -> int:
        return int(self.starts[-1])

    def where(self, row: int) -> str:
        """Where one row stands."""
        return self.places[row]

    def raw(self, name: str, *, place: str) -> list[object]:
        """The values of a column as they stand in the files.

        Raises:
            InputError: If a table has no such column.
        """
        for table in self.tables.values():
            if name not in table.columns:
                raise InputError(
                    f"no column `{name}` in {table.name}; columns are {', '.join(table.columns)}"
                    f"{did_you_mean(name, table.columns)}",
                    place=place,
                )
        return [value for table in self.tables.values() for value in table.column(name)]

    def values(self, name: str, *, place: str) -> list[object]:
        """The values of a column, with a CSV's numbers and truth values read as such; none is missing.

        Raises:
            InputError: If a table has no such column, or a value is missing.
        """
        found = self.raw(name, place=place)
        tables = list(self.tables.values())
        for table, start, stop in zip(tables, self.starts, self.starts[1:], strict=False):
            if not table.typed:
                found[start:stop] = parse(found[start:stop])
        row = first_missing(found)
        if row is not None:
            raise InputError(
                f"column `{name}` has no value in {self.where(row)}; fill it in or drop the row", place=place
            )
        return found

    def texts(self, name: str, *, place: str) -> tuple[str, ...]:
        """The values of a column of text.

        Raises:
            InputError: If a table has no such column, or a value is no text, blank, or not encodable.
        """
        found = self.raw(name, place=place)
        for row, value in enumerate(found):
            if not isinstance(value, str) or not value.strip():
                what = "is empty" if missing(value) else f"holds {in_words(value)}"
                listed = isinstance(value, list) and place.endswith(".text")
                words = " (a list of words is for `kind: tokens`)" if listed else ""
                raise InputError(f"column `{name}` {what} in {self.where(row)}; expected text{words}", place=place)
            if not value.isascii() and not encodable(value):
                raise InputError(f"column `{name}` has half a surrogate pair in {self.where(row)}", place=place)
        return tuple(value for value in found if isinstance(value, str))

    def given_splits(self, column: str | None, *, place: str) -> NDArray[np.int64]:
        """Index into train, validation, test per row, -1 where it is to be drawn; shape ``(N,)``.

        Args:
            column: The column that says it, in a single table.
            place: The task's name in messages, such as ``tasks.clone``.

        Raises:
            InputError: If the column is missing or holds something else, or no row is for training.
        """
        order = list(NAMES)
        if "" not in self.tables:
            if column is not None:
                raise InputError(
                    "the splits are given by files already; drop `split` or give one file", place=f"{place}.split"
                )
            return np.repeat([order.index(name) for name in self.tables], np.diff(self.starts)).astype(np.int64)
        if column is None and "split" not in self.tables[""].columns:
            return np.full(len(self), -1, dtype=np.int64)
        name, at = column or "split", f"{place}.split"
        found = self.raw(name, place=at)
        known = {value: split_name(value) for value in set(map(str, found))}
        for row, value in enumerate(found):
            if known[str(value)] is None:
                raise InputError(
                    f"column `{name}` holds {in_words(value)} in {self.where(row)}; "
                    "expected train, validation or test, or another name for the column",
                    place=at,
                )
        given = np.asarray([order.index(known[str(value)] or "") for value in found], dtype=np.int64)
        if not (given == 0).any():
            raise InputError(f"column `{name}` marks no row as train", place=at)
        return given


def encodable(text: str) -> bool:
    """Whether a text has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def codes(values: Sequence[object]) -> NDArray[np.int64]:
    """Equal values to equal numbers, counted from 0 in the order of their first appearance; shape ``(N,)``."""
    index: dict[object, int] = {}
    return np.asarray([index.setdefault(value, len(index)) for value in values], dtype=np.int64)
