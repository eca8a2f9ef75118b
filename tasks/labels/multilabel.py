"""Several labels per example: a column of lists, or a column of 0 and 1 for each label."""

import numpy as np

from tasks.errors import InputError
from tasks.examples import Examples
from tasks.kinds import KINDS
from tasks.labels.classes import named_classes, unknown_class
from tasks.labels.column import LabelColumn
from tasks.labels.labels import Labels
from tasks.spec import TaskSpec
from tasks.values import class_name, in_words, missing


def read_lists(column: LabelColumn, spec: TaskSpec, place: str) -> Labels:
    """From a column of lists of labels; an empty list means none.

    Raises:
        InputError: If a value is no list, a list holds something else, or fewer than two labels occur.
    """
    at, where = f"{place}.label", column.where
    if column.sort is not list:
        raise InputError(
            f"found {in_words(column.values[0])} in {where(0)}, expected a list of labels, "
            "or `label: [COLUMN, COLUMN]` with columns of 0 and 1",
            place=at,
        )
    rows = [row for row, labels in enumerate(column.values) for _ in labels]  # shape: (labels set,)
    flat = [label for labels in column.values for label in labels]
    for row, label in zip(rows, flat, strict=True):
        if missing(label) or not isinstance(label, str | int):
            raise InputError(f"the list in {where(row)} holds {in_words(label)}, expected texts", place=at)
    names = [class_name(label) for label in flat]
    classes = named_classes(spec, place) or tuple(sorted(set(names)))
    if len(classes) < 2:
        raise InputError(f"{len(classes)} distinct labels in all lists, expected two or more", place=at)
    index = {name: position for position, name in enumerate(classes)}
    for row, name in zip(rows, names, strict=True):
        if name not in index:
            raise unknown_class(name, classes, where(row), place)
    targets = np.zeros((len(column.values), len(classes)), dtype=np.float32)
    targets[rows, [index[name] for name in names]] = 1.0
    return Labels(KINDS["multilabel"], classes, targets)


def read_flags(columns: tuple[str, ...], examples: Examples, at: str) -> Labels:
    """From one column of 0 and 1, or true and false, per label.

    Raises:
        InputError: If there are fewer than two different columns, or one holds anything else.
    """
    if len(columns) < 2 or len(set(columns)) < len(columns):
        raise InputError("expected two or more different columns, or one name without brackets", place=at)
    targets = np.zeros((len(examples), len(columns)), dtype=np.float32)
    for index, column in enumerate(columns):
        values = examples.values(column, place=at)
        for row, value in enumerate(values):
            if not isinstance(value, int | float) or value not in (0, 1):
                found = in_words(value)
                raise InputError(f"column `{column}` holds {found} in {examples.where(row)}, expected 0 or 1", place=at)
        targets[:, index] = np.asarray(values, dtype=np.float32)
    return Labels(KINDS["multilabel"], columns, targets)
