"""Which files of a folder make one task."""

import re
from collections.abc import Sequence
from pathlib import Path

from tasks.errors import InputError
from tasks.sources import split_name
from tasks.tables import READERS, is_saved_dataset

Data = Path | dict[str, Path]
"""One file or saved data set, or a file per split."""


def find_data(folder: Path) -> tuple[dict[str, Data], dict[str, str]]:
    """The tasks of a folder by name, in the alphabet's order, and why files were left out.

    A file is a task, and so is a folder that `datasets` saved. Files named ``train``, ``valid`` and ``test``, or by
    other usual names, in one folder are a task named after the folder, and ``defect_train.csv`` beside
    ``defect_test.csv`` are one named ``defect``. Folders in the folder are looked into once; hidden files and other
    types are not looked at.

    Raises:
        InputError: If there is no such folder.
    """
    if not folder.is_dir():
        raise InputError("is no folder" if folder.exists() else "there is no such folder", place=str(folder))
    found: dict[str, Data] = {}
    left: dict[str, str] = {}

    def add(name: str, data: Data) -> None:
        clean = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-") or "task"
        first = data if isinstance(data, Path) else next(iter(data.values()))
        if clean in found:
            left[str(first)] = f"another file is called `{clean}` already; rename one of them"
        else:
            found[clean] = data

    inside = _visible(folder)
    for name, data in _tasks(inside, called=folder.resolve().name):
        add(name, data)
    for place in (path for path in inside if path.is_dir()):
        if is_saved_dataset(place):
            add(place.name, place)
            continue
        for name, data in _tasks(_visible(place), called=place.name):
            add(name if name == place.name else f"{place.name}_{name}", data)
    return dict(sorted(found.items())), left


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _tasks(paths: Sequence[Path], *, called: str) -> list[tuple[str, Data]]:
    """Tasks among the files of one folder; files named after splits alone are of the task ``called``."""
    files = [path for path in paths if path.is_file() and path.suffix.lower() in READERS]
    by_name: dict[str, dict[str, Path]] = {}
    for path in files:
        name, split = _parted(path.stem)
        if split is not None:
            by_name.setdefault(name or called, {}).setdefault(split, path)
    split_up = {name: of for name, of in by_name.items() if "train" in of}
    used = {path for of in split_up.values() for path in of.values()}
    alone: list[tuple[str, Data]] = [(path.stem, path) for path in files if path not in used]
    order = ("train", "validation", "test")
    return alone + [(name, {split: of[split] for split in order if split in of}) for name, of in split_up.items()]


def _parted(stem: str) -> tuple[str, str | None]:
    """``("defect", "train")`` of ``defect_train``, ``("", "test")`` of ``test``; None where no split is named."""
    parts = re.fullmatch(r"(?:(.*)[-_.])?([A-Za-z]+)", stem)
    split = split_name(parts[2]) if parts else None
    return (parts[1] or "", split) if parts and split else (stem, None)
