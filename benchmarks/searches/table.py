"""A table that searches are measured on: what training a group tells, and what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grouping.rows import UNSERVED, Rows

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Origin:
    """How the gains of a planted table of ``G`` groups of two tasks or more came about; singles are not among them.

    Args:
        expected: What is no luck, shape ``(G, T)``; means nothing where a task is no member.
        run: Standard deviation of the luck that all members of a group share, for each task, shape ``(T,)``.
        misfit: That of a cell's own luck, alike.
    """

    expected: Array
    run: Array
    misfit: Array


@dataclass(frozen=True, eq=False)
class SearchTable:
    """Gains of ``R`` groups, the ``T`` singles among them, of which nothing is to be trained.

    Args:
        rows: The groups; singles at the end.
        told: What training tells, shape ``(R, T)``; :data:`UNSERVED` where a task is no member, 0 for singles.
        valued: What counts, alike; the same array where a table has one value per gain only.
        origin: How gains came about, for methods that are told; None of a table that was measured.

    Raises:
        ValueError: If the group of all tasks is missing: some answer must be possible after one model.
    """

    rows: Rows
    told: Array
    valued: Array
    origin: Origin | None = None

    def __post_init__(self) -> None:
        if not self.rows.members.all(axis=1).any():
            raise ValueError("Expected the group of all tasks in the table, but got none.")

    @classmethod
    def of(cls, members: NDArray[np.bool_], told: Array, valued: Array, origin: Origin | None = None) -> "SearchTable":
        """The table of these groups of two tasks or more, all three ``(G, T)``; tasks are called after their place."""
        count = members.shape[1]
        tasks = tuple(f"t{place:02d}" for place in range(count))
        rows = Rows(tasks, np.concatenate([members, np.eye(count, dtype=np.bool_)]))
        return cls(rows, *(_with_singles(of, members) for of in (told, valued)), origin)

    @property
    def size(self) -> int:
        """How many groups can be trained."""
        return self.rows.shared

    @property
    def together(self) -> int:
        """Row of the group of all tasks."""
        return int(np.flatnonzero(self.rows.members.all(axis=1))[0])

    @property
    def complete(self) -> bool:
        """Whether every group is there."""
        count = len(self.rows.tasks)
        return self.size == (1 << count) - count - 1

    def permuted(self, seed: int) -> "SearchTable":
        """The same with tasks and groups in another order."""
        generator = np.random.default_rng([seed, 1])
        columns = generator.permutation(len(self.rows.tasks))
        lines = generator.permutation(self.size)
        members, told, valued = (
            of[: self.size][lines][:, columns] for of in (self.rows.members, self.told, self.valued)
        )
        how = self.origin
        if how is not None:
            how = Origin(how.expected[lines][:, columns], how.run[columns], how.misfit[columns])
        return SearchTable.of(members, told, valued, how)

    def value(self, served: Sequence[int] | NDArray[np.intp]) -> float:
        """Sum over tasks of what counts in the row that serves each of them."""
        return float(self.valued[served, np.arange(len(self.rows.tasks))].sum())


def _with_singles(gains: Array, members: NDArray[np.bool_]) -> Array:
    count = members.shape[1]
    singles = np.full((count, count), UNSERVED)
    singles[np.diag_indices(count)] = 0.0
    return np.concatenate([np.where(members, gains, UNSERVED), singles])
