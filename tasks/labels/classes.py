"""One class per example: binary and multiclass."""

import numpy as np
from numpy.typing import NDArray

from tasks.errors import InputError, did_you_mean
from tasks.kinds import KINDS
from tasks.labels.column import LabelColumn
from tasks.labels.labels import Labels
from tasks.spec import TaskSpec
from tasks.values import class_name, in_words


def read_binary(column: LabelColumn, spec: TaskSpec, place: str) -> Labels:
    """Two classes; the positive one is last.

    Raises:
        InputError: If there are not two, or `positive` is none of them.
    """
    classes, targets = read_classes(column, spec, place)
    if len(classes) != 2:
        raise InputError(
            f"{len(classes)} classes ({_listed(classes)}), expected 2 for a binary task; say `kind: multiclass`",
            place=f"{place}.kind",
        )
    if spec.positive is None:
        return Labels(KINDS["binary"], classes, targets)
    positive = class_name(spec.positive)
    if positive not in classes:
        raise InputError(
            f"no class `{positive}`; classes are {_listed(classes)}{did_you_mean(positive, classes)}",
            place=f"{place}.positive",
        )
    if positive == classes[1]:
        return Labels(KINDS["binary"], classes, targets)
    return Labels(KINDS["binary"], (classes[1], classes[0]), 1 - targets)


def read_multiclass(column: LabelColumn, spec: TaskSpec, place: str) -> Labels:
    """Two or more classes."""
    classes, targets = read_classes(column, spec, place)
    return Labels(KINDS["multiclass"], classes, targets)


def named_classes(spec: TaskSpec, place: str) -> tuple[str, ...]:
    """The classes that the suite names, or none.

    Raises:
        InputError: If it names none or one twice.
    """
    classes = tuple(map(class_name, spec.classes or ()))
    if spec.classes is not None and (len(classes) < 2 or len(set(classes)) < len(classes)):
        raise InputError("expected two or more different classes", place=f"{place}.classes")
    return classes


def unknown_class(name: str, classes: tuple[str, ...], where: str, place: str) -> InputError:
    """The error for a label that `classes` of the suite lacks."""
    return InputError(
        f"label `{name}` in {where} is not among {_listed(classes)}{did_you_mean(name, classes)}",
        place=f"{place}.classes",
    )


def read_classes(column: LabelColumn, spec: TaskSpec, place: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Classes in order, and the index of every example's, shape ``(N,)``."""
    at, values, where = f"{place}.label", column.values, column.where
    if column.sort is list:
        raise InputError(f"found a list in {where(0)}, expected one class; say `kind: multilabel`", place=at)
    if column.sort is float:
        fraction = next((row for row, value in enumerate(values) if not float(value).is_integer()), None)
        if fraction is not None:
            found = in_words(values[fraction])
            raise InputError(f"found {found} in {where(fraction)}, expected a class; say `kind: regression`", place=at)
        values = [int(value) for value in values]
    ordered = sorted(set(map(str, values))) if column.sort is str else sorted(set(values))
    if len(ordered) < 2:
        raise InputError(f"only one class, `{class_name(values[0])}`, in all rows; expected two or more", place=at)
    classes = named_classes(spec, place) or tuple(map(class_name, ordered))
    index = {name: position for position, name in enumerate(classes)}
    found_at = [index.get(class_name(value), -1) for value in values]
    if -1 in found_at:
        row = found_at.index(-1)
        raise unknown_class(class_name(values[row]), classes, where(row), place)
    return classes, np.asarray(found_at, dtype=np.int64)


def _listed(classes: tuple[str, ...]) -> str:
    return ", ".join(classes[:12]) + (f" and {len(classes) - 12} more" if len(classes) > 12 else "")
