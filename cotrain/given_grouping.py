"""A grouping that a caller gives: lists of task names, or a file with them."""

from collections.abc import Collection, Sequence
from pathlib import Path

from grouping.grouped import Grouped
from grouping.partition import Partition
from grouping.read import read_grouping
from tasks.errors import InputError

Given = Path | str | Sequence[Sequence[str]]
"""Lists of task names, a JSON or YAML file with them, a ``recommendation.json``, or what ``cotrain search`` found."""


def given_grouping(given: Given, tasks: Collection[str], *, place: str = "grouping") -> Grouped:
    """The grouping that was given, checked against the tasks.

    Args:
        place: What lists are called in messages; a file is called by its name.

    Raises:
        InputError: If a file is unusable, or a task is not in exactly one group.
    """
    names = list(tasks)
    if isinstance(given, Path | str):
        return read_grouping(Path(given), names)
    try:
        partition = Partition.of(given)
    except ValueError as error:
        raise InputError(str(error), place=place) from None
    if partition.tasks != tuple(sorted(names)):
        raise InputError(f"expected every one of {', '.join(names)} in one group, but got {partition}", place=place)
    return partition


def given_partition(given: Given, tasks: Collection[str], *, place: str) -> Partition:
    """The same where groups may not overlap.

    Raises:
        InputError: As :func:`given_grouping`; or if they do.
    """
    found = given_grouping(given, tasks, place=place)
    if not isinstance(found, Partition):
        raise InputError(f"groups overlap in {found}; expected every task in one group", place=place)
    return found
