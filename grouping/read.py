"""A grouping that a user wrote down, checked against the tasks of the suite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from grouping.partition import Partition
from tasks.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

EXPECTED = "expected a list of lists of task names, such as [[a, b], [c]], or a recommendation.json"


def read_grouping(path: Path, tasks: Collection[str]) -> Partition:
    """The partition in a file.

    Args:
        path: JSON or YAML with a list of lists of task names, or a ``recommendation.json``, whose ``groups`` count.
        tasks: Names of all tasks of the suite; each must stand in exactly one group.

    Raises:
        InputError: If the file cannot be read or parsed, is of another form, or names a task that is not in the
            suite, twice, or not at all. The place is the file, with the line or the group.
    """
    content = _parse(path)
    groups = content.get("groups") if isinstance(content, dict) else content
    if isinstance(content, dict) and groups is None:
        raise InputError(f"no `groups` among the keys {_names(content)}; {EXPECTED}", place=str(path))
    if not isinstance(groups, list):
        raise InputError(f"found {_kind(groups)}; {EXPECTED}", place=str(path))
    seen: dict[str, int] = {}
    for number, group in enumerate(groups, start=1):
        place = f"{path}: group {number}"
        if not isinstance(group, list):
            raise InputError(f"found {_kind(group)}; {EXPECTED}", place=place)
        if not group:
            raise InputError("an empty group; name its tasks or remove it", place=place)
        for task in group:
            _check(task, tasks, seen, place)
            seen[task] = number
    missing = [task for task in tasks if task not in seen]
    if missing:
        raise InputError(
            f"no group holds {_names(missing)}; add each task to a group, alone if it is to have its own adapter",
            place=str(path),
        )
    return Partition.of(groups)


def _check(task: Any, tasks: Collection[str], seen: dict[str, int], place: str) -> None:
    if not isinstance(task, str):
        raise InputError(f"found {_kind(task)} `{task}` instead of a task's name; quote the name", place=place)
    if task not in tasks:
        hint = did_you_mean(task, tasks)
        raise InputError(f"no task `{task}` in the suite; tasks are {_names(tasks)}{hint}", place=place)
    if task in seen:
        raise InputError(f"task `{task}` stands in group {seen[task]} already; keep it in one of the two", place=place)


def _parse(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file; expected a grouping in JSON or YAML", place=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text; expected a grouping in JSON or YAML", place=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}); expected a file", place=str(path)) from None
    if not text.strip():
        raise InputError(f"the file is empty; {EXPECTED}", place=str(path))
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if path.suffix.lower() == ".json":
            place = f"{path}: line {error.lineno}, column {error.colno}"
            raise InputError(f"invalid JSON ({error.msg}); {EXPECTED}", place=place) from None
    except RecursionError:
        raise InputError(f"nested too deeply; {EXPECTED}", place=str(path)) from None
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f": line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"invalid YAML ({error.problem}); {EXPECTED}", place=f"{path}{line}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"invalid YAML ({error}); {EXPECTED}", place=str(path)) from None


def _names(names: Collection[Any]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _kind(value: Any) -> str:
    kinds = {dict: "a mapping", list: "a list", str: "a text", bool: "a truth value", type(None): "nothing"}
    return kinds.get(type(value), "a number")
