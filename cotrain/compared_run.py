"""A run folder as a comparison reads it: whatever of a run is there, the whole way or affinities alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affinity.matrix import AffinityMatrix
from cotrain.events import LOG, read_events
from cotrain.run_folder import completed
from cotrain.yaml_file import read_yaml
from reports.inputs import chosen_folder, parse_matrix, read_object, read_run
from reports.records import Evidence, Recommendation
from tasks.errors import InputError

MACHINE = ("device", "workers", "threads")
"""What the log of a run says of its machine."""


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """What a run folder holds.

    Args:
        path: The folder; of several base models or methods, that of the chosen one.
        matrix: Affinities; None where a grouping was given.
        recommendation: The answer; None where affinities were estimated and nothing more.
        evidence: What it rests on; None likewise.
        settings: The resolved suite; empty where the folder has none.
        marks: Fingerprints of the base model and the tasks, by field of the suite; empty likewise.
        tests: Fingerprints of the tasks' test examples, by task; empty likewise, and of earlier versions.
        machine: :data:`MACHINE` as the log has it; empty without a log.
    """

    path: Path
    matrix: AffinityMatrix | None
    recommendation: Recommendation | None
    evidence: Evidence | None
    settings: Mapping[str, Any]
    marks: Mapping[str, str]
    tests: Mapping[str, str]
    machine: Mapping[str, Any]

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks, sorted."""
        known = set(self.matrix.tasks) if self.matrix is not None else set()
        return tuple(sorted(known | set(self.recommendation.tasks if self.recommendation is not None else ())))


def read_compared(folder: Path) -> ComparedRun:
    """Reads a run folder.

    Raises:
        InputError: If there is no run in it, nothing has been measured yet, or a file is malformed or of another
            schema.
    """
    if not folder.is_dir():
        what = "this is a file" if folder.exists() else "no such folder"
        raise InputError(f"{what}; name the folder of a run", place=str(folder))
    folder = chosen_folder(folder)
    recommendation, evidence, matrix = None, None, None
    if (folder / "recommendation.json").is_file():
        run = read_run(folder)
        matrix, recommendation, evidence = run.matrix, run.recommendation, run.evidence
        if matrix is None and not recommendation.complete:
            raise _unfinished(folder)
    elif (folder / "affinity.json").is_file():
        matrix = parse_matrix(read_object(folder / "affinity.json"), place=str(folder / "affinity.json"))
    elif (folder / "ledger.sqlite").is_file():
        raise _unfinished(folder)
    else:
        raise InputError(
            "this is no run folder: it has neither recommendation.json nor affinity.json; name the folder of a run of "
            "`cotrain recommend`, `validate` or `heatmap`",
            place=str(folder),
        )
    marks = _marks(folder)
    return ComparedRun(
        path=folder,
        matrix=matrix,
        recommendation=recommendation,
        evidence=evidence,
        settings=_settings(folder),
        marks={name: mark for name, mark in marks.items() if isinstance(mark, str)},
        tests=marks["tests"] if isinstance(marks.get("tests"), dict) else {},
        machine=_machine(folder),
    )


def _unfinished(folder: Path) -> InputError:
    return InputError(
        "nothing is measured in this run yet; the command that began it goes on with it", place=str(folder)
    )


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / "suite.yaml"
    found = read_yaml(path) if path.is_file() else {}
    if not isinstance(found, dict):
        raise InputError("these are no settings of a run; name the folder of a run", place=str(path))
    return completed(found) if found else {}


def _marks(folder: Path) -> dict[str, Any]:
    path = folder / "fingerprints.json"
    return read_object(path) if path.is_file() else {}


def _machine(folder: Path) -> dict[str, Any]:
    """Of the last start that the log tells of; a line that was cut short by a crash counts for nothing."""
    found: dict[str, Any] = {}
    for event, _ in read_events(folder / LOG):
        if event["event"] == "started":
            found = {name: event[name] for name in MACHINE if name in event}
    return found
