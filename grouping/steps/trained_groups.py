"""What a search has trained so far, and the best grouping of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grouping.cover import Cover
from grouping.rows import FEASIBLE, UNSERVED, Rows
from grouping.solvers.selection import DP_TASKS, select
from grouping.steps.imagined import best_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from affinity.predictor import Measured
    from grouping.cost_limit import CostLimit, RowCosts
    from grouping.partition import Group
    from grouping.solvers.selection import Mode

    Array = NDArray[np.float64]


ROUNDING = 1e-9
"""Share of a value, or of 1, that rounding may have made."""
USELESS = 100.0
"""Largest gains that a gain below its floor costs: more than all tasks together can make up for."""


class TrainedGroups:
    """Answers, questions without one, and the choice among them; singles are trained, and gain 0.

    Args:
        tasks: Sorted by name.
        adapters: Most groups of a choice.
        measured: What was trained before.
        bound: Tasks that may not stand alone.
        floors: The least gain with which a group may serve a task, at most 0; none for a task that is not named.
        limit: On what the groups of a choice cost together.
    """

    def __init__(
        self,
        tasks: tuple[str, ...],
        *,
        adapters: int,
        mode: Mode,
        measured: Sequence[Measured],
        bound: Collection[str] = (),
        floors: Mapping[str, float] | None = None,
        limit: CostLimit | None = None,
    ) -> None:
        self.tasks, self.adapters, self.mode, self.limit = tasks, adapters, mode, limit
        self._alone = np.array([UNSERVED if task in bound else 0.0 for task in tasks])
        self._floors = np.array([(floors or {}).get(task, -np.inf) for task in tasks])
        self.measured = {tuple(sorted(of.group)): of for of in measured if len(of.group) > 1}
        self.closed = {self.mask(group) for group in self.measured}
        """Masks of groups that were asked for, refused ones among them."""
        self.choice: Cover | None = None
        """The best grouping of what was trained; None while none can be made."""
        self.value = -np.inf
        """Its value."""
        self.choose(exactly=False)

    def mask(self, group: Group) -> int:
        """Members as bits."""
        return sum(1 << self.tasks.index(task) for task in group)

    def learn(self, group: Group, answer: Measured | None) -> None:
        """An answer; None says that the group cannot be trained."""
        self.closed.add(self.mask(group))
        if answer is not None:
            self.measured[group] = answer
            self.choose(exactly=False)

    def believe(self, gains: Mapping[Group, Measured]) -> None:
        """Chooses anew, by these gains of all trained groups in place of those that were measured."""
        self.measured = {group: gains[group] for group in self.measured if group in gains}
        self.choice, self.value = None, -np.inf
        self.choose(exactly=True)

    def keep_to(self, groups: Collection[Group]) -> None:
        """Chooses anew among these and the singles, if any grouping can be made of them."""
        every, choice, value = self.measured, self.choice, self.value
        self.believe({group: of for group, of in every.items() if group in groups})
        self.measured = every
        if self.choice is None:
            self.choice, self.value = choice, value

    def rows(self) -> Rows:
        """The trained groups in the order of their answers, and the singles."""
        return Rows.of(self.measured, self.tasks)

    def gains(self) -> Array:
        """Measured gains of :meth:`rows`, :data:`UNSERVED` where a group may not serve a task, shape ``(R, T)``."""
        known = np.full((len(self.measured) + len(self.tasks), len(self.tasks)), UNSERVED)
        for row, answer in enumerate(self.measured.values()):
            known[row, [self.tasks.index(task) for task in answer.group]] = answer.mean
        known[known < self._floors - ROUNDING] = UNSERVED
        known[len(self.measured) :][np.diag_indices(len(self.tasks))] = self._alone
        return known

    def worth(self, draws: Array) -> Array:
        """What drawn gains are worth: those below a floor would be no use, shape ``(D, G, T)`` as they come.

        They are lowered by :data:`USELESS` times the largest gain rather than forbidden: means over draws then fear a
        floor as much as it is likely to be missed.
        """
        if not np.isfinite(self._floors).any():
            return draws
        largest = np.abs(draws[draws > FEASIBLE]).max(initial=0.0)
        below = (draws < self._floors) & (draws > FEASIBLE)
        return np.where(below, draws - USELESS * largest, draws)

    def chance_beside(self, values: Array) -> float:
        """Share of draws in which a value is better than the choice, by more than rounding; NaN without a choice."""
        least = ROUNDING * max(1.0, abs(self.value))
        return np.nan if self.choice is None else float((values > self.value + least).mean())

    def choose(self, *, exactly: bool) -> None:
        """The best grouping of what was trained; between questions about many tasks an exchange of groups is enough."""
        rows, known = self.rows(), self.gains()
        costs = None if self.limit is None else self.limit.on(rows)
        if exactly or (costs is not None and len(self.tasks) <= DP_TASKS):
            choice = select(known, rows, adapters=self.adapters, mode=self.mode, costs=costs)
            if choice is not None and choice.value > self.value:
                self.choice, self.value = choice.cover(rows), choice.value
            return
        every = np.arange(len(rows.members))
        chosen = best_of(known, rows, every, adapters=self.adapters, mode=self.mode, costs=costs)
        least = max(self.value, FEASIBLE)
        if chosen is not None and (value := float(known[list(chosen)].max(axis=0).sum())) > least:
            self.choice, self.value = cover_of(known, rows, chosen), value


def best_of(
    gains: Array,
    rows: Rows,
    usable: NDArray[np.intp],
    *,
    adapters: int,
    mode: Mode,
    costs: RowCosts | None = None,
) -> tuple[int, ...] | None:
    """The best grouping of some rows, the singles among them."""
    usable = np.sort(usable)
    some = rows.only(usable[usable < rows.shared])
    within = None if costs is None else costs.at(usable)
    chosen = best_rows(gains[None, usable], some, adapters=adapters, mode=mode, costs=within)[0]
    return None if chosen is None else tuple(int(usable[row]) for row in chosen)


def cover_of(gains: Array, rows: Rows, chosen: tuple[int, ...]) -> Cover:
    """Each task is served by the chosen row in which it gains most."""
    serving = [chosen[int(place)] for place in gains[list(chosen)].argmax(axis=0)]
    kept = sorted(set(serving))
    served_by = {task: kept.index(row) for task, row in zip(rows.tasks, serving, strict=True)}
    return Cover.of([rows.group(row) for row in kept], served_by)
