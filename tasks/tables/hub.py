"""Hugging Face `datasets`: a saved folder or a hub name, through the optional package; no code of a data set runs."""

import inspect
import re
from pathlib import Path
from typing import Any

from tasks.errors import InputError
from tasks.tables.parquet import arrow_table
from tasks.tables.table import Table

EXTRA = 'pip install "cotrain[hub]"'
HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w.-]+)?(:[\w.-]+)?")


def is_saved_dataset(folder: Path) -> bool:
    """Whether ``save_to_disk`` wrote ``folder``: a ``DatasetDict`` or a ``Dataset``."""
    single = (folder / "dataset_info.json").is_file() and (folder / "state.json").is_file()
    return single or (folder / "dataset_dict.json").is_file()


def looks_like_hub(data: str) -> bool:
    """Whether ``data`` has the form ``name``, ``org/name`` or ``org/name:config``."""
    return HUB_NAME.fullmatch(data) is not None


def read_saved(folder: Path, *, name: str) -> dict[str, Table]:
    """The tables of a saved folder by split; a ``Dataset`` has the one split ``""``.

    Raises:
        InputError: If the package is missing or the folder is damaged.
    """
    datasets = _package(f"`{name}` is a saved `datasets` folder")
    try:
        found = datasets.load_from_disk(str(folder))
    except Exception as error:
        raise InputError(f"cannot be read as a `datasets` folder: {error}", place=name) from error
    return _tables(found, name)


def read_hub(data: str) -> dict[str, Table]:
    """The tables of a hub data set by split.

    Raises:
        InputError: If the package is missing or the data set cannot be loaded.
    """
    datasets = _package(f"no file or folder `{data}`; as a hub data set it needs the package `datasets`")
    path, _, config = data.partition(":")
    # releases before 4 could run a data set's own code
    settings = {"trust_remote_code": False} if _knows_trust(datasets.load_dataset) else {}
    try:
        found = datasets.load_dataset(path, config or None, **settings)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"no file or folder of this name, and the hub data set failed: {reason}", place=data
        ) from error
    return _tables(found, data)


def _package(why: str) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise InputError(f"{why}: {EXTRA}") from error
    return datasets


def _knows_trust(load: Any) -> bool:
    return "trust_remote_code" in inspect.signature(load).parameters


def _tables(found: Any, name: str) -> dict[str, Table]:
    splits = found if isinstance(found, dict) else {"": found}
    return {
        split: arrow_table(part.with_format("arrow")[:], f"{name}[{split}]" if split else name)
        for split, part in splits.items()
    }
