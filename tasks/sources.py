"""What a `data:` names: one table, or one for each split."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from tasks.errors import InputError
from tasks.paths import given_path
from tasks.spec import DataFiles
from tasks.tables import READERS, Table, is_saved_dataset, looks_like_hub, read_file, read_hub, read_saved

NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "eval"),
    "test": ("test", "testing"),
}
"""How data sets call their splits."""


def split_name(found: str) -> str | None:
    """``train``, ``validation`` or ``test`` for any of their usual names, else None."""
    return next((name for name, usual in NAMES.items() if found.strip().lower() in usual), None)


def read_sources(data: str | DataFiles, *, folder: Path, place: str) -> dict[str, Table]:
    """Tables by split; the key ``""`` stands for one table of all splits.

    Args:
        data: The entry of the suite file.
        folder: What relative paths start from.
        place: The entry's name in messages, such as ``tasks.clone.data``.

    Raises:
        InputError: If something named is missing, malformed, or used for two splits.
    """
    if isinstance(data, DataFiles):
        return _one_per_split(data, folder=folder, place=place)
    path = given_path(data, folder, place=place)
    try:
        if path.is_dir():
            return _saved(path, data)
        if not path.exists() and _on_hub(data, folder):
            return _known_splits(read_hub(data), data)
        return {"": _file(path, data)}
    except InputError as error:
        raise error.within(place) from error


def _on_hub(data: str, folder: Path) -> bool:
    """Whether ``data``, which is no local path, is meant for the hub and no slip in a local name."""
    first, _, rest = data.partition("/")
    near = [entry.name for entry in folder.iterdir() if entry.is_dir() or entry.suffix in READERS]
    local = (folder / first).exists() if rest else bool(_resembling(data, near))
    return looks_like_hub(data) and Path(data).suffix.lower() not in READERS and not local


def _one_per_split(data: DataFiles, *, folder: Path, place: str) -> dict[str, Table]:
    given = {name: getattr(data, name) for name in NAMES if getattr(data, name) is not None}
    seen: dict[Path, str] = {}
    tables: dict[str, Table] = {}
    for name, entry in given.items():
        at = f"{place}.{name}"
        path = given_path(entry, folder, place=at).resolve()
        if path in seen:
            raise InputError(f"`{entry}` is the {seen[path]} file too; every split needs examples of its own", place=at)
        seen[path] = name
        try:
            tables[name] = _single(path, entry) if path.is_dir() else _file(path, entry)
        except InputError as error:
            raise error.within(at) from error
    return tables


def _file(path: Path, name: str) -> Table:
    if not path.exists():
        raise InputError(_not_found(path, name))
    return read_file(path, name=name)


def _saved(path: Path, name: str) -> dict[str, Table]:
    if not is_saved_dataset(path):
        inside = ", ".join(sorted(entry.name for entry in path.iterdir())[:8]) or "nothing"
        raise InputError(
            f"`{name}` is a folder with {inside}; expected a file, a folder that `datasets` saved, "
            "or {train: FILE, validation: FILE, test: FILE}"
        )
    return _known_splits(read_saved(path, name=name), name)


def _single(path: Path, name: str) -> Table:
    tables = read_saved(path, name=name) if is_saved_dataset(path) else {}
    if list(tables) != [""]:
        raise InputError(f"`{name}` is a folder; expected a file or one saved `datasets.Dataset`")
    return tables[""]


def _known_splits(tables: dict[str, Table], name: str) -> dict[str, Table]:
    if list(tables) == [""]:
        return tables
    known = {split: table for found, table in tables.items() if (split := split_name(found)) is not None}
    if "train" not in known:
        raise InputError(f"`{name}` has the splits {', '.join(tables)}; expected `train` among them")
    empty = [split for split, table in known.items() if table.rows == 0]
    if empty:
        raise InputError(f"split `{empty[0]}` of `{name}` has no rows")
    return {split: known[split] for split in NAMES if split in known}


def _not_found(path: Path, name: str) -> str:
    """What is there instead: the nearest folder that exists and its files."""
    home = next(parent for parent in path.parents if parent.is_dir())
    entries = sorted(entry.name for entry in home.iterdir())
    asked = path.relative_to(home).parts[0]
    shown = ", ".join(entries[:8]) + (f" and {len(entries) - 8} more" if len(entries) > 8 else "")
    return f"no file `{name}`; the folder `{home.name}` holds {shown or 'nothing'}{_resembling(asked, entries)}"


def _resembling(asked: str, entries: Sequence[str]) -> str:
    """A question for the closest of ``entries``, compared with or without their suffixes; empty if none is close."""
    stems = {Path(entry).stem: entry for entry in entries}
    close = get_close_matches(asked, entries, n=1) or [stems[stem] for stem in get_close_matches(asked, stems, n=1)]
    return f"; did you mean `{close[0]}`?" if close else ""
