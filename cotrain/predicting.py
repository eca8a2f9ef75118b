"""Files of new examples to texts, and predictions to lines."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.errors import InputError
from tasks.examples import Examples
from tasks.spans import spanned_texts
from tasks.tables import read_file


def read_texts(
    described: Mapping[str, Any], columns: Sequence[str], file: Path, *, documents: Path | None
) -> list[tuple[Any, ...]]:
    """Texts of every side; of tokens, texts or lists of words.

    Args:
        described: Of the task, as in :class:`trainers.loaded.LoadedTask`.
        columns: Of the texts, one per side.
        file: Holds the examples; of retrieval, the queries.
        documents: Of retrieval, what is searched.

    Raises:
        InputError: If the number of columns is another, a file or column is missing or holds no text, or documents are
            missing for a retrieval or given for another task.
    """
    sides = int(described["sides"])
    if len(columns) != sides:
        found = ", ".join(columns) or "none"
        raise InputError(
            f"expected {sides} {'column' if sides == 1 else 'columns'}, but got {found}", place="--columns"
        )
    searched = described["kind"] == "retrieval"
    if searched and documents is None:
        raise InputError("a retrieval task needs a file with what is searched", place="--documents")
    if not searched and documents is not None:
        raise InputError(f"documents are for retrieval, but this task is {described['kind']}", place="--documents")
    files = [file, documents] if documents is not None else [file] * sides
    read = {path: _examples(path) for path in dict.fromkeys(files)}
    if described["kind"] == "tokens":
        return [_spanned(read[file], columns[0])]
    return [read[path].texts(column, place="--columns") for path, column in zip(files, columns, strict=True)]


def _spanned(examples: Examples, column: str) -> tuple[Any, ...]:
    """Texts whose lines are labelled, or lists of words."""
    texts, _, what = spanned_texts(examples, column, place="--columns")
    return texts if what == "line" else tuple(examples.raw(column, place="--columns"))


def _examples(file: Path) -> Examples:
    if not file.is_file():
        raise InputError("no such file; expected a table of new examples", place=str(file))
    return Examples({"": read_file(file, name=str(file))})


def write_lines(lines: Iterable[str], out: Path | None) -> None:
    """On standard output, or into a file under a temporary name that is then renamed.

    Raises:
        InputError: If the file cannot be written.
    """
    if out is None:
        sys.stdout.writelines(lines)
        return
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            stream.writelines(lines)
        temporary.replace(out)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", place=str(out)) from None
