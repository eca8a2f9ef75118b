"""Groups that a search looks at before it trains one: all of a list, or, of too many, promising ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from affinity.predictor import Prediction
from grouping.rows import UNSERVED, Rows
from grouping.steps.imagined import best_rows, listed_partitions
from grouping.steps.improvement import expected_best

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor
    from grouping.cost_limit import CostLimit
    from grouping.solvers.selection import Mode
    from grouping.steps.effort import Effort

    Array = NDArray[np.float64]


SCREENED = 64
"""Draws from which means and errors of a large pool are read, where exact ones cost too much."""
EXACT = 2e8
"""Most products of a pool's members and the square of what was measured for which means and errors are exact."""


class Listed:
    """A pool of groups, all of which may be trained.

    Args:
        rows: The pool.
        adapters: Most groups of a grouping.
        effort: How many are looked at closely.
        limit: On what the groups of a grouping cost together.
    """

    def __init__(
        self, rows: Rows, *, adapters: int, mode: Mode, effort: Effort, limit: CostLimit | None = None
    ) -> None:
        self._rows, self._adapters, self._mode, self._effort = rows, adapters, mode, effort
        self._costs = None if limit is None else limit.on(rows)
        self._listed = listed_partitions(rows, adapters=adapters, mode=mode, costs=self._costs)

    def look(
        self,
        gains: GainPredictor,
        *,
        closed: Collection[int],
        trained: Rows,
        known: Array,
        generator: np.random.Generator,
    ) -> NDArray[np.bool_]:
        """Members of the groups, each with two tasks or more, shape ``(C, T)``; no rows if nothing is left.

        Args:
            gains: What is predicted by now.
            closed: Masks of groups that were asked for.
            trained: Groups that were trained, and singles.
            known: Their gains, :data:`UNSERVED` where they may not serve a task, shape ``(n, T)``.
        """
        rows = self._rows
        left = np.flatnonzero(~np.isin(rows.masks[: rows.shared], list(closed)))
        effort = self._effort
        if len(left) <= effort.looked_at:
            return rows.members[left]
        members = rows.members[left]
        imagined = np.full((effort.imagined // 3, *rows.members.shape), UNSERVED)
        measured = trained.members[: trained.shared].sum()
        exact = members.sum() * measured**2 <= EXACT
        drawn = worlds(gains, members, draws=len(imagined) if exact else SCREENED, generator=generator)
        predicted = gains.predict(members) if exact else Prediction(drawn.mean(axis=0), drawn.std(axis=0))
        kept = [promising(predicted, members, known, effort.looked_at)]
        imagined[:, left] = drawn[: len(imagined)]
        for mask, of in zip(trained.masks.tolist(), known, strict=True):
            if mask in rows.places:
                imagined[:, rows.places[mask]] = of
        chosen = best_rows(
            imagined, rows, adapters=self._adapters, mode=self._mode, listed=self._listed, costs=self._costs
        )
        kept += [np.flatnonzero(np.isin(left, of or ())) for of in chosen]
        return rows.members[left[np.unique(np.concatenate(kept))]]


def worlds(gains: GainPredictor, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
    """Draws of the gains of groups, :data:`UNSERVED` where a task is no member, shape ``(D, G, T)``."""
    found = gains.draw(members, draws=draws, generator=generator)
    found[:, ~members] = UNSERVED
    generator.shuffle(found, axis=0)
    return found


def promising(predicted: Prediction, members: NDArray[np.bool_], known: Array, number: int) -> NDArray[np.intp]:
    """Indices of the groups that most improve on what each task has by now, and of those with the highest sum of gains.

    Args:
        predicted: Of untrained groups, shape ``(G, T)``.
        members: Of the same groups, alike.
        known: Gains of trained groups and singles, :data:`UNSERVED` where a task is no member, shape ``(n, T)``.
        number: How many are wanted, half of them by either.
    """
    have = np.sort(known, axis=0)[-2:].mean(axis=0)  # of two groups, as one alone is seldom free to serve
    best = known.max(axis=0)
    have = np.where(have > UNSERVED / 4, have, np.where(best > UNSERVED / 4, best, 0.0))
    mean, error = np.where(members, predicted.mean, 0.0), np.where(members, predicted.error, 0.0)
    better = np.where(members, expected_best(mean, error, have) - have, 0.0).sum(axis=1)
    total = mean.sum(axis=1)
    first = np.argsort(-better, kind="stable")[: number // 2]
    rest = np.argsort(-total, kind="stable")
    rest = rest[~np.isin(rest, first)][: number - len(first)]
    return np.sort(np.concatenate([first, rest]))
