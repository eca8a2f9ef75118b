"""One label column: its values, and of which sort they all are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tasks.errors import InputError
from tasks.examples import Examples
from tasks.values import in_words

MOST_CLASSES = 50
"""Whole numbers with more distinct values are classes only if the suite says so."""


@dataclass(frozen=True, eq=False)
class LabelColumn:
    """The ``N`` values of a label column; none is missing.

    Args:
        values: All of one sort.
        sort: bool, int, float, str or list; whole numbers may stand among fractions and texts.
        where: A row's place in its file.
    """

    values: list[Any]
    sort: type
    where: Callable[[int], str]


def read_column(examples: Examples, name: str, at: str) -> LabelColumn:
    """The column ``name``.

    Raises:
        InputError: If it is not there, a value is missing, or the values are of several sorts.
    """
    values = examples.values(name, place=at)
    sort = sort_of(values)
    if sort is not None:
        return LabelColumn(values, sort, examples.where)
    row = next((row for row, value in enumerate(values) if type(value) is not type(values[0])), 0)
    raise InputError(
        f"column `{name}` holds {in_words(values[row])} in {examples.where(row)}"
        + (f" but {in_words(values[0])} in {examples.where(0)}" if row else "")
        + "; expected labels of one sort: texts, numbers, true and false, or lists of texts",
        place=at,
    )


def sort_of(values: list[Any]) -> type | None:
    """bool, int, float, str or list if all values are of that sort; None if they are of several, or of another."""
    found = set(map(type, values))
    for sort, allowed in ((bool, {bool}), (int, {int}), (float, {int, float}), (str, {int, str}), (list, {list})):
        if found <= allowed:
            return sort
    return None


def infer_kind(column: LabelColumn, *, named: int, at: str) -> str:
    """The kind of a task whose suite names none.

    Args:
        column: The labels.
        named: Number of classes that the suite names, 0 if it names none.
        at: The field in messages.

    Raises:
        InputError: If whole numbers could be classes or amounts.
    """
    if column.sort is list:
        return "multilabel"
    if named:
        return "binary" if named == 2 else "multiclass"
    whole = column.sort is int or all(isinstance(value, int) or value.is_integer() for value in _numbers(column))
    if column.sort is float and not whole:
        return "regression"
    distinct = len(set(column.values))
    if distinct > 1 and (column.sort is float or (column.sort is int and distinct > MOST_CLASSES)):
        raise InputError(
            f"the label holds {distinct} distinct whole numbers, which could be classes or amounts; "
            f"say `kind: regression` or `kind: {'binary' if distinct == 2 else 'multiclass'}`",
            place=at,
        )
    return "binary" if distinct <= 2 else "multiclass"


def _numbers(column: LabelColumn) -> list[Any]:
    return column.values if column.sort is float else []
