"""What is known so far: measured groups, and the predictors fitted on them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from grouping.grouped import entries_of
from grouping.rounds.weighted_gains import WeightedGains, shares
from grouping.served_rows import ServedRows
from grouping.universe import every_or_some, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from affinity.gains import MeasuredGroup
    from affinity.predictor import GainPredictor, Prediction
    from grouping.grouped import Grouped
    from grouping.partition import Group
    from grouping.rounds.screening import Early
    from grouping.universe import Universe


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Never changes; :meth:`learn` gives a new one.

    Args:
        gains: Predictor of gains, fitted on ``measured``.
        deltas: Predictor of deltas in points, fitted likewise; None where no floor is asked for.
        measured: Every trained group of two tasks or more; singles may be there or not.
        weights: How much each task's gain counts; 1 where a task is not named.
        looked_at: The groups that are looked at; None as in :attr:`universe`.
    """

    gains: GainPredictor
    deltas: GainPredictor | None
    measured: Mapping[Group, MeasuredGroup]
    weights: Mapping[str, float] = field(default_factory=dict)
    looked_at: Universe | None = None

    @cached_property
    def universe(self) -> Universe:
        """The groups that are looked at; where none were named all, or those of many tasks that were trained."""
        return self.looked_at or every_or_some(self.tasks, self.measured)

    def among(self, universe: Universe) -> Knowledge:
        """The same, looking at these groups, those that were trained among them."""
        return replace(self, looked_at=universe)

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Weights of mean 1, shape ``(T,)``."""
        return shares(self.weights, self.tasks)

    @cached_property
    def counted(self) -> GainPredictor:
        """Gains as the objective counts them: times :attr:`shares`."""
        return WeightedGains(self.gains, self.shares) if self.weights else self.gains

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order of the predictors' columns."""
        return tuple(self.gains.tasks)

    def learn(self, new: Mapping[Group, MeasuredGroup]) -> Knowledge:
        """After these measurements too."""
        if not new:
            return self
        deltas = None if self.deltas is None else self.deltas.update([group.deltas() for group in new.values()])
        gains = self.gains.update([group.gains() for group in new.values()])
        return replace(self, gains=gains, deltas=deltas, measured={**self.measured, **new})

    def hear(self, early: Mapping[Group, Early]) -> Knowledge:
        """After looks at groups too, which do not make them trained; a measurement replaces its look."""
        if not early:
            return self
        deltas = None if self.deltas is None else self.deltas.update([of.deltas for of in early.values()])
        return replace(self, gains=self.gains.update([of.gains for of in early.values()]), deltas=deltas)

    def trained(self) -> NDArray[np.bool_]:
        """Whether each group of the universe was trained, shape ``(R,)``; every single was, as a reference."""
        return self.universe.trained_as([*((task,) for task in self.tasks), *self.measured])

    def rows_measured(self) -> NDArray[np.bool_]:
        """Members of every trained group, shape ``(G, T)``."""
        return rows_of(self.measured, self.tasks)

    def delta_errors(self) -> NDArray[np.float64]:
        """Standard error that a measured delta of each task usually has, shape ``(T,)``: the median over groups."""
        errors: dict[str, list[float]] = {task: [] for task in self.tasks}
        for group in self.measured.values():
            if len(group.group) > 1:
                for task, error in zip(group.group, group.delta_error, strict=True):
                    errors[task].append(float(error))
        return np.array([np.median(found) if found else 0.0 for found in errors.values()])

    def serving(self, grouping: Grouped) -> Prediction:
        """Predicted gains of the tasks that the grouping's groups serve, one row per group, shape ``(k, T)``."""
        return ServedRows.of(entries_of(grouping), self.tasks).predict(self.gains)

    def holds(self, grouping: Grouped) -> bool:
        """Whether every group of the grouping was trained."""
        return all(len(group) == 1 or group in self.measured for group in grouping.groups)

    def measured_gains(self, grouping: Grouped) -> dict[str, float]:
        """Every task's measured gain in the group that serves it; 0 alone."""
        gains = {
            task: float(self.measured[group].gain[self.measured[group].group.index(task)])
            for group, served in entries_of(grouping)
            if len(group) > 1
            for task in served
        }
        return {task: gains.get(task, 0.0) for task in self.tasks}

    def measured_mean(self, grouping: Grouped) -> float:
        """Mean over tasks of the measured gains, as they count; a group of one counts 0."""
        return float(np.mean(self.shares * list(self.measured_gains(grouping).values())))
