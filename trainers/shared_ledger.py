"""Finished jobs of many runs in one PostgreSQL database."""

import time

from trainers.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cotrain_jobs (
    run TEXT NOT NULL, key TEXT NOT NULL, label TEXT NOT NULL, result BYTEA NOT NULL,
    finished DOUBLE PRECISION NOT NULL, PRIMARY KEY (run, key)
)
"""


class SharedLedger:
    """As :class:`trainers.ledger.Ledger`, for one of the runs.

    Args:
        database: Where the table is, or is made.
        run: What the run is called in it.

    Raises:
        InputError: If the database cannot be written.
    """

    def __init__(self, database: Database, run: str) -> None:
        from sqlalchemy import text

        self._database, self._run, self._text = database, run, text
        database.do(lambda to: to.execute(text("SELECT pg_advisory_xact_lock(7264)")) and to.execute(text(_SCHEMA)))

    def get(self, key: str) -> bytes | None:
        """Result bytes of a finished job, or None."""
        asked = self._text("SELECT result FROM cotrain_jobs WHERE run = :run AND key = :key")
        row = self._database.do(lambda to: to.execute(asked, {"run": self._run, "key": key}).fetchone())
        return None if row is None else bytes(row[0])

    def put(self, key: str, label: str, result: bytes) -> None:
        """Records a finished job; a job that is there stays as it was."""
        said = self._text(
            "INSERT INTO cotrain_jobs VALUES (:run, :key, :label, :result, :finished) ON CONFLICT DO NOTHING"
        )
        values = {"run": self._run, "key": key, "label": label, "result": result, "finished": time.time()}
        self._database.do(lambda to: to.execute(said, values))

    def drop(self, key: str) -> None:
        """Forgets a job, so that it is computed again."""
        said = self._text("DELETE FROM cotrain_jobs WHERE run = :run AND key = :key")
        self._database.do(lambda to: to.execute(said, {"run": self._run, "key": key}))

    def finished(self) -> list[tuple[str, str, float]]:
        """Key, label and time of every finished job, oldest first."""
        asked = self._text("SELECT key, label, finished FROM cotrain_jobs WHERE run = :run ORDER BY finished, key")
        rows = self._database.do(lambda to: to.execute(asked, {"run": self._run}).fetchall())
        return [(str(key), str(label), float(at)) for key, label, at in rows]
