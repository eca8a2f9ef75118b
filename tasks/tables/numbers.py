"""Tables of numbers that a user names on the command line: measured gains, scores of finished runs."""

import math
import re
from dataclasses import replace
from pathlib import Path

from tasks.errors import InputError
from tasks.tables import READERS, Table

INDEX = re.compile(r"__index_level_\d+__")
"""How pandas calls an index without a name."""


def read_numbers(path: Path, *, expected: str) -> Table:
    """The table in a file, with one row or more; a suffix that says nothing is read as CSV.

    Columns in which pandas keeps an index in Parquet files are left out.

    Args:
        expected: What the file should hold, for messages, such as ``a table of gains``.

    Raises:
        InputError: If the file is missing, empty or malformed; the place is the file, with the line where there is one.
    """
    name = str(path)
    if not path.exists():
        raise InputError(f"no such file; expected {expected}, check the path", place=name)
    if path.is_dir():
        raise InputError(f"is a folder; expected a file with {expected}", place=name)
    try:
        if not path.read_bytes().strip():
            raise InputError(f"the file is empty; expected {expected}", place=name)
        table = READERS.get(path.suffix.lower(), READERS[".csv"])(path, name)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error}); expected {expected}", place=name) from error
    if not table.rows:
        raise InputError(f"found a header and no rows; expected {expected}", place=name)
    return replace(table, columns=tuple(name for name in table.columns if not INDEX.fullmatch(name)))


def row_places(table: Table) -> list[str]:
    """Where every row stands, as in ``gains.csv: line 3``."""
    return [f"{table.name}: {table.unit} {number}" for number in table.numbers.tolist()]


def blank(cell: object) -> bool:
    """Whether nothing stands in a cell; a typed table has None or NaN there."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell)) or not str(cell).strip()


def finite(cell: object, *, place: str, what: str) -> float:
    """The number in a cell.

    Args:
        what: What it is, for messages, such as ``the gain of `clone```.

    Raises:
        InputError: If it is no finite number.
    """
    text = str(cell).strip()
    try:
        value = math.nan if isinstance(cell, bool) or "_" in text else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"expected a finite number for {what}, but found `{text}`; correct it", place=place)
    return value
