"""The folder of a run: settings before work, one driver at a time, and the same command resumes."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from cotrain.differences import differences
from cotrain.events import LOG, append
from cotrain.json_text import to_json
from cotrain.lock import FolderLock
from cotrain.openings import Opening, count, opening
from cotrain.suite import LoadedSuite, parse_suite, to_plain
from cotrain.yaml_file import read_text, read_yaml, to_yaml
from tasks.errors import InputError

ANOTHER = "name another folder with --out"
TESTS = "tests"
"""Where ``fingerprints.json`` has those of the test examples, by task; folders of earlier versions lack it."""
LIMITS = ("max_hours", "max_jobs")
"""Settings of the budget that end a run and change none of its results."""


class RunFolder:
    """A run folder that this process works in; leave it as a context manager to let others in.

    Args:
        path: The folder; made if it is not there.

    Raises:
        InputError: If it cannot be made or written, or another process works in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listeners: list[Callable[[], None]] = []
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(path / ".lock")
        except FileExistsError:
            raise InputError(f"this is a file, expected a run folder; {ANOTHER}", place=str(path)) from None
        except OSError as error:
            raise InputError(f"cannot write to this run folder: {error.strerror}; {ANOTHER}", place=str(path)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._lock.release()

    @property
    def ledger(self) -> Path:
        """Finished jobs by content hash."""
        return self.path / "ledger.sqlite"

    @property
    def study(self) -> Path:
        """The Optuna studies."""
        return self.path / "study.sqlite"

    @property
    def log_path(self) -> Path:
        """What happened, one JSON object per line."""
        return self.path / LOG

    @property
    def figures(self) -> Path:
        """Drawings and the tables behind them."""
        return self.path / "figures"

    @property
    def adapters(self) -> Path:
        """Trained adapters and heads."""
        return self.path / "adapters"

    def settle(
        self, loaded: LoadedSuite, fingerprints: Mapping[str, str], *, tests: Mapping[str, str] | None = None
    ) -> bool:
        """Writes the resolved settings, or checks that those of an earlier run here are the same.

        Where the data stand is no setting: data that moved and are the same are the same.

        Args:
            loaded: The suite, flags applied.
            fingerprints: What identifies the data, by field: ``tasks.clone``, ``base_model``.
            tests: What identifies the test examples alone, by task; noted for comparisons with other runs.

        Returns:
            True if an earlier run is resumed.

        Raises:
            InputError: With the differences, if settings or data changed.
        """
        settings, marks = self.path / "suite.yaml", self.path / "fingerprints.json"
        plain = _resolved(loaded)
        if not settings.exists():
            self.write_json(marks.name, {"schema": 1, **fingerprints, TESTS: dict(tests or {})})
            head = "# Resolved settings of this run, written by cotrain before any work.\n"
            self.write("suite.yaml", head + to_yaml(plain))
            return False
        if not marks.exists():
            raise InputError(f"this suite.yaml was not written by a run; {ANOTHER}", place=str(settings))
        before = read_yaml(settings)
        if not isinstance(before, dict):
            raise InputError(f"these are no settings of a run; {ANOTHER}", place=str(settings))
        before = completed(before)
        changed = differences(_without_places(before, fingerprints), _without_places(plain, fingerprints))
        _refuse(self.path, [f"{field}: {old} in the run folder, {new} now" for field, old, new in changed])
        known = read_object(marks)
        moved = [name for name in fingerprints if known.get(name) != fingerprints[name]]
        _refuse(self.path, [f"{name}: its data are not those of the run folder any more" for name in moved])
        return True

    def write(self, name: str, text: str) -> Path:
        """Writes a file of the folder under a temporary name, then renames it.

        Raises:
            InputError: If the disk is full or the folder not writable.
        """
        path = self.path / name
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", place=str(path)) from None
        return path

    def write_json(self, name: str, value: Any) -> Path:
        """The same for an object; unknown numbers become null."""
        return self.write(name, to_json(value))

    def log(self, event: str, **details: Any) -> None:
        """Appends one line to ``log.jsonl``, then calls who listens."""
        append(self.log_path, event, details)
        for heard in self._listeners:
            heard()

    def listen(self, heard: Callable[[], None]) -> None:
        """Lets ``heard`` be called after every line of the log."""
        self._listeners.append(heard)

    def open_test(
        self, groups: Sequence[Sequence[str]], *, settings: Mapping[str, Any], tests: Mapping[str, str]
    ) -> int:
        """Notes, before it happens, that the test split is opened to judge ``groups``.

        Returns:
            How many looks this folder has had at the same test data, this one among them; a resumed look is the same.
        """
        path = self.path / "openings.json"
        before = read_object(path).get("openings", []) if path.exists() else []
        earlier = [
            Opening(item["key"], item["tests"], tuple(tuple(group) for group in item["groups"])) for item in before
        ]
        known, number = count(earlier, opening(groups, settings=settings, tests=tests))
        self.write_json(path.name, {"schema": 1, "openings": [look.to_dict() for look in known]})
        return number


def _resolved(loaded: LoadedSuite) -> dict[str, Any]:
    """Every setting, with the places of data as absolute paths, so that the file can be used as a suite itself."""
    plain = to_plain(loaded.suite)
    for task in plain["tasks"].values():
        data = task["data"]
        if isinstance(data, str):
            task["data"] = _absolute(data, loaded.folder)
        else:
            task["data"] = {split: place and _absolute(place, loaded.folder) for split, place in data.items()}
    return plain


def completed(before: dict[str, Any]) -> dict[str, Any]:
    """Settings of a run with those that are newer than it at their defaults, which change nothing."""
    try:
        return to_plain(parse_suite(before))
    except InputError:  # it says more in comparison
        return before


def _absolute(place: str, folder: Path) -> str:
    path = folder / Path(place).expanduser()
    return str(path.resolve()) if path.exists() else place


def _without_places(plain: Mapping[str, Any], fingerprints: Mapping[str, str]) -> dict[str, Any]:
    """The settings without the places of what is compared by fingerprint, and without the limits, the number of reruns
    and the trackers: a run that limits ended goes on when they are wider, and the others leave the answer as it is."""
    kept = {name: value for name, value in plain.items() if name != "base_model" or name not in fingerprints}
    kept.pop("report_to", None)
    if isinstance(kept.get("budget"), Mapping):
        kept["budget"] = {name: value for name, value in kept["budget"].items() if name not in (*LIMITS, "reruns")}
    tasks = plain.get("tasks")
    if isinstance(tasks, Mapping):
        kept["tasks"] = {
            task: {field: value for field, value in spec.items() if field != "data"}
            if isinstance(spec, Mapping) and f"tasks.{task}" in fingerprints
            else spec
            for task, spec in tasks.items()
        }
    return kept


def _refuse(path: Path, changes: list[str]) -> None:
    if changes:
        more = f" (and {len(changes) - 3} more)" if len(changes) > 3 else ""
        raise InputError(f"{'; '.join(changes[:3])}{more}; {ANOTHER}, or undo the change", place=str(path))


def read_object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"invalid JSON: {error.msg}; {ANOTHER}", place=f"{path}: line {error.lineno}") from None
    if not isinstance(value, dict):
        raise InputError(f"expected an object; {ANOTHER}", place=str(path))
    return value
