"""Groups that were trained several times, with different luck."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictor import Measured
from grouping.statistics import t_interval

if TYPE_CHECKING:
    from grouping.cover import Cover
    from grouping.partition import Group
    from grouping.statistics import Interval


@dataclass(eq=False)
class RepeatedRuns:
    """All answers about every group.

    Args:
        wanted: Runs that each group of the answer should have.
        groups: Most groups of two tasks or more that an answer may have.
    """

    wanted: int
    groups: int
    answers: dict[Group, list[Measured]] = field(default_factory=dict)
    """Of every group in the order of its runs."""
    refused: set[Group] = field(default_factory=set)
    """Groups that could not be trained once more."""

    @property
    def reserved(self) -> int:
        """Questions that the groups of an answer may lack at the end."""
        return (self.wanted - 1) * self.groups

    def too_late(self, left: int) -> bool:
        """Whether a group that is new now could not be repeated as often as it should, while others were."""
        return left < self.wanted and self.variance() is not None

    def learn(self, group: Group, answer: Measured | None) -> None:
        """One more run; None says that there was none."""
        if answer is None:
            self.refused.add(group)
        else:
            self.answers.setdefault(group, []).append(answer)

    def number(self, group: Group) -> int:
        """Runs of a group so far."""
        return len(self.answers.get(group, ()))

    def missing(self, choice: Cover | None) -> int:
        """Runs that the groups of a choice lack; groups that were trained before the search, and singles, lack none."""
        return sum(self.wanted - self.number(group) for group in self._short(choice))

    def next(self, choice: Cover | None) -> Group | None:
        """The group of a choice with the fewest runs, if it lacks any."""
        return min(self._short(choice), key=lambda group: (self.number(group), group), default=None)

    def variance(self) -> float | None:
        """Of one run's gain around its group's, pooled over all members and groups; None before any group has two."""
        squares, freedom = 0.0, 0
        for several in self.answers.values():
            if len(several) > 1:
                means = np.array([of.mean for of in several])
                squares += float(((means - means.mean(axis=0)) ** 2).sum())
                freedom += means.shape[1] * (len(several) - 1)
        return squares / freedom if freedom else None

    def measured(self) -> list[Measured]:
        """Means over the runs of every group, with what their luck leaves of error; 0 while nothing is known of it."""
        variance = self.variance() or 0.0
        return [
            Measured(group, np.mean([of.mean for of in several], axis=0), self._error(group, variance))
            for group, several in self.answers.items()
        ]

    def later(self, choice: Cover) -> Interval | None:
        """The value of a choice by its groups' second and later runs, with a two-sided 95 % interval.

        The first runs made the groups candidates, so they are luckier than others. The later ones are luckier than
        others too, but less, as the last choice was made with them. None where a group of two or more tasks has none.
        """
        total = error = 0.0
        for group, served in zip(choice.groups, choice.served, strict=True):
            if len(group) == 1:
                continue
            later = self.answers.get(group, [])[1:]
            if not later:
                return None
            own = np.isin(group, served)
            total += float(np.mean([of.mean[own].sum() for of in later]))
            error += self._variance_of_sum(int(own.sum())) / len(later)
        freedom = sum(len(several) - 1 for several in self.answers.values())
        return t_interval(total, sqrt(error), freedom) if freedom else None

    def _variance_of_sum(self, count: int) -> float:
        """Of the sum of so many members' gains in one run; members share luck, as the sums over whole groups tell."""
        squares, freedom, members = 0.0, 0, 0
        for several in self.answers.values():
            if len(several) > 1:
                sums = np.array([of.mean.sum() for of in several])
                squares += float(((sums - sums.mean()) ** 2).sum())
                freedom += len(several) - 1
                members += (len(several) - 1) * len(several[0].group)
        each, typical = self.variance() or 0.0, members / freedom
        shared = (squares / freedom / typical - each) / (typical - 1)  # covariance of two members
        return max(0.0, count * each + count * (count - 1) * shared)

    def _error(self, group: Group, variance: float) -> np.ndarray:
        return np.full(len(group), sqrt(variance / self.number(group)))

    def lacks(self, group: Group) -> bool:
        """Whether a group has fewer runs than it should have, and may have more."""
        return group not in self.refused and 0 < self.number(group) < self.wanted

    def _short(self, choice: Cover | None) -> list[Group]:
        return [] if choice is None else [group for group in choice.groups if self.lacks(group)]
