"""What groups cost, from a file: ``subset,cost``, one row per group, names joined with ``+``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grouping.pool import group_in
from tasks.errors import InputError, did_you_mean
from tasks.tables.numbers import blank, finite, read_numbers, row_places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grouping.partition import Group

SUBSET, COST = "subset", "cost"
"""The columns; others are not read."""
EXPECTED = "costs of groups with the columns subset,cost, such as a+c,2.5"


def read_costs(path: Path, tasks: Sequence[str]) -> dict[Group, float]:
    """Costs of groups, in the file's unit; singles are groups too. CSV, TSV, JSON lines and Parquet are read.

    Raises:
        InputError: If the file cannot be read or lacks a column, or a row names an unknown task, one task or one group
            twice, or has no finite cost of 0 or more; the place is the file and the line.
    """
    table = read_numbers(path, expected=EXPECTED)
    for name in (SUBSET, COST):
        if name not in table.columns:
            found = ", ".join(f"`{column}`" for column in table.columns)
            hint = did_you_mean(name, table.columns)
            raise InputError(f"no column `{name}` among {found}{hint}; expected {EXPECTED}", place=table.name)
    costs: dict[Group, float] = {}
    for place, subset, cost in zip(row_places(table), table.column(SUBSET), table.column(COST), strict=True):
        if blank(subset):
            raise InputError("the subset is blank; expected names of tasks, joined with `+`", place=place)
        group = group_in(str(subset), tasks, place=place)
        name = "+".join(group)
        if group in costs:
            raise InputError(f"`{name}` stands here again; keep one of its rows", place=place)
        if blank(cost):
            raise InputError(f"the cost of `{name}` is blank; fill it in", place=place)
        costs[group] = finite(cost, place=place, what=f"the cost of `{name}`")
        if costs[group] < 0:
            raise InputError(f"the cost of `{name}` is {costs[group]:g}; expected 0 or more", place=place)
    return costs
