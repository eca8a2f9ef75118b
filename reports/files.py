"""Figures and tables as files: PNG and SVG to look at, CSV and JSON to compute with."""

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports import style
from reports.figures import Drawing
from reports.table import Table
from tasks.errors import InputError


def to_plain(value: Any) -> Any:
    """``value`` as JSON can hold it: records as objects, arrays as lists, what is not finite as null."""
    if isinstance(value, np.ndarray | np.generic):
        return to_plain(value.tolist())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_bytes(path: Path, data: bytes) -> Path:
    """Writes to a temporary name, then renames, so that ``path`` is never half a file.

    Raises:
        InputError: If the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"cannot be written: {reason}; name a folder that can be", place=str(path)) from None
    finally:
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)
    return path


def _json(value: Mapping[str, Any]) -> bytes:
    text = json.dumps({"schema": 1, **to_plain(value)}, ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode()


def _csv(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One line per row; a list of names in a cell is written as JSON."""
    cells = [
        {k: json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for k, v in row.items()} for row in rows
    ]
    return pd.DataFrame(cells).to_csv(index=False, lineterminator="\n").encode()


def drawing_files(drawing: Drawing) -> dict[str, bytes]:
    """File names and contents of one figure; equal input, equal bytes."""
    return {
        f"{drawing.name}.png": style.png(drawing.figure),
        f"{drawing.name}.svg": style.svg(drawing.figure),
        f"{drawing.name}.csv": _csv(drawing.rows),
        f"{drawing.name}.json": _json({"figure": drawing.name, "caption": drawing.caption, **to_plain(drawing.info)}),
    }


def table_files(table: Table) -> dict[str, bytes]:
    """File names and contents of one table, with its raw values."""
    content = {"table": table.name, "caption": table.caption, "rows": list(table.rows)}
    return {f"{table.name}.csv": _csv(table.rows), f"{table.name}.json": _json(content)}


def write_all(folder: Path, drawings: Iterable[Drawing], tables: Iterable[Table] = ()) -> dict[str, Path]:
    """Writes every figure and every table that has rows; file names to paths.

    Raises:
        InputError: If the folder cannot be written.
    """
    contents: dict[str, bytes] = {}
    for drawing in drawings:
        contents |= drawing_files(drawing)
    for table in tables:
        if table:
            contents |= table_files(table)
    return {name: write_bytes(folder / name, data) for name, data in contents.items()}
