"""What a search could reach that knew all about a planted table but luck: the same steps, with nothing to learn.

It shows how much of what is missing is a matter of prediction, and how much is luck, which no search can foresee.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affinity.predictor import Measured, Prediction
from benchmarks.searches.oracle import ChoiceAfter, Oracle, Problem
from benchmarks.searches.ours import Counted
from grouping.rows import Rows
from grouping.steps.effort import Effort
from grouping.steps.listed_steps import ListedSteps
from grouping.steps.trained_groups import TrainedGroups

Array = NDArray[np.float64]


def knowing(oracle: Oracle, *, seed: int) -> ChoiceAfter:
    """All together first, then what promises most to somebody who is told every expected gain and the size of luck."""
    problem, rows = oracle.problem, oracle.problem.table.rows
    trained = TrainedGroups(rows.tasks, adapters=problem.adapters, mode=problem.mode, measured=())
    steps = ListedSteps(rows, trained, effort=Effort.of(len(rows.tasks)))
    gains, counted = Known.of(problem), Counted(oracle)
    group = rows.group(problem.table.together)
    while True:
        trained.learn(group, counted.ask(group))
        if not oracle.left:
            break
        step = steps.next(gains, left=oracle.left, generator=np.random.default_rng([seed, len(oracle.trained)]))
        if step is None:
            break
        group = step.group
    return oracle.exact


@dataclass(frozen=True, eq=False)
class Known:
    """A predictor of groups that were not trained, which knows what is expected of them; see :class:`Origin`."""

    rows: Rows
    expected: Array
    run: Array
    misfit: Array

    @classmethod
    def of(cls, problem: Problem) -> "Known":
        """Of the problem's table.

        Raises:
            ValueError: If that was not planted.
        """
        how = problem.table.origin
        if how is None:
            raise ValueError("Expected a planted table, but got a measured one.")
        return cls(problem.table.rows, how.expected, how.run, how.misfit)

    @property
    def tasks(self) -> tuple[str, ...]:
        """See :class:`affinity.predictor.GainPredictor`."""
        return self.rows.tasks

    def predict(self, members: NDArray[np.bool_]) -> Prediction:
        """See :class:`affinity.predictor.GainPredictor`."""
        error = np.where(members, np.hypot(self.run, self.misfit), np.nan)
        return Prediction(np.where(members, self._of(members), np.nan), error)

    def draw(self, members: NDArray[np.bool_], *, draws: int, generator: np.random.Generator) -> Array:
        """See :class:`affinity.predictor.GainPredictor`."""
        run = self.run * generator.standard_normal((draws, len(members), 1))
        luck = run + self.misfit * generator.standard_normal((draws, *members.shape))
        return np.where(members, self._of(members) + luck, np.nan)

    def update(self, measured: Sequence[Measured]) -> "Known":
        """Luck of one group tells nothing about another."""
        return self

    def _of(self, members: NDArray[np.bool_]) -> Array:
        bits = 1 << np.arange(members.shape[1])
        found: Array = self.expected[[self.rows.places[int(mask)] for mask in members @ bits]]
        return found
