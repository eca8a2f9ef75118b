"""Amounts: regression, standardised by the training examples."""

import numpy as np
from numpy.typing import NDArray

from tasks.errors import InputError
from tasks.kinds import KINDS
from tasks.labels.column import LabelColumn
from tasks.labels.labels import Labels
from tasks.spec import TaskSpec
from tasks.values import in_words

LARGEST = 1e30
"""Beyond it squares leave the range of single precision."""


def read_numbers(column: LabelColumn, spec: TaskSpec, place: str) -> Labels:
    """Targets in the file's own unit, float64.

    Raises:
        InputError: If a value is no finite number.
    """
    wrong = next((row for row, value in enumerate(column.values) if not _finite(value)), None)
    if column.sort not in (int, float):
        # a CSV's column is text as soon as one field is no number: name that field
        wrong = next((row for row, value in enumerate(column.values) if not _reads_as_number(value)), 0)
    if wrong is not None:
        raise InputError(
            f"found {in_words(column.values[wrong])} in {column.where(wrong)}, expected a finite number",
            place=f"{place}.label",
        )
    return Labels(KINDS["regression"], (), np.asarray(column.values, dtype=np.float64))


def standardise(
    targets: NDArray[np.float64], train: NDArray[np.bool_], *, at: str
) -> tuple[NDArray[np.float32], float, float]:
    """Targets minus the mean over standard deviation of the training examples, and the two; no unit, 0 is the mean.

    Raises:
        InputError: If the training targets are constant.
    """
    centre, spread = float(targets[train].mean()), float(targets[train].std())
    if not spread > 1e-12 * max(abs(centre), 1e-30):
        raise InputError(f"every training row has the value {targets[train][0]:g}; nothing to predict", place=at)
    return ((targets - centre) / spread).astype(np.float32), centre, spread


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < LARGEST


def _reads_as_number(value: object) -> bool:
    try:
        return isinstance(value, str | int) and not isinstance(value, bool) and np.isfinite(float(value)).item()
    except ValueError:
        return False
