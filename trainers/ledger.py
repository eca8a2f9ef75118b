"""Finished jobs by content hash, in SQLite: what is in here is never computed again."""

import hashlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tasks.errors import InputError

LOG = logging.getLogger("cotrain.jobs")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    key TEXT PRIMARY KEY, label TEXT NOT NULL, result BLOB NOT NULL, finished REAL NOT NULL, digest BLOB
) WITHOUT ROWID
"""


def digest_of(result: bytes) -> bytes:
    """What tells a result from one that a disk has changed since, 16 bytes."""
    return hashlib.blake2b(result, digest_size=16).digest()


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
            if "digest" not in [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]:
                connection.execute("ALTER TABLE jobs ADD COLUMN digest BLOB")  # of an earlier version

    def get(self, key: str) -> bytes | None:
        """Result bytes of a finished job, or None; a result that was damaged since is forgotten."""
        with self._connect() as connection:
            row = connection.execute("SELECT result, digest FROM jobs WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        result = bytes(row[0])
        if row[1] is not None and bytes(row[1]) != digest_of(result):
            LOG.info("job %s: its result in %s is damaged, and computed again", key[:12], self.path)
            self.drop(key)
            return None
        return result

    def put(self, key: str, label: str, result: bytes) -> None:
        """Records a finished job; a job that is there stays as it was."""
        with self._connect() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO jobs (key, label, result, finished, digest) VALUES (?, ?, ?, ?, ?)",
                (key, label, result, time.time(), digest_of(result)),
            )

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
