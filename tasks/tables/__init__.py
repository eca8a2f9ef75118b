"""Files to tables: columns by name, and where every row stands.

Each reader gives a :class:`Table`, whose :meth:`Table.places` name the rows as a person would find them again
(``clones.csv line 17``). Readers check the form of a file and nothing of its meaning: every record has the header's
fields, every line is JSON, no column name repeats. Nothing is unpickled and no code of a data set is run::

    table = read_file(Path("clones.csv"), name="clones.csv")
    table.columns                   # ("left", "right", "is_clone", "project")
    table.column("is_clone")        # ["0", "1", ...]

The values of a CSV are strings (``typed`` is False); :mod:`tasks.values` tells numbers and truth values among them.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tasks.errors import InputError
from tasks.tables.delimited import read_delimited
from tasks.tables.hub import is_saved_dataset, looks_like_hub, read_hub, read_saved
from tasks.tables.json_records import read_json, read_jsonl
from tasks.tables.parquet import read_parquet
from tasks.tables.sizes import check_size
from tasks.tables.table import Table

READERS: dict[str, Callable[[Path, str], Table]] = {
    ".jsonl": read_jsonl,
    ".json": read_json,
    ".csv": partial(read_delimited, delimiter=","),
    ".tsv": partial(read_delimited, delimiter="\t"),
    ".parquet": read_parquet,
}
"""Readers by the file's suffix."""


def read_file(path: Path, *, name: str) -> Table:
    """The table in one file, called ``name`` in messages.

    Raises:
        InputError: If the suffix is unknown, or the file is empty or malformed; the place names the file and line.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"cannot read a `{path.suffix}` file; expected {', '.join(READERS)}", place=name)
    try:
        check_size(path, name)
        table = reader(path, name)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", place=name) from error
    if table.rows == 0:
        raise InputError("has no rows; give at least one example", place=name)
    return table


__all__ = ["READERS", "Table", "is_saved_dataset", "looks_like_hub", "read_file", "read_hub", "read_saved"]
