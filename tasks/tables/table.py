"""A table: columns by name, and where every row stands."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.errors import InputError


@dataclass(frozen=True, eq=False)
class Table:
    """``N`` rows that were read from one place.

    Args:
        name: What messages call it, such as ``defect/train.jsonl``.
        columns: Names of the columns, in the file's order.
        numbers: Line or row number of every row, from 1, shape ``(N,)``.
        unit: What the numbers count: ``line`` or ``row``.
        read: The values of one column, a list of ``N``; None where a record lacks it.
        typed: False if all values are strings because the format knows nothing else.

    Raises:
        InputError: If a column name occurs twice.
    """

    name: str
    columns: tuple[str, ...]
    numbers: NDArray[np.int64]
    unit: str
    read: Callable[[str], list[object]]
    typed: bool = True

    def __post_init__(self) -> None:
        repeated = [column for column, count in Counter(self.columns).items() if count > 1]
        if repeated:
            raise InputError(f"column `{repeated[0]}` occurs twice; rename one of them", place=self.name)

    @property
    def rows(self) -> int:
        """Number of rows, ``N``."""
        return len(self.numbers)

    def places(self) -> list[str]:
        """Every row as a person finds it again, such as ``clones.csv line 17``."""
        return [f"{self.name} {self.unit} {number}" for number in self.numbers.tolist()]

    def column(self, name: str) -> list[object]:
        """The values of one column; ``name`` must be among the columns."""
        return self.read(name)
