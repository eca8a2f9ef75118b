"""Exact partitions into listed groups, by an integer program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.partition import Partition
from grouping.solvers.frontier import Frontier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class ListedSolver:
    """The partition of highest value into some of the rows, or of those with the fewest groups the best.

    A :class:`grouping.solvers.Solver` whose values are by row, and which answers for one number of groups alone, that
    of the partition it found; or for every number up to it.

    Args:
        members: Rows of membership, shape ``(R, T)``.
        fewest: Whether fewer groups go before a higher value.
        every: Whether each number of groups is solved for, up to that of the best partition.

    Source: set partitioning by HiGHS, https://highs.dev, through :func:`scipy.optimize.milp`.
    """

    def __init__(self, members: NDArray[np.bool_], *, fewest: bool, every: bool = False) -> None:
        self._members, self._fewest, self._every = members, fewest, every

    def solve(
        self, values: NDArray[np.float64], *, tasks: Sequence[str], max_groups: int | None = None
    ) -> Frontier[Partition]:
        """See :class:`grouping.solvers.Solver`; ``values`` has shape ``(R,)``."""
        if values.shape != (len(self._members),) or np.isnan(values).any() or np.isposinf(values).any():
            raise ValueError(f"Expected a value, or -inf, for {len(self._members)} groups, but got {values.shape}.")
        most = len(tasks) if max_groups is None else min(max_groups, len(tasks))
        nothing: Frontier[Partition] = Frontier(values=np.full(most, -np.inf), groupings=(None,) * most)
        rows = np.flatnonzero(values > -np.inf)
        if not self._members[rows].any(axis=0).all():
            return nothing
        worth = values[rows]
        if self._fewest:  # a group more costs more than any two partitions can differ by
            worth = worth - (1 + 2 * len(tasks) * float(np.abs(worth).max()))
        best = np.full(most, -np.inf)
        found: list[Partition | None] = [None] * most
        numbers = [most]
        while numbers:
            taken = _partition(self._members[rows], worth, numbers.pop())
            if taken is None:
                continue
            number, chosen = int(taken.sum()), rows[taken]
            if values[chosen].sum() > best[number - 1]:
                best[number - 1] = values[chosen].sum()
                groups = [[tasks[int(index)] for index in np.flatnonzero(self._members[row])] for row in chosen]
                found[number - 1] = Partition.of(groups)
            if self._every and number > 1:
                numbers.append(number - 1)
        return Frontier(values=best, groupings=tuple(found))


def _partition(members: NDArray[np.bool_], worth: NDArray[np.float64], most: int) -> NDArray[np.bool_] | None:
    """Which rows make up the best partition, shape ``(R,)``; None if none do."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # takes longer to import than all of grouping
    from scipy.sparse import csr_array

    once = np.ones(members.shape[1])
    found = milp(
        -worth,
        constraints=[
            LinearConstraint(csr_array(members.T.astype(np.float64)), once, once),
            LinearConstraint(np.ones((1, len(worth))), 0, most),
        ],
        integrality=np.ones(len(worth), dtype=np.int64),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    return None if found.x is None else np.asarray(found.x > 0.5)
