"""A suite file for a folder of data: tasks are the files that are there, columns are guessed and shown."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cotrain.init import HEAD, TAIL, write_suite
from tasks.errors import InputError
from tasks.guessing import Data, find_data, guess_entry
from tasks.load import load_task
from tasks.sources import read_sources
from tasks.spec import DataFiles, TaskSpec
from tasks.task import Task

SEED = 42
"""Of the splits that are counted; what the file says."""
RULES = re.compile(r"  # (together|apart|alone|weights):")
"""Commented settings that name tasks."""
SHOWN = 3
"""Files whose reasons an error names."""
MARGIN = (
    "    margin: 1.0",
    "  # points of the metric that may be lost; `cotrain audit` says what the test rows can settle",
)
"""Of every task, and what is said of the first one's."""


@dataclass(frozen=True)
class FoundTask:
    """A task as it is written.

    Args:
        entry: Its fields.
        told: Kind, metric and rows by split, or why it cannot be read as it stands.
        readable: Whether it can.
    """

    entry: dict[str, Any]
    told: str
    readable: bool


@dataclass(frozen=True)
class FoundSuite:
    """What was found in a folder.

    Args:
        tasks: By name.
        left_out: Why files are no task, by their path.
    """

    tasks: Mapping[str, FoundTask]
    left_out: Mapping[str, str]


def init_from_data(path: Path, data: Path, *, force: bool = False) -> FoundSuite:
    """Writes a suite of the tasks that a folder holds.

    Raises:
        InputError: If the folder holds fewer than two tasks, or the file cannot be written.
    """
    sources, left = find_data(data)
    found: dict[str, FoundTask] = {}
    for name, source in sources.items():
        try:
            found[name] = _task(name, source, folder=path.resolve().parent)
        except InputError as error:
            first = source if isinstance(source, Path) else next(iter(source.values()))
            left[str(first)] = error.message
    if len(found) < 2:
        many = "no task" if not found else f"one task, {next(iter(found))},"
        why = "".join(f"; {Path(file).name}: {reason}" for file, reason in list(left.items())[:SHOWN])
        raise InputError(f"{many} was found in it, expected two or more{why}", place=str(data))
    write_suite(path, HEAD + _tasks(found, data) + _tail(list(found)), force=force)
    return FoundSuite(found, left)


def _task(name: str, source: Data, *, folder: Path) -> FoundTask:
    """Guesses and tries one task.

    Raises:
        InputError: If a file cannot be read, or its columns leave open what is asked.
    """

    def relative(path: Path) -> str:
        return Path(os.path.relpath(path.resolve(), folder)).as_posix()

    split_up = {} if isinstance(source, Path) else {split: relative(path) for split, path in source.items()}
    data: str | DataFiles = DataFiles(**split_up) if split_up else relative(source)  # type: ignore[arg-type]
    tables = read_sources(data, folder=folder, place=name)
    guessed = guess_entry(tables.get("train") or next(iter(tables.values())))
    entry = {"data": split_up or data} | guessed
    try:
        task = load_task(name, TypeAdapter(TaskSpec).validate_python(entry), folder=folder, seed=SEED)
    except InputError as error:
        return FoundTask(entry, error.message, readable=False)
    return FoundTask(entry, _told(task), readable=True)


def _told(task: Task) -> str:
    """Such as ``binary, accuracy; 240 train, 80 validation, 80 test rows``."""
    rows = {split: len(task.splits[split].targets) for split in task.splits}
    held = rows["stop"] + rows["select"]
    return f"{task.kind.name}, {task.metric.name}; {rows['train']} train, {held} validation, {rows['test']} test rows"


def _tasks(found: Mapping[str, FoundTask], data: Path) -> str:
    """The tasks in YAML, each with what was told of it."""
    lines = [
        f"tasks:                      # as found in {json.dumps(data.name or str(data))}: see whether columns are right"
    ]
    for name, task in found.items():
        lines += [f"  {name}:", f"    # {'' if task.readable else 'cannot be read yet: '}{' '.join(task.told.split())}"]
        lines += [f"    {field}: {_flow(value)}" for field, value in task.entry.items()]
        lines.append(MARGIN[0] + MARGIN[1] * (name == next(iter(found))))
    return "\n".join([*lines, "", ""])


def _flow(value: object) -> str:
    """A value on one line: JSON is YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(of)}" for key, of in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _tail(names: list[str]) -> str:
    """The other settings, with these tasks in the comments."""
    shown = {"defect": names[0], "clone": names[1], "search": names[-1]}
    lines = [
        re.sub(r"\b(defect|clone|search)\b", lambda found: shown[found[1]], line) if RULES.match(line) else line
        for line in TAIL.splitlines()
    ]
    return "\n".join([*lines, ""])
