"""A PostgreSQL database that several machines share: how it is reached, and what happens while it is not."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tasks.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

Found = TypeVar("Found")

LOG = logging.getLogger("cotrain.jobs")

PATIENCE = 120.0
"""Seconds that a database may be away: it restarts, say."""
FIRST_WAIT, LONGEST_WAIT = 0.25, 8.0
"""Seconds between two tries; doubled from the one to the other."""


class Database:
    """Transactions that are tried again while the database is away. Each has to be harmless if it is repeated.

    Args:
        url: ``postgresql://user@host:port/database``.
        patience: Seconds that it may be away.

    Raises:
        InputError: If the address is none of PostgreSQL, its driver is not installed, or nobody answers.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        import sqlalchemy

        try:
            address = sqlalchemy.make_url(url)
        except sqlalchemy.exc.ArgumentError:
            address = None
        if address is None or address.get_backend_name() != "postgresql" or not address.database:
            raise InputError("expected postgresql://user@host:port/database", place="--storage")
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        self.url = address.render_as_string(hide_password=False)
        self.name = f"{address.host or 'localhost'}:{address.port or 5432}/{address.database}"
        try:
            self._engine = sqlalchemy.create_engine(
                address, pool_pre_ping=True, connect_args={"connect_timeout": 10, "application_name": "cotrain"}
            )
        except ImportError:
            raise InputError(
                "needs the package psycopg; `pip install 'cotrain[postgres]'`", place="--storage"
            ) from None
        self._patience = 0.0
        self.do(lambda _connection: None)
        self._patience = patience

    def do(self, work: Callable[["Connection"], Found]) -> Found:
        """What ``work`` gives in one transaction.

        Raises:
            InputError: If the database stays away, or refuses.
        """
        from sqlalchemy.exc import DBAPIError

        deadline, wait = time.monotonic() + self._patience, FIRST_WAIT
        while True:
            try:
                with self._engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                if time.monotonic() > deadline or not _passing(error):
                    reason = " ".join(str(error.orig).split())
                    raise InputError(
                        f"the database {self.name} does not do its part ({reason}); the same command goes on",
                        place="--storage",
                    ) from None
                LOG.info("database %s is away; tried again in %.2f s", self.name, wait)
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def close(self) -> None:
        """Closes its connections."""
        self._engine.dispose()


def _passing(error: Exception) -> bool:
    """Whether an error may be over the next time: the server stops, starts, or cannot be reached."""
    from sqlalchemy.exc import InterfaceError, OperationalError

    return isinstance(error, OperationalError | InterfaceError) or bool(getattr(error, "connection_invalidated", False))
