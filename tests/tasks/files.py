"""Small data files for the tests of loading."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import parquet

Records = Sequence[Mapping[str, Any]]


def write(path: Path, rows: Records) -> str:
    """Writes ``rows`` in the format of the suffix; gives the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(json.dumps(list(rows), indent=1), encoding="utf-8")
    elif path.suffix == ".parquet":
        parquet.write_table(pyarrow.Table.from_pylist([dict(row) for row in rows]), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    return path.name


def binary_rows(count: int, *, start: int = 0) -> list[dict[str, Any]]:
    """Rows with columns code, label (0 and 1 in turn), project (3 rows each)."""
    return [
        {"code": f"def f{i}():\n    return {i}", "label": i % 2, "project": f"p{i // 3}"}
        for i in range(start, start + count)
    ]
