"""What a file of ``--from`` holds, told by its columns: an affinity matrix, finished runs, or a table of gains."""

from pathlib import Path
from typing import TYPE_CHECKING

from tasks.errors import InputError
from tasks.tables import Table
from tasks.tables.numbers import read_numbers

if TYPE_CHECKING:
    from affinity.matrix import AffinityMatrix
    from affinity.table_gains import TableGains

TABLES = (".csv", ".tsv", ".jsonl", ".parquet")
"""Suffixes of files that are told by their columns; any other is read as a matrix."""
EXPECTED = (
    "a matrix (source,target,score, or a square table), finished runs (group,task,score,seed) or gains (subset,size,"
    "<task>,...)"
)


def read_given(path: Path, *, lower_is_better: bool = False) -> "AffinityMatrix | TableGains":
    """The content of a file.

    Args:
        lower_is_better: Whether scores of finished runs are losses.

    Raises:
        InputError: If the file cannot be read, or its columns are none of the three.
    """
    from affinity.files import load
    from affinity.scores import Scores, are_scores
    from affinity.table_gains import gains_of_scores
    from grouping.gain_table import GainTable, is_gain_table

    if path.suffix.lower() not in TABLES:
        return load(path)
    table = read_numbers(path, expected=EXPECTED)
    if _is_matrix(table):
        return load(path)
    if is_gain_table(table.columns):
        return GainTable.of(table).measured()
    if are_scores(table.columns):
        return gains_of_scores(Scores.of(table, lower_is_better=lower_is_better))
    if _may_be_square(table):
        return load(path)
    found = ",".join(table.columns)
    raise InputError(f"found the columns {found}; expected those of {EXPECTED}", place=str(path))


def _is_matrix(table: Table) -> bool:
    """A long matrix, or a square one whose names agree."""
    if {"source", "target"} <= set(table.columns):
        return True
    return len(table.columns) > 1 and list(map(str, table.column(table.columns[0]))) == list(table.columns[1:])


def _may_be_square(table: Table) -> bool:
    """As many rows as columns of tasks: then the reader of matrices says best what is wrong."""
    return len(table.columns) > 2 and table.rows == len(table.columns) - 1
