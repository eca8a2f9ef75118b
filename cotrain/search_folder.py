"""The folder of a search: its settings before any question, its answers, and one process at a time."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cotrain.differences import differences
from cotrain.json_text import to_json
from cotrain.lock import FolderLock
from cotrain.run_folder import ANOTHER, read_object
from tasks.errors import InputError
from trainers.ledger import Ledger

if TYPE_CHECKING:
    from cotrain.search_settings import Settings, Source
    from grouping.partition import Group

SETTINGS = "search.json"
"""Settings of a search; a resumed search must have the same but for the number of models."""
LEDGER = "ledger.sqlite"
"""Its answers."""
STUDY = "study.sqlite"
"""Its Optuna studies."""
RESULT = "grouping.json"
"""Its result, the object of ``--json``."""


def plain(
    source: "Source",
    settings: "Settings",
    tasks: Sequence[str],
    pool: "tuple[Group, ...] | None",
    costs: "Mapping[Group, float] | None" = None,
) -> dict[str, Any]:
    """What must be the same for answers to be used again."""
    found: dict[str, Any] = {
        "tasks": list(tasks),
        "adapters": settings.adapters,
        "mode": settings.mode,
        "seed": settings.seed,
        "trainer": source.trainer,
    }
    if settings.weights:
        found["weights"] = dict(sorted(settings.weights.items()))
    if settings.floors:
        found["floors"] = dict(sorted(settings.floors.items()))
    if settings.rules:
        found["rules"] = dict(settings.rules)
    if settings.max_cost is not None:
        found["max_cost"] = settings.max_cost
    if settings.runs > 1:
        found["runs"] = settings.runs
    if costs is not None:
        found["costs"] = {"+".join(group): cost for group, cost in sorted(costs.items())}
    if source.table is not None:
        found["table"] = hashlib.sha256(source.table.read_bytes()).hexdigest()
    if pool is not None:
        found["pool"] = hashlib.sha256("\n".join(sorted("+".join(group) for group in pool)).encode()).hexdigest()
    return found


@contextmanager
def settled(out: Path, now: Mapping[str, Any]) -> Iterator[None]:
    """Holds the folder for this process, with these settings in it.

    Raises:
        InputError: If another process holds it, it cannot be written, or it holds another search.
    """
    with held(out):
        path = out / SETTINGS
        if path.exists() and answered(out):
            before = {name: value for name, value in read_object(path).items() if name != "schema"}
            changed = [f"{field}: {old} in the folder, {new} now" for field, old, new in differences(before, now)]
            if changed:
                raise InputError(f"this folder holds another search ({'; '.join(changed)}); {ANOTHER}", place=str(out))
        elif not path.exists() and ((out / LEDGER).exists() or (out / "suite.yaml").exists()):
            raise InputError(f"this folder holds a run of another kind; {ANOTHER}", place=str(out))
        else:
            write(path, to_json({"schema": 1, **now}))
        yield


def answered(out: Path) -> bool:
    """Whether a search in this folder has any answer: before the first one its settings may still be corrected."""
    return (out / LEDGER).exists() and bool(Ledger(out / LEDGER).finished())


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Holds the folder for this process; it is made if it is not there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(out / ".lock")
    except FileExistsError:
        raise InputError(f"this is a file, expected a folder; {ANOTHER}", place=str(out)) from None
    except OSError as error:
        raise InputError(f"cannot write to this folder: {error.strerror}; {ANOTHER}", place=str(out)) from None
    try:
        yield
    finally:
        lock.release()


def write(path: Path, text: str) -> None:
    """Under a temporary name, then renamed."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", place=str(path)) from None
