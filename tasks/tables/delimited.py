"""CSV and TSV, checked record by record."""

import csv
import io
from pathlib import Path

import numpy as np

from tasks.errors import InputError
from tasks.tables.sizes import LONGEST_CELL
from tasks.tables.table import Table
from tasks.tables.text_file import read_text


def read_delimited(path: Path, name: str, *, delimiter: str) -> Table:
    """Rows of a file with a header; all values are strings, and quoted fields may hold line breaks.

    Raises:
        InputError: If a record has more or fewer fields than the header, or a quote is never closed.
    """
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        header, records, numbers = _records(read_text(path, name), name, delimiter)
    finally:
        csv.field_size_limit(before)
    places = {column: index for index, column in enumerate(header)}

    def read(column: str) -> list[object]:
        index = places[column]
        return [record[index] for record in records]

    return Table(name, tuple(header), np.asarray(numbers, dtype=np.int64), "line", read, typed=False)


def _records(text: str, name: str, delimiter: str) -> tuple[list[str], list[list[str]], list[int]]:
    """Header, records, and the line on which every record starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    records: list[list[str]] = []
    numbers: list[int] = []
    line = 1
    try:
        for record in reader:
            if record and not header:
                header = record
            elif record:
                if len(record) != len(header):
                    raise InputError(
                        f"{len(record)} fields, expected the header's {len(header)}; "
                        f"quote a field that holds a `{delimiter if delimiter != chr(9) else 'tab'}`",
                        place=f"{name}:{line}",
                    )
                records.append(record)
                numbers.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        if "field larger than field limit" in str(error):
            raise InputError(
                f"a cell has more than {LONGEST_CELL:,} characters; shorten it", place=f"{name}:{line}"
            ) from None
        raise InputError(f"malformed record ({error}); check its quotes", place=f"{name}:{line}") from error
    return header, records, numbers
