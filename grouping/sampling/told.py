"""What a study of partitions holds: which are taken, and what was told about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.trial import TrialState

from grouping.labels import labels_in, masks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from optuna.trial import FrozenTrial

    from grouping.labels import Labels

    Array = NDArray[np.float64]

AGREE = 1e-6
"""Most by which a value may differ from the mean of its gains, in spreads of the values, to be that mean."""


@dataclass(frozen=True, eq=False)
class Told:
    """One trial, as far as it is about a partition.

    Args:
        labels: Its partition.
        value: What was told, the higher the better; None for a trial that is running, failed or pruned.
        gains: Members' gains in each group of two tasks or more, by its mask; None where one was not reported.
        violations: Values of its constraints by name; above 0 one is violated.
    """

    labels: Labels
    value: float | None
    gains: Mapping[int, Array] | None
    violations: Mapping[str, float]

    @cached_property
    def sums(self) -> tuple[float, ...]:
        """Sum of the gains of each group."""
        return tuple(float(of.sum()) for of in (self.gains or {}).values())

    @property
    def feasible(self) -> bool:
        """Whether no constraint is violated."""
        return all(value <= 0 for value in self.violations.values())


@dataclass(eq=False)
class Reported:
    """What trials reported of one group, each array of shape ``(M,)``."""

    first: Array
    """The first report."""
    total: Array
    """Sum of all reports."""
    number: int = 1
    """Reports."""


@dataclass(frozen=True, eq=False)
class History:
    """All trials of a study that are about a partition, in the order of their numbers.

    Args:
        tasks: In the order of the labels.
        trials: The trials.
        running: Partitions of trials that are not finished.
    """

    tasks: tuple[str, ...]
    trials: tuple[Told, ...]
    running: frozenset[Labels]

    @cached_property
    def held(self) -> frozenset[Labels]:
        """Partitions that are not proposed again."""
        return frozenset(trial.labels for trial in self.trials) | self.running

    @cached_property
    def told(self) -> tuple[Told, ...]:
        """Trials with a value."""
        return tuple(trial for trial in self.trials if trial.value is not None)

    @cached_property
    def labels(self) -> NDArray[np.intp]:
        """Partitions with a value, shape ``(N, T)``."""
        return np.array([trial.labels for trial in self.told], dtype=np.intp).reshape(-1, len(self.tasks))

    @cached_property
    def values(self) -> Array:
        """Their values, shape ``(N,)``."""
        return np.array([trial.value for trial in self.told], dtype=np.float64)

    @cached_property
    def incumbent(self) -> float | None:
        """The highest value of a trial that violates no constraint."""
        return max((trial.value for trial in self.told if trial.feasible and trial.value is not None), default=None)

    @cached_property
    def seen(self) -> NDArray[np.int64]:
        """Groups of two tasks or more of trials with a value, as masks in ascending order."""
        return shared_masks(self.labels)

    @cached_property
    def paid(self) -> NDArray[np.int64]:
        """The same with those of running trials: their models are trained anyway."""
        labels = [*(trial.labels for trial in self.told), *sorted(self.running)]
        return shared_masks(np.array(labels, dtype=np.intp).reshape(-1, len(self.tasks)))

    @cached_property
    def reported(self) -> dict[int, Reported] | None:
        """Gains of the members of each seen group, by its mask; None where values must do.

        Gains are of use where each trial has them and its value is their mean, with 0 for a task that is alone.
        """
        if not self.told:
            return None
        spread = max(float(self.values.std()), abs(float(self.values.mean())), 1e-12)
        found: dict[int, Reported] = {}
        for trial in self.told:
            if trial.gains is None or trial.value is None:
                return None
            total = sum(trial.sums)
            if abs(total / len(self.tasks) - trial.value) > AGREE * spread:
                return None
            for mask, of in trial.gains.items():
                if mask in found:
                    found[mask].total += of
                    found[mask].number += 1
                else:
                    found[mask] = Reported(first=of, total=of.copy())
        return found


class Reader:
    """Reads trials; what a finished one says is remembered, because it never changes.

    Args:
        tasks: In the order of the labels.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        self.tasks = tuple(tasks)
        self._finished: dict[int, tuple[FrozenTrial, Told | None]] = {}

    def read(self, trials: Iterable[FrozenTrial], *, sign: float, pending: Iterable[Labels] = ()) -> History:
        """What these trials hold.

        Args:
            sign: 1 for a study that is maximised, -1 for one that is minimised.
            pending: Partitions that were proposed to running trials but may not stand in them yet.
        """
        found: list[Told] = []
        running = set(pending)
        for trial in trials:
            if trial.state.is_finished():
                known = self._finished.get(trial.number)
                if known is None or known[0] is not trial:
                    known = self._finished[trial.number] = trial, self._told(trial, sign)
                if known[1] is not None:
                    found.append(known[1])
            else:
                labels = labels_in({**trial.system_attrs.get("fixed_params", {}), **trial.params}, self.tasks)
                if labels is not None:
                    running.add(labels)
        return History(self.tasks, tuple(found), frozenset(running))

    def _told(self, trial: FrozenTrial, sign: float) -> Told | None:
        labels = labels_in(trial.params, self.tasks)
        if labels is None:
            return None
        complete = trial.state is TrialState.COMPLETE and trial.value is not None and isfinite(trial.value)
        return Told(
            labels=labels,
            value=sign * float(trial.value) if complete and trial.value is not None else None,
            gains=_gains(trial.user_attrs.get("gains"), labels, self.tasks),
            violations=_violations(trial.system_attrs),
        )


def shared_masks(labels: NDArray[np.intp]) -> NDArray[np.int64]:
    """Different groups of two tasks or more, as masks in ascending order."""
    masks = np.unique(masks_of(labels))
    return masks[np.bitwise_count(masks) > 1]


def _violations(attributes: Mapping[str, Any]) -> dict[str, float]:
    """Constraints of a trial by name, where Optuna keeps them; a sampler's `constraints_func` leaves a list."""
    listed = attributes.get("constraints") or ()
    named = {key.partition(":")[2]: value for key, value in attributes.items() if key.startswith("constraints:")}
    return {**{str(index): float(value) for index, value in enumerate(listed)}, **named}


def _gains(reported: object, labels: Labels, tasks: Sequence[str]) -> dict[int, Array] | None:
    """Gains by group, or None where that of a task in company is missing or no finite number."""
    if not isinstance(reported, Mapping):
        return None
    found: dict[int, Array] = {}
    for mask in masks_of(np.array([labels], dtype=np.intp))[0].tolist():
        members = [task for index, task in enumerate(tasks) if mask >> index & 1]
        if len(members) < 2:
            continue
        of = [reported.get(task) for task in members]
        if not all(isinstance(gain, int | float) and isfinite(gain) for gain in of):
            return None
        found[mask] = np.array(of, dtype=np.float64)
    return found
