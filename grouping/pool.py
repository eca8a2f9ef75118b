"""The groups that may be trained, from a file: one per line, names joined with ``+``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grouping.partition import Group


def read_pool(path: Path, tasks: Sequence[str]) -> tuple[Group, ...]:
    """The groups of two tasks or more, once each, in the file's order; singles need not be listed and say nothing.

    Raises:
        InputError: If the file cannot be read, a line names an unknown task or one twice, or no line has two tasks.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("no such file; expected one subset per line, such as a+c", place=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text; expected one subset per line, such as a+c", place=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}); expected a file", place=str(path)) from None
    found: dict[Group, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        group = group_in(line, tasks, place=f"{path}: line {number}")
        if len(group) > 1:
            found[group] = None
    if not found:
        raise InputError("no subset of two tasks or more; expected one per line, such as a+c", place=str(path))
    return tuple(found)


def group_in(text: str, tasks: Sequence[str], *, place: str) -> Group:
    """The group that is written as names joined with ``+``.

    Raises:
        InputError: If it names an unknown task or one twice.
    """
    names = [name.strip() for name in text.split("+")]
    for name in names:
        if name not in tasks:
            listed = ", ".join(f"`{task}`" for task in tasks)
            raise InputError(f"no task `{name}`; tasks are {listed}{did_you_mean(name, tasks)}", place=place)
        if names.count(name) > 1:
            raise InputError(f"`{name}` stands twice in `{text.strip()}`; name every task once", place=place)
    return tuple(sorted(names))
