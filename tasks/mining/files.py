"""A mined task on disk: three JSONL files and what a suite needs to read them."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.errors import InputError
from tasks.mining.recipe import Row

NOTE = "task.json"
"""Written last; a folder with it is complete."""


def read_note(root: Path, name: str) -> dict[str, Any] | None:
    """``entry`` and ``counts`` of a task that was written before, or None."""
    path = root / name / NOTE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def write_task(root: Path, name: str, fields: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Writes the folder ``root / name`` under a temporary name, then renames it. A complete one is kept as it is.

    Args:
        root: Folder that the entry's paths are relative to.
        name: Path of the task's folder in ``root``, with forward slashes.
        fields: The suite entry without its data.
        rows: Examples by split.

    Returns:
        ``entry``, the task's entry in a suite file, and ``counts``, its examples by split.

    Raises:
        InputError: If the folder cannot be written.
    """
    folder = root / name
    entry = {"data": {split: f"{name}/{split}.jsonl" for split in rows}, **fields}
    note = {"entry": entry, "counts": {split: len(found) for split, found in rows.items()}}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as place:
            temporary = Path(place) / folder.name
            temporary.mkdir()
            for split, found in rows.items():
                lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
                (temporary / f"{split}.jsonl").write_text(lines, encoding="utf-8", newline="\n")
            (temporary / NOTE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8", newline="\n")
            try:
                os.replace(temporary, folder)
            except OSError:
                if read_note(root, name) is None:  # otherwise another process was first, with the same bytes
                    raise
    except OSError as error:
        raise InputError(f"Expected a folder that can be written, but got: {error}.", place=str(folder)) from error
    return note
