"""A table of measured gains: what groups that were trained once did to their members."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from affinity.table_gains import gains_as_given
from tasks.errors import InputError, did_you_mean
from tasks.tables.numbers import blank, finite, read_numbers, row_places

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from affinity.table_gains import TableGains
    from grouping.partition import Group
    from tasks.tables import Table

SUBSET, SIZE = "subset", "size"
"""The columns before those of the tasks."""
EXPECTED = "a table of gains with the columns subset,size,<task>,<task>,..."


@dataclass(frozen=True, eq=False)
class GainTable:
    """Gains of some groups of two tasks or more; a single's gain is 0 and not listed.

    Args:
        tasks: Two or more, in the order of the table's columns.
        gains: Gains of each group's members, in the group's order, on the table's own scale; above 0 the group helps.
            A group is a sorted tuple of names.

    Raises:
        ValueError: If tasks repeat or are fewer than two, a group is not sorted, has fewer than two members or unknown
            ones, or does not have one finite gain per member.
    """

    tasks: tuple[str, ...]
    gains: Mapping[Group, tuple[float, ...]]

    def __post_init__(self) -> None:
        if len(set(self.tasks)) < max(2, len(self.tasks)):
            raise ValueError(f"Expected two or more different tasks, but got {list(self.tasks)}.")
        for group, gains in self.gains.items():
            if len(group) < 2 or tuple(sorted(set(group))) != group or not set(group) <= set(self.tasks):
                raise ValueError(f"Expected sorted groups of two or more of {list(self.tasks)}, but got {group}.")
            if len(gains) != len(group) or not all(map(isfinite, gains)):
                raise ValueError(f"Expected one finite gain for each of {'+'.join(group)}, but got {list(gains)}.")

    def measured(self) -> TableGains:
        """The gains as predictors and the search take them, without errors: the table is taken at its word."""
        return gains_as_given(self.tasks, self.gains)

    @classmethod
    def read(cls, path: Path) -> GainTable:
        """The table in a file: ``subset,size,<task>,<task>,...``, one row per group.

        ``subset`` joins the group's tasks with ``+``; a cell is blank where the task is not in the subset. Singles may
        be listed, with a gain of 0, and not every subset need be there. CSV, TSV, JSON lines and Parquet are read.

        Raises:
            InputError: If the file cannot be read or is no such table; the place is the file and the line.
        """
        return cls.of(read_numbers(path, expected=EXPECTED))

    @classmethod
    def of(cls, table: Table) -> GainTable:
        """The same of a table that was read.

        Raises:
            InputError: As :meth:`read`.
        """
        tasks = _tasks(table)
        columns = [table.column(name) for name in (SUBSET, SIZE, *tasks)]
        gains: dict[Group, tuple[float, ...]] = {}
        seen: dict[Group, str] = {}
        for place, subset, size, *cells in zip(row_places(table), *columns, strict=True):
            group = _group(subset, size, tasks, place=place)
            if group in seen:
                earlier = seen[group].removeprefix(f"{table.name}: ")
                raise InputError(f"`{'+'.join(group)}` stands on {earlier} already; keep one of the two", place=place)
            seen[group] = place
            found = _gains(dict(zip(tasks, cells, strict=True)), group, place=place)
            if len(group) > 1:
                gains[group] = found
        if not gains:
            raise InputError(
                "no subset of two or more tasks, so nothing is known of any group; add a row such as "
                f"{tasks[0]}+{tasks[1]},2,0.1,-0.02",
                place=table.name,
            )
        return cls(tasks, gains)


def is_gain_table(columns: Collection[str]) -> bool:
    """Whether a file with these columns is meant as a table of gains."""
    return SUBSET in columns and SIZE in columns


def _tasks(table: Table) -> tuple[str, ...]:
    for name in (SUBSET, SIZE):
        if name not in table.columns:
            found = ", ".join(f"`{column}`" for column in table.columns)
            hint = did_you_mean(name, table.columns)
            raise InputError(f"no column `{name}` among {found}{hint}; expected {EXPECTED}", place=table.name)
    tasks = tuple(column for column in table.columns if column not in (SUBSET, SIZE))
    for name in tasks:
        if not name.strip() or name != name.strip() or "+" in name:
            raise InputError(
                f"a column is called `{name}`; expected the name of a task, without `+` or spaces around it",
                place=table.name,
            )
    if len(tasks) < 2:
        raise InputError(f"found {len(tasks)} columns of tasks beside subset and size; expected two or more",
                         place=table.name)  # fmt: skip
    return tasks


def _group(subset: object, size: object, tasks: Sequence[str], *, place: str) -> Group:
    if blank(subset):
        raise InputError("the subset is blank; expected names of tasks, joined with `+`", place=place)
    names = [name.strip() for name in str(subset).split("+")]
    for name in names:
        if name not in tasks:
            listed = ", ".join(f"`{task}`" for task in tasks)
            raise InputError(f"no task `{name}`; the columns are {listed}{did_you_mean(name, tasks)}", place=place)
        if names.count(name) > 1:
            raise InputError(f"`{name}` stands twice in `{subset}`; name every task once", place=place)
    if blank(size) or finite(size, place=place, what="the size") != len(names):
        found = "is blank" if blank(size) else f"is {str(size).strip()}"
        raise InputError(
            f"the size {found}, but `{subset}` has {len(names)} task{'s' * (len(names) > 1)}; correct one of the two",
            place=place,
        )
    return tuple(sorted(names))


def _gains(cells: Mapping[str, object], group: Group, *, place: str) -> tuple[float, ...]:
    """The members' gains, in the group's order."""
    name = "+".join(group)
    for task, cell in cells.items():
        if task in group and blank(cell):
            raise InputError(f"the gain of `{task}` is blank, but it is in `{name}`; fill it in", place=place)
        if task not in group and not blank(cell):
            raise InputError(
                f"found `{str(cell).strip()}` for `{task}`, which is not in `{name}`; leave the cell blank, or add the "
                "task to the subset",
                place=place,
            )
    gains = tuple(finite(cells[task], place=place, what=f"the gain of `{task}`") for task in group)
    if len(group) == 1 and gains != (0.0,):
        raise InputError(
            f"the gain of `{name}` alone is {gains[0]:g}; expected 0, as gains are differences to the task alone; if "
            "these are losses or scores, take the differences first",
            place=place,
        )
    return gains
