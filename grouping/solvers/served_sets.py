"""Exact groupings whose groups may have helpers: for every set of tasks its best row, then the best partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.grouped import grouped
from grouping.solvers.frontier import Frontier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from grouping.grouped import Grouped
    from grouping.serving import Serving
    from grouping.universe import Universe


class ServedSets:
    """A :class:`grouping.solvers.Solver` whose values are of rows: a group that is trained, and whom it serves.

    Tasks are served by one group each, so with :math:`v(S)` the highest value of a row that serves ``S`` the best
    grouping is the best partition by ``v``. Of equal rows the one with the fewest helpers is taken. Two sets of one
    group are one adapter: such a grouping has fewer adapters than the number that it stands for. Where no row
    that is allowed serves both, the smaller one is given up, so that what is found may not be the best.

    Args:
        rows: What values are of, ``R`` rows.
        sets: Every set of tasks that a row serves.
        fewest: As of :meth:`grouping.universe.Universe.solver`.
        every: Alike.
    """

    def __init__(self, rows: Serving, sets: Universe, *, fewest: bool, every: bool) -> None:
        self._rows, self._number = rows, len(sets.members)
        self._solver, self._sets = sets.solver(fewest=fewest, every=every), sets
        place = {row.tobytes(): at for at, row in enumerate(sets.members)}
        self._set = np.array([place[row.tobytes()] for row in rows.served], dtype=np.intp)
        self._order = np.lexsort((rows.members.sum(axis=1), self._set))
        self._sorted = self._set[self._order]
        self._first = np.flatnonzero(np.diff(self._sorted, prepend=-1))

    def solve(
        self, values: NDArray[np.float64], *, tasks: Sequence[str], max_groups: int | None = None
    ) -> Frontier[Grouped]:
        """See :class:`grouping.solvers.Solver`; ``values`` has shape ``(R,)``."""
        if values.shape != self._set.shape or np.isnan(values).any() or np.isposinf(values).any():
            raise ValueError(f"Expected a value, or -inf, for {len(self._set)} rows, but got {values.shape}.")
        left = values.copy()
        while True:
            best = np.full(self._number, -np.inf)
            best[self._sorted[self._first]] = np.maximum.reduceat(left[self._order], self._first)
            frontier = self._solver.solve(best, tasks=tasks, max_groups=max_groups)
            rows = [self._chosen(of, left) for of in frontier.groupings]
            wrong = [of for of in rows if of is not None and not self._listed(of, values)]
            if not wrong:
                return Frontier(frontier.values, tuple(None if of is None else self._grouping(of) for of in rows))
            left[[row for of in wrong for row in self._of_one_group(of)]] = -np.inf

    def _chosen(self, partition: Grouped | None, values: NDArray[np.float64]) -> list[int] | None:
        return None if partition is None else [self._best(self._sets.place(of), values) for of in partition.groups]

    def _grouping(self, rows: Sequence[int]) -> Grouped:
        return grouped((self._rows.group(row), self._rows.serves(row)) for row in rows)

    def _listed(self, rows: Sequence[int], values: NDArray[np.float64]) -> bool:
        """Whether sets of one group make up a row that is allowed, where the group serves several."""
        try:
            places = self._rows.places(self._grouping(rows))
        except KeyError:
            return False
        return bool((values[places] > -np.inf).all())

    def _of_one_group(self, rows: Sequence[int]) -> list[int]:
        """All but the largest set of every group that serves several."""
        by_group: dict[bytes, list[int]] = {}
        for row in sorted(rows, key=lambda of: -int(self._rows.served[of].sum())):
            by_group.setdefault(self._rows.members[row].tobytes(), []).append(row)
        return [row for of in by_group.values() for row in of[1:]]

    def _best(self, number: int, values: NDArray[np.float64]) -> int:
        """The row of highest value that serves a set."""
        first, last = np.searchsorted(self._sorted, [number, number + 1])
        rows = self._order[first:last]
        return int(rows[np.argmax(values[rows])])
