"""Groups that a search looks at before it trains one: all that may be trained, or, of too many, promising ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from grouping.completions import UNSERVED
from grouping.imagined import best_rows
from grouping.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from affinity.predictor import GainPredictor
    from grouping.effort import Effort
    from grouping.solvers.selection import Mode

    Array = NDArray[np.float64]

STARTS = 256
"""Random groups from which others are grown where there are too many to list."""
GROWN = 48
"""Most groups whose neighbours are grown: with one task more, or one less."""


class Candidates(Protocol):
    """Untrained groups worth a closer look."""

    def look(
        self, gains: GainPredictor, *, closed: Collection[int], known: Array, generator: np.random.Generator
    ) -> NDArray[np.bool_]:
        """Members of the groups, each with two tasks or more, shape ``(C, T)``; no rows if nothing is left.

        Args:
            gains: What is predicted by now.
            closed: Masks of groups that were asked for.
            known: Gains of trained groups and singles, :data:`UNSERVED` where a task is no member, shape ``(n, T)``.
        """
        ...


class Listed:
    """A pool of groups, all of which may be trained.

    Args:
        rows: The pool.
        adapters: Most groups of a grouping.
        effort: How many are looked at closely.
    """

    def __init__(self, rows: Rows, *, adapters: int, mode: Mode, effort: Effort) -> None:
        self._rows, self._adapters, self._mode, self._effort = rows, adapters, mode, effort

    def look(
        self, gains: GainPredictor, *, closed: Collection[int], known: Array, generator: np.random.Generator
    ) -> NDArray[np.bool_]:
        """See :class:`Candidates`."""
        rows = self._rows
        left = np.flatnonzero(~np.isin(rows.masks[: rows.shared], list(closed)))
        effort = self._effort
        if len(left) <= effort.looked_at:
            return rows.members[left]
        glance = worlds(gains, rows.members[left], draws=effort.glances, generator=generator)
        kept = [promising(glance, known, effort.looked_at)]
        among = rows.only(left)
        imagined = np.full((effort.imagined // 3, *among.members.shape), UNSERVED)
        imagined[:, : len(left)] = glance[: len(imagined)]
        singles = np.arange(len(rows.tasks))
        imagined[:, len(left) + singles, singles] = 0.0
        chosen = best_rows(imagined, among, adapters=self._adapters, mode=self._mode)
        kept += [np.array([row for row in of or () if row < len(left)], dtype=np.intp) for of in chosen]
        return rows.members[left[np.unique(np.concatenate(kept))]]


class Grown:
    """All groups of many tasks, of which promising ones are grown from random ones and from those that were trained.

    Args:
        count: Number of tasks.
        effort: How many are looked at closely.
    """

    def __init__(self, count: int, *, effort: Effort) -> None:
        self._count, self._effort = count, effort

    def look(
        self, gains: GainPredictor, *, closed: Collection[int], known: Array, generator: np.random.Generator
    ) -> NDArray[np.bool_]:
        """See :class:`Candidates`."""
        trained = known[: len(known) - self._count] > UNSERVED
        found = self._untried([self._random(generator), self._neighbours(trained[-GROWN:])], closed)
        for last in (False, True):
            glance = worlds(gains, found, draws=self._effort.glances, generator=generator)
            kept = found[promising(glance, known, self._effort.looked_at if last else GROWN)]
            if last:
                return kept
            found = self._untried([found, self._neighbours(kept)], closed)
        return found

    def _random(self, generator: np.random.Generator) -> NDArray[np.bool_]:
        """Groups of all sizes alike."""
        sizes = generator.integers(2, self._count + 1, size=STARTS)
        ranks = np.argsort(generator.random((STARTS, self._count)), axis=1)
        members: NDArray[np.bool_] = ranks < sizes[:, None]
        return members

    def _neighbours(self, members: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The groups with one task more or less."""
        flipped = members[:, None, :] ^ np.eye(self._count, dtype=np.bool_)
        return flipped.reshape(-1, self._count)

    def _untried(self, parts: list[NDArray[np.bool_]], closed: Collection[int]) -> NDArray[np.bool_]:
        members = np.unique(np.concatenate(parts), axis=0)
        masks = members.astype(np.int64) @ (np.int64(1) << np.arange(self._count, dtype=np.int64))
        kept: NDArray[np.bool_] = members[(members.sum(axis=1) > 1) & ~np.isin(masks, list(closed))]
        return kept


def worlds(gains: GainPredictor, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
    """Draws of the gains of groups, :data:`UNSERVED` where a task is no member, shape ``(D, G, T)``."""
    found = gains.draw(members, draws=draws, generator=generator)
    found[:, ~members] = UNSERVED
    generator.shuffle(found, axis=0)
    return found


def promising(draws: Array, known: Array, number: int) -> NDArray[np.intp]:
    """Indices of the groups that most improve on what each task has by now, and of those with the highest sum of gains.

    Args:
        draws: Gains of untrained groups, :data:`UNSERVED` where a task is no member, shape ``(D, G, T)``.
        known: Gains of trained groups and singles, alike, shape ``(n, T)``.
        number: How many are wanted, half of them by either.
    """
    have = np.sort(known, axis=0)[-2:].mean(axis=0)  # of two groups, as one alone is seldom free to serve
    have = np.where(have > UNSERVED / 4, have, known.max(axis=0))
    better = np.maximum(draws - have, 0.0).sum(axis=2).mean(axis=0)
    total = np.where(draws > UNSERVED, draws, 0.0).sum(axis=2).mean(axis=0)
    first = np.argsort(-better, kind="stable")[: number // 2]
    rest = np.argsort(-total, kind="stable")
    rest = rest[~np.isin(rest, first)][: number - len(first)]
    return np.sort(np.concatenate([first, rest]))
