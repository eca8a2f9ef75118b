"""Affinity matrices on disk: JSON holds everything, CSV and Parquet the long table."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from affinity.matrix import COLUMNS, AffinityMatrix
from tasks.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def save(matrix: AffinityMatrix, folder: Path) -> list[Path]:
    """Writes ``affinity.json``, ``affinity.csv`` and ``affinity.parquet``, each under a temporary name first."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = matrix.frame()
    writers: dict[str, Callable[[Path], Any]] = {
        "affinity.json": lambda path: path.write_text(matrix.to_json() + "\n", encoding="utf-8"),
        "affinity.csv": lambda path: frame.to_csv(path, index=False),
        "affinity.parquet": lambda path: frame.to_parquet(path, index=False),
    }
    for name, write in writers.items():
        temporary = folder / f".{name}.{os.getpid()}.tmp"
        write(temporary)
        temporary.replace(folder / name)
    return [folder / name for name in writers]


def load(path: Path) -> AffinityMatrix:
    """Reads a matrix from JSON, Parquet (long), or CSV (long or square).

    Raises:
        InputError: If the file is missing or holds no matrix.
    """
    readers = {".json": _json, ".csv": _csv, ".parquet": _parquet}
    if path.suffix not in readers:
        raise InputError(f"Expected a file ending in {', '.join(readers)}, but got `{path.name}`.", place=str(path))
    if not path.is_file():
        raise InputError("Expected an affinity matrix, but there is no such file; check the path.", place=str(path))
    try:
        return readers[path.suffix](path)
    except InputError as error:
        raise error.within(str(path)) from error


def _json(path: Path) -> AffinityMatrix:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"Expected JSON, but got: {error.msg}.", place=f"line {error.lineno}") from error
    except UnicodeDecodeError as error:
        raise InputError("Expected JSON in UTF-8, but the file is not text; save it as UTF-8.") from error
    return AffinityMatrix.from_dict(found)


def _parquet(path: Path) -> AffinityMatrix:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError("Expected a Parquet file, but it cannot be read as one; write it again.") from error
    return _long(frame)


def _csv(path: Path) -> AffinityMatrix:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False)
    except pd.errors.EmptyDataError as error:
        raise InputError("Expected a matrix with a header line, but the file is empty.") from error
    except pd.errors.ParserError as error:
        message = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise InputError(f"Expected lines of equal length, but: {message}.") from error
    except UnicodeDecodeError as error:
        raise InputError("Expected CSV in UTF-8, but the file is not text; save it as UTF-8.") from error
    return _long(frame) if {"source", "target"} <= set(frame.columns) else _table(frame)


def _table(frame: pd.DataFrame) -> AffinityMatrix:
    """A square table, sources by targets: names in the header and in the first column, no errors."""
    columns, rows = [str(name) for name in frame.columns[1:]], [str(name) for name in frame.iloc[:, 0]]
    if len(columns) != len(rows):
        raise InputError(
            f"Expected a square table, but got {len(rows)} rows and {len(columns)} columns of tasks; every task needs "
            "one row (as a source) and one column (as a target)."
        )
    if columns != rows:
        other = next(i for i, (a, b) in enumerate(zip(columns, rows, strict=True)) if a != b)
        raise InputError(
            f"Expected the names of the rows in the order of the columns, but row {other + 1} is `{rows[other]}` and "
            f"column {other + 1} is `{columns[other]}`.",
            place=f"line {other + 2}",
        )
    size = len(columns)
    scores = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            cell = str(frame.iat[i, j + 1]).strip()
            scores[i, j] = 0.0 if i == j and not cell else _number(cell, place=f"line {i + 2}, `{columns[j]}`")
    return _built(tuple(columns), scores, np.where(np.eye(size, dtype=bool), 0.0, np.nan))


def _long(frame: pd.DataFrame) -> AffinityMatrix:
    """A long table: one row per ordered pair; the diagonal may be absent, and so may the column ``error``."""
    missing = [name for name in COLUMNS[:3] if name not in frame.columns]
    if missing:
        raise InputError(f"Expected the columns {COLUMNS}, but `{missing[0]}` is not among {list(frame.columns)}.")
    sources, targets = ([str(name) for name in frame[key]] for key in COLUMNS[:2])
    tasks = tuple(dict.fromkeys(sources + targets))
    index = {name: i for i, name in enumerate(tasks)}
    scores = np.full((len(tasks), len(tasks)), np.nan)
    errors = scores.copy()
    np.fill_diagonal(scores, 0.0)
    np.fill_diagonal(errors, 0.0)
    seen: dict[tuple[str, str], int] = {}
    for row, pair in enumerate(zip(sources, targets, strict=True)):
        line = row + 2
        if pair in seen:
            raise InputError(
                f"Expected one row per pair, but `{pair[0]}` -> `{pair[1]}` is also on line {seen[pair]}; drop one.",
                place=f"line {line}",
            )
        seen[pair] = line
        at = index[pair[0]], index[pair[1]]
        scores[at] = _number(frame["score"].iat[row], place=f"line {line}, `score`")
        if "error" in frame.columns:
            cell = str(frame["error"].iat[row]).strip()
            unknown = cell.lower() in ("", "nan", "none")
            errors[at] = np.nan if unknown else _number(cell, place=f"line {line}, `error`")
    gaps = np.argwhere(np.isnan(scores))
    if len(gaps):
        source, target = (tasks[i] for i in gaps[0])
        raise InputError(
            f"Expected a row for every ordered pair of the {len(tasks)} tasks, but `{source}` -> `{target}` is missing "
            f"({len(gaps)} missing in all)."
        )
    return _built(tasks, scores, errors)


def _built(tasks: tuple[str, ...], scores: "NDArray[np.float64]", errors: "NDArray[np.float64]") -> AffinityMatrix:
    try:
        return AffinityMatrix(tasks, scores, errors)
    except ValueError as error:
        raise InputError(str(error)) from error


def _number(cell: Any, *, place: str) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(f"Expected a finite number, but got `{cell}`.", place=place)
    return value
