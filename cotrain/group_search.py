"""``cotrain search``: from a table of gains or somebody's own trainer to the best grouping that few models can find."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cotrain.differences import differences
from cotrain.json_text import to_json
from cotrain.lock import FolderLock
from tasks.errors import InputError

if TYPE_CHECKING:
    from grouping.oracle import GroupOracle
    from grouping.partition import Group
    from grouping.sequential import Asked, Found
    from grouping.solvers.selection import Mode

SETTINGS = "search.json"
"""Settings of a search, in its folder; a resumed search must have the same but for the number of models."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where gains come from.

    Args:
        table: A table of gains.
        trainer: A command that trains groups.
        tasks: All tasks, for a trainer.
        pool: File of the groups that a trainer may be asked for.
    """

    table: Path | None = None
    trainer: str | None = None
    tasks: tuple[str, ...] = ()
    pool: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is searched for.

    Args:
        adapters: Most groups of the answer; None for as many as there are tasks.
        mode: Partition or cover.
        models: Most trained models.
        seed: Of the search, and of every question to a trainer.
    """

    adapters: int | None
    mode: "Mode"
    models: int
    seed: int


@dataclass(frozen=True, eq=False)
class Searched:
    """The answer of a search.

    Args:
        tasks: In the order of the table's columns, or as they were given.
        settings: As asked for, with the number of adapters filled in.
        found: The choice and its evidence.
        refusals: Groups that could not be trained, with the trainer's reason.
        resumed: Questions that an earlier run in the same folder had asked.
    """

    tasks: tuple[str, ...]
    settings: Settings
    found: "Found"
    refusals: "dict[Group, str]"
    resumed: int

    def to_dict(self) -> dict[str, Any]:
        """The object of ``--json``."""
        found, cover = self.found, self.found.cover
        together = found.measured.get(tuple(sorted(self.tasks)))
        serving = [cover.groups[cover.served_by[task]] for task in self.tasks]
        return {
            "schema": 1,
            "groups": [list(group) for group in cover.groups],
            "served_by": {task: cover.served_by[task] for task in self.tasks},
            "models": len(found.asked),
            "value": found.value,
            "mode": self.settings.mode,
            "adapters": self.settings.adapters,
            "gains": {t: self.gain(t, group) for t, group in zip(self.tasks, serving, strict=True)},
            "baselines": {"single": 0.0, "together": None if together is None else float(together.mean.sum())},
            "asked": [
                {
                    "group": list(of.step.group),
                    "gains": None
                    if of.answer is None
                    else dict(zip(of.step.group, of.answer.mean.tolist(), strict=True)),
                    "predicted": of.step.predicted,
                    "predicted_error": of.step.error,
                    "value": of.value,
                }
                for of in found.asked
            ],
            "refused": {"+".join(group): reason for group, reason in self.refusals.items()},
        }

    def gain(self, task: str, group: "Group") -> float:
        """The measured gain of a task in a trained group, 0 alone."""
        return 0.0 if len(group) == 1 else float(self.found.measured[group].mean[group.index(task)])


def search_groups(
    source: Source, settings: Settings, *, out: Path | None, told: "Callable[[Asked], None]" = lambda asked: None
) -> Searched:
    """Searches, and remembers every answer in ``out``, so that the same call goes on where it was.

    Args:
        out: Folder of the ledger of answers, the Optuna studies and the result; None writes nothing.
        told: Called after every answer.

    Raises:
        InputError: If the source is wrong or fails, the settings cannot be met, or ``out`` holds another search.
    """
    from grouping.command_oracle import CommandOracle
    from grouping.gain_table import GainTable
    from grouping.pool import read_pool
    from grouping.remembered import Remembered
    from grouping.search_record import record_search
    from grouping.sequential import search_sequentially
    from grouping.table_oracle import TableOracle

    with ExitStack() as stack:
        pool: tuple[Group, ...] | None = None
        oracle: GroupOracle
        if source.table is not None:
            table = GainTable.read(source.table)
            tasks, oracle = table.tasks, TableOracle(table)
            pool = oracle.pool
        else:
            tasks = source.tasks
            pool = None if source.pool is None else read_pool(source.pool, tasks)
        adapters = len(tasks) if settings.adapters is None else settings.adapters
        if out is not None:
            stack.enter_context(_settled(out, _plain(source, settings, tasks, pool)))
        command = None
        if source.trainer is not None:
            command = oracle = stack.enter_context(CommandOracle(source.trainer, tasks, seed=settings.seed))
        refusals = {} if command is None else command.refusals
        remembered = None if out is None else Remembered(oracle, out / "ledger.sqlite", settings.seed, refusals)
        record = told if out is None else stack.enter_context(record_search(out / "study.sqlite", tasks, told))
        found = search_sequentially(
            oracle if remembered is None else remembered, tasks, adapters=adapters, mode=settings.mode,
            models=settings.models, seed=settings.seed, pool=pool, told=record,
        )  # fmt: skip
    result = Searched(
        tasks,
        Settings(adapters=adapters, mode=settings.mode, models=settings.models, seed=settings.seed),
        found,
        refusals,
        0 if remembered is None else remembered.kept,
    )
    if out is not None:
        _write(out / "grouping.json", to_json(result.to_dict()))
    return result


def _plain(
    source: Source, settings: Settings, tasks: Sequence[str], pool: "tuple[Group, ...] | None"
) -> dict[str, Any]:
    """What must be the same for answers to be used again."""
    plain: dict[str, Any] = {
        "tasks": list(tasks),
        "adapters": settings.adapters,
        "mode": settings.mode,
        "seed": settings.seed,
        "trainer": source.trainer,
    }
    if source.table is not None:
        plain["table"] = hashlib.sha256(source.table.read_bytes()).hexdigest()
    if pool is not None:
        plain["pool"] = hashlib.sha256("\n".join(sorted("+".join(group) for group in pool)).encode()).hexdigest()
    return plain


def _settled(out: Path, plain: dict[str, Any]) -> ExitStack:
    """Holds the folder for this process, with these settings in it."""
    from cotrain.run_folder import ANOTHER, read_object

    stack = ExitStack()
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(out / ".lock")
    except FileExistsError:
        raise InputError(f"this is a file, expected a folder; {ANOTHER}", place=str(out)) from None
    except OSError as error:
        raise InputError(f"cannot write to this folder: {error.strerror}; {ANOTHER}", place=str(out)) from None
    stack.callback(lock.release)
    path = out / SETTINGS
    with stack:
        if path.exists():
            before = {name: value for name, value in read_object(path).items() if name != "schema"}
            changed = [f"{field}: {old} in the folder, {new} now" for field, old, new in differences(before, plain)]
            if changed:
                raise InputError(f"this folder holds another search ({'; '.join(changed)}); {ANOTHER}", place=str(out))
        elif (out / "ledger.sqlite").exists() or (out / "suite.yaml").exists():
            raise InputError(f"this folder holds a run of another kind; {ANOTHER}", place=str(out))
        else:
            _write(path, to_json({"schema": 1, **plain}))
        return stack.pop_all()


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", place=str(path)) from None
