"""One driver per run, wherever it runs: a lease in the shared database, which ends unless it is renewed.

Times are the database's own, so that clocks of drivers may differ or jump.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tasks.errors import InputError
from trainers.database import Database

LENGTH = 20.0
"""Seconds after which a lease that nobody renews is free."""
RENEWED = 4.0
"""Seconds between two renewals."""
LOOK = 1.0
"""Seconds between two tries to take it."""

_SCHEMA = "CREATE TABLE IF NOT EXISTS cotrain_leases (run TEXT PRIMARY KEY, holder TEXT, ends TIMESTAMPTZ NOT NULL)"
_TAKE = """
INSERT INTO cotrain_leases VALUES (:run, :holder, now() + :length * interval '1 second')
ON CONFLICT (run) DO UPDATE SET holder = excluded.holder, ends = excluded.ends
WHERE cotrain_leases.ends < now() OR cotrain_leases.holder = excluded.holder
RETURNING holder
"""
_READ = "SELECT holder, extract(epoch FROM ends - now()), ends FROM cotrain_leases WHERE run = :run"
_FREE = "DELETE FROM cotrain_leases WHERE run = :run AND holder = :holder"


class Lease:
    """Held from the begin of a ``with`` statement to its end; a thread renews it.

    Args:
        database: Where leases are.
        run: What is leased.
        lost: Called, in the thread, if somebody else has taken it: this driver was away for too long.
        length: Seconds after which it is free unless renewed.
        told: Hears that it is waited for, once.
    """

    def __init__(
        self,
        database: Database,
        run: str,
        *,
        lost: Callable[[], object],
        length: float = LENGTH,
        told: Callable[[str], object] = lambda _text: None,
    ) -> None:
        self._database, self._run, self._lost, self._length, self._told = database, run, lost, length, told
        self._holder = f"{socket.gethostname()}, process {os.getpid()}, {uuid.uuid4().hex[:8]}"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> Self:
        """Takes the lease, once the one of a driver that was killed has ended.

        Raises:
            InputError: If the other driver renews it.
        """
        from sqlalchemy import text

        self._database.do(
            lambda to: to.execute(text("SELECT pg_advisory_xact_lock(7265)")) and to.execute(text(_SCHEMA))
        )
        seen: dict[str, object] = {}
        waiting = False
        while not self._take():
            row = self._database.do(lambda to: to.execute(text(_READ), {"run": self._run}).fetchone())
            if row is None:
                continue
            holder, left, ends = str(row[0]), float(row[1]), row[2]
            if seen.setdefault(holder, ends) != ends:
                raise InputError(
                    f"another driver works on this run ({holder.rpartition(', ')[0]}); wait for it, or name another "
                    "folder with --out",
                    place="--storage",
                )
            if not waiting:
                self._told(f"waiting {max(left, 0):.0f} s for the lease of a driver that may be gone")
            waiting = True
            time.sleep(min(LOOK, max(left, 0.05)))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from sqlalchemy import text

        self._done.set()
        self._thread.join()
        try:
            self._database.do(lambda to: to.execute(text(_FREE), {"run": self._run, "holder": self._holder}))
        except InputError:
            return  # it ends by itself

    def _take(self) -> bool:
        from sqlalchemy import text

        values = {"run": self._run, "holder": self._holder, "length": self._length}
        return self._database.do(lambda to: to.execute(text(_TAKE), values).fetchone()) is not None

    def _renew(self) -> None:
        while not self._done.wait(min(RENEWED, self._length / 5)):
            try:
                kept = self._take()
            except InputError:
                continue  # the database is away; whoever comes first has it afterwards
            if not kept:
                self._lost()
                return
