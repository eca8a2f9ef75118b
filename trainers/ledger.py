"""Finished jobs by content hash, in SQLite: what is in here is never computed again."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tasks.errors import InputError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    key TEXT PRIMARY KEY, label TEXT NOT NULL, result BLOB NOT NULL, finished REAL NOT NULL
) WITHOUT ROWID
"""


class AnyLedger(Protocol):
    """What keeps finished jobs."""

    def get(self, key: str) -> bytes | None:
        """Result bytes of a finished job, or None."""

    def put(self, key: str, label: str, result: bytes) -> None:
        """Records a finished job; a job that is there stays as it was."""

    def drop(self, key: str) -> None:
        """Forgets a job, so that it is computed again."""

    def finished(self) -> list[tuple[str, str, float]]:
        """Key, label and time of every finished job, oldest first."""


class Ledger:
    """A table of finished jobs: key, label, result bytes, and when they finished (seconds since 1970).

    Every write is one transaction: after a crash a job is either in it whole, or not.

    Args:
        path: The SQLite file; created if missing.

    Raises:
        InputError: If the file cannot be written or is no ledger.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._connect() as connection:
            connection.execute(_SCHEMA)

    def get(self, key: str) -> bytes | None:
        """Result bytes of a finished job, or None."""
        with self._connect() as connection:
            row = connection.execute("SELECT result FROM jobs WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, key: str, label: str, result: bytes) -> None:
        """Records a finished job; a job that is there stays as it was."""
        with self._connect() as connection:
            connection.execute("INSERT OR IGNORE INTO jobs VALUES (?, ?, ?, ?)", (key, label, result, time.time()))

    def drop(self, key: str) -> None:
        """Forgets a job, so that it is computed again."""
        with self._connect() as connection:
            connection.execute("DELETE FROM jobs WHERE key = ?", (key,))

    def finished(self) -> list[tuple[str, str, float]]:
        """Key, label and time of every finished job, oldest first."""
        with self._connect() as connection:
            return list(connection.execute("SELECT key, label, finished FROM jobs ORDER BY finished, key"))

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self.path, timeout=60)
            try:
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise InputError(
                f"cannot use this ledger of finished jobs ({error}); expected a writable SQLite file, "
                "remove it or name another run folder with --out",
                place=str(self.path),
            ) from error
