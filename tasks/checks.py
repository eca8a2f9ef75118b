"""What the splits of a task must hold to be worth training on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.errors import InputError
from tasks.examples import Examples
from tasks.kinds.spans import flat_targets
from tasks.labels import Labels
from tasks.task import SPLITS

FEWEST_ROWS = {"train": 8, "validation": 8, "test": 4}
"""Rows: one small batch to train on; held out, fewer than 4 (validation is halved) leave an interval with under 3
degrees of freedom. What so few can show is left to the verdict, which calls it undecided."""
FEWEST_UNITS = {"train": 1, "stop": 1, "select": 2, "test": 2}
"""Distinct values of ``group_by``: rows of one unit are not independent, so one unit alone gives no error."""


def check_rows(parts: NDArray[np.int64], examples: Examples, *, place: str) -> None:
    """Whether train, validation and test (0, 1, 2 in ``parts``, shape ``(N,)``) have rows enough.

    Raises:
        InputError: If one has fewer than :data:`FEWEST_ROWS`.
    """
    for part, (split, fewest) in enumerate(FEWEST_ROWS.items()):
        found = int((parts == part).sum())
        if found < fewest:
            why = ", as it is halved to stop and to select" if split == "validation" else ""
            origin = examples.tables.get(split)
            remedy = "add examples" + (" or change `fractions` or the `split` column" if "" in examples.tables else "")
            of = f" ({origin.name})" if origin is not None else ""
            raise InputError(
                f"{split}{of} has {found} row{'s' * (found != 1)}, expected {fewest} or more{why}; {remedy}",
                place=f"{place}.data",
            )


def check_units(parts: NDArray[np.int64], units: NDArray[np.int64], *, column: str, place: str) -> None:
    """Whether every split (index into :data:`tasks.task.SPLITS` per row) has units enough.

    Args:
        parts: Split of every row, shape ``(N,)``.
        units: Unit of every row, shape ``(N,)``.
        column: What made the units.
        place: The field in messages.

    Raises:
        InputError: If one has fewer than :data:`FEWEST_UNITS`.
    """
    for part, split in enumerate(SPLITS):
        found = len(np.unique(units[parts == part]))
        if found < FEWEST_UNITS[split]:
            raise InputError(
                f"rows with one `{column}` stay together, which leaves {_called(split)} with {found} of the "
                f"{len(np.unique(units))} distinct values, expected {FEWEST_UNITS[split]} or more; "
                "group by a finer column, add examples, or give the splits",
                place=place,
            )


def check_targets(labels: Labels, parts: NDArray[np.int64], examples: Examples, *, place: str) -> None:
    """Whether every split (index into :data:`tasks.task.SPLITS` per row) has something to tell apart.

    Raises:
        InputError: If the targets of a split are constant, or train lacks a class.
    """
    if labels.kind.name == "tokens":
        _check_spans(labels, parts, examples, place)
        return
    in_train = labels.targets[parts == 0]
    _not_constant(labels, in_train, "train", place)
    if labels.classes:
        held = in_train.any(axis=0) if in_train.ndim == 2 else np.isin(np.arange(len(labels.classes)), in_train)
        for index in np.flatnonzero(~held).tolist():
            raise InputError(_lacking(labels, index, examples), place=f"{place}.label")
        if in_train.ndim == 2 and in_train.all(axis=0).any():
            always = labels.classes[int(in_train.all(axis=0).argmax())]
            raise InputError(f"label `{always}` is set in every row of train; drop it", place=f"{place}.label")
    for part, split in enumerate(SPLITS[1:], start=1):
        _not_constant(labels, labels.targets[parts == part], split, place)


def _not_constant(labels: Labels, targets: NDArray[Any], split: str, place: str) -> None:
    if labels.kind.pooled:
        found = len(np.unique(targets))
        if found < 2:
            message = f"{_called(split)} has {found} distinct documents, expected two or more to search among"
            raise InputError(message, place=f"{place}.document")
        return
    if (targets != targets[0]).any():
        return
    if labels.classes and targets.ndim == 1:
        what = f"only one class, `{labels.classes[int(targets[0])]}`"
    elif labels.classes:
        what = "the same labels in every row"
    elif labels.kind.name == "text":
        what = "the same completion in every row"
    else:
        what = f"the same value, {targets[0]:g}, in every row"
    field = "completion" if labels.kind.name == "text" else "label"
    raise InputError(f"{_called(split)} has {what}; nothing to predict", place=f"{place}.{field}")


def _check_spans(labels: Labels, parts: NDArray[np.int64], examples: Examples, place: str) -> None:
    """The same of targets with several spans each."""
    for part, split in enumerate(SPLITS):
        found = np.unique(flat_targets(labels.targets[parts == part]))
        if len(found) < 2:
            what = f"only one class, `{labels.classes[int(found[0])]}`"
            raise InputError(f"{_called(split)} has {what}; nothing to predict", place=f"{place}.label")
        if split == "train":
            for index in np.setdiff1d(np.arange(len(labels.classes)), found).tolist():
                raise InputError(_lacking(labels, index, examples), place=f"{place}.label")


def _lacking(labels: Labels, index: int, examples: Examples) -> str:
    """Which class train lacks, and where else it stands."""
    name = labels.classes[index]
    if labels.kind.name == "tokens":
        has = (labels.targets == index).any(axis=1)
    else:
        has = labels.targets[:, index] > 0 if labels.targets.ndim == 2 else labels.targets == index
    if not has.any():
        return f"no row has the class `{name}`, which the suite names; drop it from `classes`"
    row = int(np.flatnonzero(has)[0])
    return f"no training row has the label `{name}`, found in {examples.where(row)}; train needs every label"


def _called(split: str) -> str:
    return f"the {split} half of validation" if split in ("stop", "select") else split
