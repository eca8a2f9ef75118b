"""Where a run keeps finished jobs and studies: SQLite files in its folder, or a PostgreSQL database of several runs."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cotrain.run_folder import RunFolder, read_object
from grouping.study import copy_studies, study_url
from tasks.errors import InputError
from trainers.database import Database
from trainers.lease import Lease
from trainers.ledger import AnyLedger, Ledger
from trainers.shared_ledger import SharedLedger

NOTE = "storage.json"
"""File of a run folder that names its run in a database; no secret is in it."""


@dataclass(frozen=True, kw_only=True)
class Storage:
    """Open places."""

    ledger: AnyLedger
    """Of finished jobs."""
    studies: str
    """Address of the Optuna studies, with a password perhaps."""
    prefix: str = ""
    """In front of their names, as others stand beside them."""


@contextmanager
def opened_storage(folder: RunFolder, url: str | None, *, told: Callable[[str], object]) -> Iterator[Storage]:
    """The places of a run folder.

    Args:
        url: ``postgresql://...``; files of the folder if None.
        told: Hears what a person should know meanwhile.

    Raises:
        InputError: If the folder was begun in another place, or another driver works on its run.
    """
    note = folder.path / NOTE
    if url is None:
        if note.exists():
            where = read_object(note).get("database")
            raise InputError(f"its finished runs are in the database {where}; name it with --storage", place=str(note))
        yield Storage(ledger=Ledger(folder.ledger), studies=study_url(folder.study))
        return
    if folder.ledger.exists():
        raise InputError(
            "its finished runs are in this file; leave out --storage, or name another folder with --out",
            place=str(folder.ledger),
        )
    database = Database(url)
    try:
        known = read_object(note) if note.exists() else {"run": uuid.uuid4().hex}
        if known.get("database", database.name) != database.name:
            raise InputError(
                f"its finished runs are in the database {known['database']}, not in {database.name}", place=str(note)
            )
        run = str(known["run"])
        folder.write_json(note.name, {"schema": 1, "run": run, "database": database.name})
        with Lease(database, run, lost=_ended(told), told=told):
            opened = Storage(ledger=SharedLedger(database, run), studies=database.url, prefix=f"{run} ")
            yield opened
            copy_studies(opened.studies, folder.study, prefix=opened.prefix)
    finally:
        database.close()


def _ended(told: Callable[[str], object]) -> Callable[[], None]:
    """Ends this process as SIGTERM does: runs in progress are kept."""

    def end() -> None:
        told("another driver has taken this run over, as this one was cut off from the database; it ends")
        os.kill(os.getpid(), signal.SIGTERM)

    return end
