"""SQLite for studies whose trials have many parameters: a commit does not wait for the disk."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import optuna

if TYPE_CHECKING:
    from pathlib import Path


class _Logged(sqlite3.Connection):
    """Writes ahead into a log."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.execute("PRAGMA journal_mode=WAL").close()
        self.execute("PRAGMA synchronous=NORMAL").close()


def sqlite_storage(path: Path) -> optuna.storages.RDBStorage:
    """An Optuna storage in a SQLite file with a write-ahead log, for local disks.

    Optuna commits every parameter and attribute of a trial by itself, and by default each commit waits for the disk.
    With a log, a killed process loses nothing; a power cut may lose the last trials, but never the file.

    Source: https://www.sqlite.org/wal.html.
    """
    return optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": {"factory": _Logged}})
