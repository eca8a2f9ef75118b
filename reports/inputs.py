"""Reading the three files of a run; every complaint names the file and the field."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from affinity.matrix import AffinityMatrix
from reports.order import check_groups
from reports.records import GIVEN, Evidence, Recommendation
from tasks.errors import InputError

T = TypeVar("T")

CANDIDATES = "candidates.json"
"""Where several base models or methods were compared: its folder holds a run of each, and is read as the chosen."""
SCHEMA = 1
"""Version of the files that this code reads."""


@dataclass(frozen=True, eq=False)
class Run:
    """A run as reports see it; a given grouping that was validated without probe runs has no matrix."""

    matrix: AffinityMatrix | None
    recommendation: Recommendation
    evidence: Evidence


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in ``path``.

    Raises:
        InputError: If the file is missing, unreadable, not JSON, not an object, or of another schema.
    """
    if not path.is_file():
        raise InputError("no such file; a finished run folder holds it: run `cotrain recommend` first", place=str(path))
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        message = f"invalid JSON at column {error.colno}: {error.msg}; run the command that wrote it again"
        raise InputError(message, place=f"{path}:{error.lineno}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}; it should be a JSON file in UTF-8", place=str(path)) from None
    if not isinstance(value, dict):
        raise InputError(f"expected a JSON object, found {type(value).__name__}", place=str(path))
    if value.get("schema") != SCHEMA:
        message = f'expected "schema": {SCHEMA}, found {value.get("schema")!r}; use the version that wrote it'
        raise InputError(message, place=str(path))
    return value


def parse(kind: type[T], value: dict[str, Any], *, place: str) -> T:
    """``value`` as a record of type ``kind``.

    Raises:
        InputError: For the first field that does not fit.
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        found = "nothing" if first["type"] == "missing" else f"`{str(first['input'])[:60]}`"
        raise InputError(f"{field}: {first['msg']}, found {found}; build the run again", place=place) from None


def parse_matrix(value: dict[str, Any], *, place: str) -> AffinityMatrix:
    """``value`` as an affinity matrix.

    Raises:
        InputError: If it is none.
    """
    try:
        return AffinityMatrix.from_dict(value)
    except InputError as error:
        raise error if error.place.startswith(place) else error.within(place) from None
    except KeyError as error:
        raise InputError(f"field {error} is missing; build the run again", place=place) from None
    except (TypeError, ValueError) as error:
        raise InputError(f"not an affinity matrix: {error}", place=place) from None


def chosen_folder(folder: Path) -> Path:
    """The run that a folder stands for: itself, or the chosen one of several within it.

    Raises:
        InputError: If the comparison cannot be read.
    """
    path = folder / CANDIDATES
    if not path.is_file():
        return folder
    name = read_object(path).get("candidate")
    if not isinstance(name, str) or not (folder / name).is_dir():
        raise InputError(f"the run {name!r} that was chosen is not there; run the command again", place=str(path))
    return folder / name


def read_run(folder: Path) -> Run:
    """The three files of a run folder, checked against each other.

    ``affinity.json`` may be absent where the grouping was given, or a run not complete: no probe runs were made then.

    Raises:
        InputError: If a file is missing or malformed, or if the files are not of one run.
    """
    if not folder.is_dir():
        raise InputError("no such folder; name the folder of a finished run", place=str(folder))
    folder = chosen_folder(folder)
    paths = {name: folder / f"{name}.json" for name in ("affinity", "recommendation", "evidence")}
    place = str(paths["recommendation"])
    recommendation = parse(Recommendation, read_object(paths["recommendation"]), place=place)
    matrix = None
    probed = recommendation.objective.name != GIVEN and recommendation.complete
    if probed or paths["affinity"].exists():
        matrix = parse_matrix(read_object(paths["affinity"]), place=str(paths["affinity"]))
    known = recommendation.tasks if matrix is None else [*matrix.tasks, *recommendation.left_out]
    for groups in (recommendation.groups, recommendation.tested):
        check_groups(groups, list(known), place=place)
    for task in sorted(task for group in recommendation.tested for task in group):
        if task not in recommendation.tasks:
            raise InputError(f"tasks: the groups hold `{task}`, but it has no entry; build the run again", place=place)
    evidence = parse(Evidence, read_object(paths["evidence"]), place=str(paths["evidence"]))
    return Run(matrix, recommendation, evidence)
