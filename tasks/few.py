"""A few examples of every split: enough to see that a suite runs, too few to learn from."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tasks.fingerprint import fingerprint
from tasks.splits import generator_for
from tasks.task import Rows, Task

FEW = {"train": 64, "stop": 32, "select": 32, "test": 64}
"""Rows of a split that are kept: 64 of train, validation, which is halved, and test."""


def few(task: Task, *, seed: int, most: Mapping[str, int] = FEW) -> Task:
    """The task with at most so many rows per split, drawn from ``seed`` and the task's name alone.

    Whatever a split holds, classes, labels, tenths of the amounts, and rows without a label, stands in what is kept of
    it once at least, even where that makes it more; beyond that units are spread as far as they go. A split that is
    small already stays as it is, and so does the scale of regression.

    Args:
        seed: 0 or more.
        most: Rows by split.
    """
    splits = {}
    for split, rows in task.splits.items():
        generator = generator_for(task.name, seed=seed, purpose=f"few of {split}")
        strata = task.kind.strata(rows.targets)
        splits[split] = _rows(rows, chosen(rows.units, strata, most=most[split], generator=generator))
    if all(len(splits[split]) == len(rows) for split, rows in task.splits.items()):
        return task
    digest = fingerprint(
        "few", task.fingerprint, *((split, rows.texts, rows.targets) for split, rows in splits.items())
    )
    return replace(task, splits=splits, fingerprint=digest)


def chosen(
    units: NDArray[np.int64], strata: NDArray[np.int64], *, most: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Indices of the rows that are kept, ascending; all of them if there are no more than ``most``.

    Args:
        units: Which rows belong together, shape ``(N,)``.
        strata: Pairs of a row and a stratum that it is in, shape ``(K, 2)``; see :meth:`tasks.kinds.Kind.strata`.
        most: More only where every stratum, and something outside it, needs a row.
        generator: Draws.
    """
    if len(units) <= most:
        return np.arange(len(units))
    order = generator.permutation(len(units))
    turn = _occurrence(units[order])
    order = order[np.argsort(turn, kind="stable")]  # a row of every unit, then a second one of each, ...
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    kept: list[int] = []
    for stratum in np.unique(strata[:, 1]).tolist():
        inside = np.zeros(len(units), dtype=bool)
        inside[strata[strata[:, 1] == stratum, 0]] = True
        for side in (inside, ~inside):
            rows = np.flatnonzero(side)
            if len(rows) and not side[kept].any():
                kept.append(int(rows[rank[rows].argmin()]))
    others = order[~np.isin(order, kept)]
    return np.sort([*kept, *others[: max(0, most - len(kept))].tolist()]).astype(np.int64)


def _occurrence(units: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often a row's unit came before it, shape ``(N,)``."""
    by_unit = np.argsort(units, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(units[by_unit]) != 0])
    counts = np.diff(np.r_[starts, len(units)])
    found = np.empty(len(units), dtype=np.int64)
    found[by_unit] = np.arange(len(units)) - np.repeat(starts, counts)
    return found


def _rows(rows: Rows, kept: NDArray[np.int64]) -> Rows:
    at = kept.tolist()
    return Rows(
        tuple(tuple(side[row] for row in at) for side in rows.texts),
        rows.targets[kept],
        rows.units[kept],
        tuple(rows.places[row] for row in at) if rows.places else (),
        tuple(rows.spans[row] for row in at) if rows.spans else (),
    )
