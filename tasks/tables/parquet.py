"""Parquet and Arrow tables."""

from pathlib import Path
from typing import Any

import numpy as np

from tasks.errors import InputError
from tasks.tables.table import Table


def read_parquet(path: Path, name: str) -> Table:
    """The rows of a Parquet file.

    Raises:
        InputError: If the file is empty or no Parquet.
    """
    import pyarrow
    from pyarrow import parquet

    if path.stat().st_size == 0:
        raise InputError("is empty; expected examples", place=name)
    try:
        with parquet.ParquetFile(path) as file:
            found = file.read()
        found.validate(full=True)
        return arrow_table(found, name)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"not a readable Parquet file ({reason})", place=name) from error


def arrow_table(found: Any, name: str) -> Table:
    """A ``pyarrow.Table`` as a :class:`Table`; rows count from 1."""
    places = {column: index for index, column in enumerate(found.column_names)}

    def read(column: str) -> list[object]:
        try:
            values: list[object] = found.column(places[column]).to_pylist()
        except (ValueError, OverflowError) as error:  # a date beyond those of Python, say
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise InputError(f"column `{column}` cannot be read ({reason})", place=name) from error
        return values

    return Table(name, tuple(found.column_names), np.arange(1, found.num_rows + 1), "row", read)
