"""What is known so far: measured groups, and the predictors fitted on them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from grouping.rounds.weighted_gains import WeightedGains, shares
from grouping.universe import every_or_some, places_of, rows_of, singles_and_together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from affinity.gains import MeasuredGroup
    from affinity.predictor import GainPredictor, Prediction
    from grouping.partition import Group, Partition
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
        trained = np.zeros(len(self.universe.members), dtype=np.bool_)
        trained[singles_and_together(self.universe)[0]] = True
        trained[places_of(self.measured, self.universe)] = True
        return trained

    def delta_errors(self) -> NDArray[np.float64]:
        """Standard error that a measured delta of each task usually has, shape ``(T,)``: the median over groups."""
        errors: dict[str, list[float]] = {task: [] for task in self.tasks}
        for group in self.measured.values():
            if len(group.group) > 1:
                for task, error in zip(group.group, group.delta_error, strict=True):
                    errors[task].append(float(error))
        return np.array([np.median(found) if found else 0.0 for found in errors.values()])

    def serving(self, partition: Partition) -> Prediction:
        """Predicted gains of the partition's groups, one row per group, shape ``(k, T)``."""
        return self.gains.predict(rows_of(partition.groups, self.tasks))

    def holds(self, partition: Partition) -> bool:
        """Whether every group of the partition was trained."""
        return all(len(group) == 1 or group in self.measured for group in partition.groups)

    def measured_gains(self, partition: Partition) -> dict[str, float]:
        """Every task's measured gain in its group; 0 alone."""
        shared = [self.measured[group] for group in partition.groups if len(group) > 1]
        gains = {task: float(gain) for of in shared for task, gain in zip(of.group, of.gain, strict=True)}
        return {task: gains.get(task, 0.0) for task in self.tasks}

    def measured_mean(self, partition: Partition) -> float:
        """Mean over tasks of the measured gains, as they count; a group of one counts 0."""
        weight = dict(zip(self.tasks, self.shares.tolist(), strict=True))
        shared = [self.measured[group] for group in partition.groups if len(group) > 1]
        counted = (float(np.dot(of.gain, [weight[name] for name in of.group])) for of in shared)
        return sum(counted) / len(self.tasks)
