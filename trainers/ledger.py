"""Finished jobs by content hash, in SQLite: what is in here is never computed again."""

import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote

from tasks.errors import InputError

LOG = logging.getLogger("cotrain.jobs")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    key TEXT PRIMARY KEY, label TEXT NOT NULL, result BLOB NOT NULL, finished REAL NOT NULL, digest BLOB
) WITHOUT ROWID
"""
_PUT = "INSERT OR IGNORE INTO jobs (key, label, result, finished, digest) VALUES (?, ?, ?, ?, ?)"
_MAGIC = b"SQLite format 3\0"
"""How a SQLite file begins."""

TIMEOUT = 60.0
"""Seconds to wait for another process that writes."""

Found = TypeVar("Found")


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

    Every write is one transaction: after a crash a job is either in it whole, or not. A file that a disk has torn is
    set aside as ``ledger.sqlite.damaged``, and what can still be read of it goes into a new one.

    Args:
        path: The SQLite file; created if missing.

    Raises:
        InputError: If the file cannot be written or is no ledger.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._do(_begin)

    def get(self, key: str) -> bytes | None:
        """Result bytes of a finished job, or None; a result that was damaged since is forgotten."""
        row = self._do(lambda to: to.execute("SELECT result, digest FROM jobs WHERE key = ?", (key,)).fetchone())
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
        row = key, label, result, time.time(), digest_of(result)
        self._do(lambda to: to.execute(_PUT, row))

    def drop(self, key: str) -> None:
        """Forgets a job, so that it is computed again."""
        self._do(lambda to: to.execute("DELETE FROM jobs WHERE key = ?", (key,)))

    def finished(self) -> list[tuple[str, str, float]]:
        """Key, label and time of every finished job, oldest first."""
        asked = "SELECT key, label, finished FROM jobs ORDER BY finished, key"
        return self._do(lambda to: list(to.execute(asked)))

    def _do(self, work: Callable[[sqlite3.Connection], Found]) -> Found:
        """What ``work`` gives in one transaction, on a new file if this one was torn."""
        try:
            try:
                return self._once(work)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError) or not self._is_ours():
                    raise
            self._salvage()
            return self._once(work)
        except sqlite3.OperationalError as error:  # of the disk, not of the file
            raise InputError(
                f"this ledger of finished jobs cannot be read or written ({error}); see to it, and the same command "
                "goes on",
                place=str(self.path),
            ) from error
        except sqlite3.Error as error:
            raise InputError(
                f"cannot use this ledger of finished jobs ({error}); expected a SQLite file, remove it or name another "
                "run folder with --out",
                place=str(self.path),
            ) from error

    def _once(self, work: Callable[[sqlite3.Connection], Found]) -> Found:
        with closing(sqlite3.connect(self.path, timeout=TIMEOUT)) as connection, connection:
            return work(connection)

    def _is_ours(self) -> bool:
        """Whether the file was a ledger once."""
        try:
            with self.path.open("rb") as file:
                return file.read(len(_MAGIC)) == _MAGIC
        except OSError:
            return False

    def _salvage(self) -> None:
        """Sets a torn file aside, and begins a new one with what can still be read of it."""
        aside = self.path.with_name(f"{self.path.name}.damaged")
        for ending in ("-journal", "-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        self.path.replace(aside)
        found = {row[0]: row for order in ("ASC", "DESC") for row in _readable(aside, order)}
        with closing(sqlite3.connect(self.path, timeout=TIMEOUT)) as connection, connection:
            connection.execute(_SCHEMA)
            connection.executemany(_PUT, list(found.values()))
        LOG.info("%s was damaged: %d finished jobs could be read, the others are done again", self.path, len(found))


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute(_SCHEMA)
    if "digest" not in [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]:
        connection.execute("ALTER TABLE jobs ADD COLUMN digest BLOB")  # of an earlier version


def _readable(path: Path, order: str) -> Iterator[tuple[str, str, bytes, float, bytes]]:
    """Whole rows of a damaged file, up to the first place that cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA writable_schema=ON")  # else a file that ends early is not read at all
            rows = connection.execute(f"SELECT key, label, result, finished, digest FROM jobs ORDER BY key {order}")
            for key, label, result, finished, digest in rows:
                if isinstance(result, bytes) and digest == digest_of(result):
                    yield key, label, result, finished, digest
    except sqlite3.Error:
        return
