"""A table once, for the page, the terminal, a data frame and a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape
from math import isfinite
from typing import Any

import pandas as pd

from reports.lettering import printable
from reports.numbers import words

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column as it is read; the raw values stay in the rows.

    Args:
        label: Its heading.
        show: The cell's text, from the whole row.
        numeric: Whether cells are numbers, set flush right.
        key: Of the raw value that rows are sorted by, where the cell's text does not begin with it.
    """

    label: str
    show: Callable[[Row], str]
    numeric: bool = False
    key: str = ""

    def order(self, row: Row) -> float | None:
        """What a row is sorted by; None where the text alone tells."""
        value = row.get(self.key) if self.numeric else None
        return float(value) if isinstance(value, int | float) and isfinite(value) else None


def plain(label: str, key: str, form: Callable[[Any], str] = words, *, numeric: bool = False) -> Column:
    """A column that shows the value under ``key`` in the given form."""
    return Column(label, lambda row: form(row.get(key)), numeric, key)


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of raw values, and how to show them.

    Args:
        name: Stem of its files.
        caption: One sentence for readers.
        columns: What is shown; the rows hold more.
        rows: Raw values by key, the same keys in every row.
        emphasis: Index of the row to stress, if any.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    emphasis: int | None = None

    def __bool__(self) -> bool:
        return bool(self.rows)

    def only(self, *labels: str) -> "Table":
        """The same rows with the columns named, where the table has them."""
        return replace(self, columns=tuple(column for column in self.columns if column.label in labels))

    def frame(self) -> pd.DataFrame:
        """Raw values, one row per row."""
        return pd.DataFrame([dict(row) for row in self.rows])

    def to_frame(self) -> pd.DataFrame:
        """The same by the name that pandas has for it."""
        return self.frame()

    def __repr__(self) -> str:
        """For interpreters: the caption, and the cells as they are read."""
        cells = pd.DataFrame(self.texts(), columns=[column.label for column in self.columns])
        return f"{self.caption}\n{cells.to_string(index=False)}"

    def _repr_html_(self) -> str:
        """For notebooks: the cells as they are read, escaped."""
        heads = "".join(f'<th style="{_side(column)}">{escape(column.label)}</th>' for column in self.columns)
        rows = []
        for number, cells in enumerate(self.texts()):
            bold = ' style="font-weight:bold"' if number == self.emphasis else ""
            rows.append(f"<tr{bold}>{''.join(map(_cell, self.columns, cells))}</tr>")
        return (
            f'<table><caption style="text-align:left">{escape(self.caption)}</caption><thead><tr>{heads}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table>"
        )

    def texts(self) -> list[list[str]]:
        """Cells as they are read, one list per row."""
        return [[printable(column.show(row)) for column in self.columns] for row in self.rows]


def _side(column: Column) -> str:
    return f"text-align:{'right' if column.numeric else 'left'}"


def _cell(column: Column, text: str) -> str:
    return f'<td style="{_side(column)}">{escape(text)}</td>'
