"""Exact choice of at most so many groups among given ones: which to keep, and which of them serves each task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from grouping.cover import Cover
from grouping.masks import mask_of
from grouping.rows import FEASIBLE
from grouping.solvers.subset_dp import SubsetDP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grouping.cost_limit import RowCosts
    from grouping.rows import Rows

Mode = Literal["partition", "cover"]
"""Whether every task stands in one group, or may help in others besides the one that serves it."""

DP_TASKS = 12
"""Most tasks for which subsets are enumerated; beyond, HiGHS solves an integer program."""
GAP = 0.0
"""Share of the best value that the integer program may miss; HiGHS stops at a ten-thousandth unless told otherwise."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Chosen groups.

    Args:
        rows: Which rows, sorted.
        served: Row that serves each task, shape ``(T,)``.
        value: Sum over tasks of the gain in the serving group.
    """

    rows: tuple[int, ...]
    served: NDArray[np.intp]
    value: float

    def cover(self, rows: Rows) -> Cover:
        """The same with names."""
        groups = [rows.group(row) for row in self.rows]
        return Cover.of(
            groups, {task: self.rows.index(int(row)) for task, row in zip(rows.tasks, self.served, strict=True)}
        )


def select(
    gains: NDArray[np.float64], rows: Rows, *, adapters: int, mode: Mode, costs: RowCosts | None = None
) -> Selection | None:
    """The best choice of at most ``adapters`` rows that serves every task; None if there is none.

    A cover serves each task by the chosen group in which it gains most. In a partition the chosen groups are disjoint.

    Args:
        gains: Of every row's members, below :data:`FEASIBLE` where a group cannot serve a member, shape ``(R, T)``;
            what stands elsewhere is not read.
        rows: The groups to choose from.
        costs: What the rows cost and may cost together. Where the best choice of few tasks costs more, the integer
            program decides.
    """
    if len(rows.tasks) <= DP_TASKS:
        found = select_by_sets(gains[None], rows, served_sets(rows, mode), adapters=adapters)[0]
        if found is None or found.value <= FEASIBLE:
            return None
        if costs is None or costs.within(found.rows):
            return found
    return by_program(gains, rows, adapters=adapters, mode=mode, costs=costs)


@dataclass(frozen=True, eq=False)
class ServedSets:
    """Which sets of tasks each row can serve: of a cover any part of its members, of a partition only all of them.

    So the best cover is the best partition of the tasks into served sets, and both are one dynamic program.

    Args:
        mode: Of the grouping.
        blocks: Rows of equal size ``m`` with, for each, the sets that they serve: rows ``(n,)``, their members
            ``(n, m)``, parts of ``m`` members as columns ``(m, p)``.
        order: Sorts the values of all blocks, flattened, by the set.
        starts: Where each set's values start then.
        sets: The sets as masks, ascending.
    """

    mode: Mode
    blocks: tuple[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]], ...]
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    sets: NDArray[np.int64]

    def worth(self, gains: NDArray[np.float64], prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """What serving exactly a set by one group is worth at best, less the group's price.

        Shapes: gains ``(D, R, T)``, prices ``(R,)``, what is returned ``(D, 2 ** T)``.
        """
        draws, _, count = gains.shape
        values = np.concatenate(
            [
                (gains[:, rows[:, None], members] @ parts - prices[rows][:, None]).reshape(draws, -1)
                for rows, members, parts in self.blocks
            ],
            1,
        )
        worth = np.full((draws, 1 << count), -np.inf)
        worth[:, self.sets] = np.maximum.reduceat(values[:, self.order], self.starts, axis=1)
        return worth

    def columns(self, gains: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.float64]]:
        """Every row with every set that it can serve, and its gain there, in the order of the blocks; ``(R, T)``."""
        rows, masks, values = [], [], []
        for row, members, parts in self.blocks:
            bits = np.left_shift(np.int64(1), members.astype(np.int64))
            rows.append(np.repeat(row, parts.shape[1]))
            masks.append((bits @ parts.astype(np.int64)).ravel())
            values.append((gains[row[:, None], members] @ parts).ravel())
        return np.concatenate(rows), np.concatenate(masks), np.concatenate(values)


def served_sets(rows: Rows, mode: Mode) -> ServedSets:
    """The sets that the rows can serve."""
    sizes = rows.members.sum(axis=1)
    blocks, masks = [], []
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        members = np.nonzero(rows.members[chosen])[1].reshape(len(chosen), int(size))
        if mode == "partition":
            parts = np.ones((1, int(size)), dtype=np.int64)
        else:
            parts = (np.arange(1, 1 << int(size))[:, None] >> np.arange(int(size))) & 1
        blocks.append((chosen, members, parts.T.astype(np.float64)))
        masks.append((np.left_shift(np.int64(1), members.astype(np.int64)) @ parts.T).ravel())
    flat = np.concatenate(masks)
    order = np.argsort(flat, kind="stable")
    sets, starts = np.unique(flat[order], return_index=True)
    return ServedSets(mode, tuple(blocks), order, starts.astype(np.intp), sets)


def select_by_sets(
    gains: NDArray[np.float64],
    rows: Rows,
    served: ServedSets,
    *,
    adapters: int,
    prices: NDArray[np.float64] | None = None,
) -> list[Selection | None]:
    """As :func:`select`, for several gains of the same rows, shape ``(D, R, T)``.

    Args:
        prices: What a chosen row takes off the value, shape ``(R,)``, infinite for one that may not be chosen. A row
            that serves two sets pays twice. The selections' values are without prices.
    """
    prices = np.zeros(len(rows.members)) if prices is None else prices
    worths = served.worth(gains, prices)
    found: list[Selection | None] = []
    for of, worth in zip(gains, worths, strict=True):
        frontier = SubsetDP().solve(worth, tasks=rows.tasks, max_groups=adapters)
        partition = frontier.groupings[int(np.argmax(frontier.values))]
        if partition is None:
            found.append(None)
            continue
        serving = np.empty(len(rows.tasks), dtype=np.intp)
        for group in partition.groups:
            mask = mask_of(group, rows.tasks)
            columns = [rows.tasks.index(task) for task in group]
            if served.mode == "partition":
                serving[columns] = rows.places[mask]
            else:
                holding = np.flatnonzero(rows.masks & mask == mask)
                serving[columns] = holding[(of[holding][:, columns].sum(axis=1) - prices[holding]).argmax()]
        found.append(_selection(of, serving))
    return found


def by_program(
    gains: NDArray[np.float64], rows: Rows, *, adapters: int, mode: Mode, costs: RowCosts | None = None
) -> Selection | None:
    """As :func:`select`, for any number of tasks, by HiGHS.

    The limit on costs is one more row. HiGHS meets it up to a millionth; a choice that is above by more than rounding
    is ruled out, with all that hold the same groups, and the program is solved again.
    """
    usable = np.ones(len(rows.members), dtype=np.bool_)
    limits = [(np.ones(len(usable)), float(adapters))]
    if costs is not None:
        usable = costs.usable
        if costs.most > 0:
            limits.append((np.where(usable, costs.each, 0.0) / costs.most, 1.0))
    while True:
        found = _solve(gains, rows, mode, usable, limits)
        if found is None or costs is None or costs.within(found.rows):
            return found
        limits.append((np.isin(np.arange(len(usable)), found.rows).astype(np.float64), len(found.rows) - 1.0))


def _solve(
    gains: NDArray[np.float64],
    rows: Rows,
    mode: Mode,
    usable: NDArray[np.bool_],
    limits: list[tuple[NDArray[np.float64], float]],
) -> Selection | None:
    """Uncapacitated facility location with limits on open facilities; for partitions, set partitioning.

    Args:
        usable: Rows that may be open, shape ``(R,)``.
        limits: Weights of open rows, shape ``(R,)``, and the most that they may sum to.
    """
    number, count = rows.members.shape
    weights, most = np.array([of for of, _ in limits]), np.array([upper for _, upper in limits])
    row, task = np.nonzero(rows.members & (gains > FEASIBLE))
    worth = gains[row, task]
    if mode == "partition":
        totals = np.bincount(row, weights=worth, minlength=number)
        whole = np.bincount(row, minlength=number) == rows.members.sum(axis=1)
        covering = LinearConstraint(coo_array((np.ones(len(row)), (task, row)), shape=(count, number)).tocsr(), 1, 1)
        cap = LinearConstraint(weights, 0, most)
        found = milp(
            -totals, constraints=[covering, cap], integrality=np.ones(number, dtype=np.int64),
            bounds=Bounds(0, (whole & usable).astype(np.float64)),
            options={"mip_rel_gap": GAP},
        )  # fmt: skip
        if found.x is None:
            return None
        served = np.empty(count, dtype=np.intp)
        for chosen in np.flatnonzero(found.x > 0.5):
            served[rows.members[chosen]] = chosen
        return _selection(gains, served)
    edges = len(row)
    serve = np.arange(edges)
    once = coo_array((np.ones(edges), (task, number + serve)), shape=(count, number + edges)).tocsr()
    opened = coo_array(
        (np.concatenate([np.ones(edges), -np.ones(edges)]), (np.tile(serve, 2), np.concatenate([number + serve, row]))),
        shape=(edges, number + edges),
    ).tocsr()
    cap = LinearConstraint(np.concatenate([weights, np.zeros((len(weights), edges))], axis=1), 0, most)
    found = milp(
        np.concatenate([np.zeros(number), -worth]),
        constraints=[LinearConstraint(once, 1, 1), LinearConstraint(opened, -np.inf, 0), cap],
        integrality=np.repeat([1, 0], [number, edges]),
        bounds=Bounds(0, np.concatenate([usable.astype(np.float64), np.ones(edges)])),
        options={"mip_rel_gap": GAP},
    )
    if found.x is None:
        return None
    chosen_rows = np.flatnonzero(found.x[:number] > 0.5)
    among = np.where(rows.members[chosen_rows], gains[chosen_rows], -np.inf)
    return _selection(gains, chosen_rows[among.argmax(axis=0)])


def _selection(gains: NDArray[np.float64], served: NDArray[np.intp]) -> Selection:
    chosen = tuple(sorted({int(row) for row in served}))
    return Selection(chosen, served, float(gains[served, np.arange(len(served))].sum()))
