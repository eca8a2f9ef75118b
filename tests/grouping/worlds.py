"""Small worlds with known gains: an oracle, an exact posterior, and planted groups."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from affinity.gains import MeasuredGroup, Parts
from affinity.predictor import Measured, Prediction
from grouping.partition import Group, Partition

Array = NDArray[np.float64]
Truth = Callable[[Group], Array]
"""The true gains of a group's members, shape ``(M,)``."""


def measured_group(group: Group, gain: Array, *, error: float, delta_error: float = 1.0) -> MeasuredGroup:
    """One point of the metric per hundredth of gain."""
    shape = len(group)
    return MeasuredGroup(
        group=group,
        gain=gain,
        gain_error=np.full(shape, error),
        delta=100 * gain,
        delta_error=np.full(shape, delta_error),
        freedom=np.full(shape, 20.0),
        seeds=1,
    )


def measured_by_parts(group: Group, gain: Array, *, run: float, sample: float, seeds: int = 1) -> MeasuredGroup:
    """The same with errors taken apart: luck of its runs, which members do not share, and the held-out sample."""
    shape = len(group)
    zero, freedom = np.zeros(shape), np.full(shape, 20.0)

    def parts(unit: float) -> Parts:
        luck, rows = np.full(shape, unit * run), np.full(shape, unit * sample)
        return Parts(run=luck, reference=zero, sample=rows, freedom=freedom, examples=np.full(shape, 500))

    error = float(np.hypot(run, sample))
    return MeasuredGroup(
        group=group,
        gain=gain,
        gain_error=np.full(shape, error),
        delta=100 * gain,
        delta_error=np.full(shape, 100 * error),
        freedom=freedom,
        seeds=seeds,
        gain_parts=parts(1.0),
        delta_parts=parts(100.0),
        gain_companions=0.0,
        delta_companions=0.0,
    )


@dataclass
class Laboratory:
    """An oracle that adds noise to known gains and remembers its batches."""

    truth: Truth
    error: float = 0.0
    seed: int = 0
    refused: frozenset[Group] = frozenset()
    batches: list[tuple[Group, ...]] = field(default_factory=list)

    def measure(self, groups: Sequence[Group]) -> Mapping[Group, MeasuredGroup]:
        self.batches.append(tuple(groups))
        found = {}
        for group in groups:
            if group not in self.refused:
                noise = np.random.default_rng([self.seed, *"+".join(group).encode()]).normal(size=len(group))
                found[group] = measured_group(group, self.truth(group) + self.error * noise, error=self.error)
        return found

    def value(self, partition: Partition) -> float:
        """True sum of gains."""
        return float(sum(self.truth(group).sum() for group in partition.groups if len(group) > 1))


@dataclass
class Answers:
    """Answers questions about one group at a time from known gains, and remembers them."""

    truth: Truth
    refused: frozenset[Group] = frozenset()
    asked: list[Group] = field(default_factory=list)

    def ask(self, group: Group, *, run: int = 0) -> Measured | None:
        self.asked.append(group)
        return None if group in self.refused else Measured(group, self.truth(group), np.zeros(len(group)))


@dataclass(frozen=True, eq=False)
class Independent:
    """The exact posterior where every member of every group has a gain of its own, normal around ``level``."""

    tasks: tuple[str, ...]
    spread: float
    measured: Mapping[Group, Measured]
    level: float = 0.0

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        mean = np.where(members, self.level, np.nan)
        error = np.where(members, self.spread, np.nan)
        for row, who in enumerate(members):
            group = tuple(sorted(task for task, member in zip(self.tasks, who, strict=True) if member))
            if len(group) == 1:
                mean[row, who] = error[row, who] = 0.0
            elif group in self.measured:
                of = self.measured[group]
                for task, value, noise in zip(of.group, of.mean, of.error, strict=True):
                    t = self.tasks.index(task)
                    trust = self.spread**2 / (self.spread**2 + noise**2)
                    mean[row, t] = self.level + trust * (value - self.level)
                    error[row, t] = noise * np.sqrt(trust)
        return Prediction(mean, error)

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
        known = self.predict(members)
        drawn: Array = known.mean + known.error * generator.standard_normal((draws, *members.shape))
        return drawn

    def update(self, measured: Sequence[Measured]) -> "Independent":
        return Independent(self.tasks, self.spread, {**self.measured, **{of.group: of for of in measured}}, self.level)


def names(count: int) -> tuple[str, ...]:
    """``a``, ``b``, ``c`` ..."""
    return tuple("abcdefghijklmnopqrst"[:count])


def pairs_and_all(tasks: Sequence[str]) -> list[Group]:
    """What a search usually starts from."""
    return [*combinations(sorted(tasks), 2), tuple(sorted(tasks))]


def every_group(tasks: Sequence[str]) -> list[Group]:
    """All groups of two or more."""
    return [group for size in range(2, len(tasks) + 1) for group in combinations(sorted(tasks), size)]


def noise(seed: int) -> Truth:
    """Gains of which nothing can be told."""
    return lambda group: np.random.default_rng([seed, *"+".join(group).encode()]).normal(size=len(group))


def planted(home: Mapping[str, int], effect: float) -> Truth:
    """A partner of the own home gives ``effect``, one of another takes it; a group gives the mean of its partners."""

    def truth(group: Group) -> Array:
        return np.array([np.mean([effect if home[s] == home[t] else -effect for s in group if s != t]) for t in group])

    return truth
