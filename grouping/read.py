"""A grouping that a user wrote down, checked against the tasks of the suite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from grouping.grouped import grouped
from grouping.partition import Partition
from tasks.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from grouping.grouped import Grouped

EXPECTED = (
    "expected a list of lists of task names, such as [[a, b], [c]], a recommendation.json, or what `cotrain search` "
    "found"
)


def read_grouping(path: Path, tasks: Collection[str]) -> Grouped:
    """The grouping in a file.

    Args:
        path: JSON or YAML with a list of lists of task names; a ``recommendation.json``, whose ``groups`` count and the
            helpers with which some were chosen; or the object of ``cotrain search``, whose ``groups`` may overlap, as
            ``served_by`` says which of them serves each task.
        tasks: Names of all tasks of the suite; each must be served by exactly one group.

    Raises:
        InputError: If the file cannot be read or parsed, is of another form, or names a task that is not in the
            suite, is served twice, or not at all, or alone with helpers. The place is the file, with the line or the
            group.
    """
    content = _parse(path)
    groups = content.get("groups") if isinstance(content, dict) else content
    if isinstance(content, dict) and groups is None:
        raise InputError(f"no `groups` among the keys {_names(content)}; {EXPECTED}", place=str(path))
    if not isinstance(groups, list):
        raise InputError(f"found {_kind(groups)}; {EXPECTED}", place=str(path))
    if isinstance(content, dict) and _overlap(groups):
        return _cover(groups, content.get("served_by"), tasks, str(path))
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
    partition = Partition.of(groups)
    forms = content.get("forms") if isinstance(content, dict) else None
    helped = _helpers(forms, tasks, str(path)) if isinstance(forms, dict) else {}
    trained = {group: (*group, *helped.get("+".join(group), ())) for group in partition.groups}
    _require_company(trained, str(path))
    return grouped((group, served) for served, group in trained.items())


def _overlap(groups: list[Any]) -> bool:
    """Whether some task stands in several groups."""
    every = [task for group in groups if isinstance(group, list) for task in group if isinstance(task, str)]
    return len(set(every)) < len(every)


def _cover(groups: list[Any], served_by: Any, tasks: Collection[str], place: str) -> Grouped:
    """Groups that overlap, and which of them serves each task."""
    if not isinstance(served_by, dict):
        raise InputError("groups overlap, and no `served_by` says which of them serves each task", place=place)
    for number, group in enumerate(groups, start=1):
        for task in group if isinstance(group, list) else [None]:
            _check(task, tasks, {}, f"{place}: group {number}")
        if len(set(group)) < len(group):
            raise InputError("names a task twice", place=f"{place}: group {number}")
    served: dict[int, list[str]] = {}
    for task in tasks:
        by = served_by.get(task)
        if isinstance(by, bool) or not isinstance(by, int) or not 0 <= by < len(groups):
            raise InputError(
                f"`served_by` names no group for `{task}`; expected a whole number from 0 to {len(groups) - 1}",
                place=place,
            )
        if task not in groups[by]:
            raise InputError(f"`{task}` is served by group {by + 1}, which does not hold it", place=place)
        served.setdefault(by, []).append(task)
    _require_company({tuple(members): groups[number] for number, members in served.items()}, place)
    return grouped((tuple(groups[number]), tuple(members)) for number, members in served.items())


def _helpers(forms: Mapping[str, Any], tasks: Collection[str], place: str) -> dict[str, tuple[str, ...]]:
    """The helpers of groups by their names."""
    found = {}
    for name, form in forms.items():
        if isinstance(form, dict) and form.get("name") == "helped":
            given = form.get("helper")
            helpers = [given] if isinstance(given, str) else given
            seen = dict.fromkeys(str(name).split("+"), 1)
            for task in helpers if isinstance(helpers, list) else [given]:
                _check(task, tasks, seen, f"{place}: the helpers of {name}")
                seen[str(task)] = 1
            found[str(name)] = tuple(helpers or ())
    return found


def _require_company(groups: Mapping[tuple[str, ...], Collection[str]], place: str) -> None:
    for served, group in groups.items():
        if len(served) == 1 < len(group):
            raise InputError(
                f"`{served[0]}` is served alone and has helpers; a task that is served alone is trained alone: leave "
                "them out, or let the group serve one of them too",
                place=place,
            )


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
