"""Gains that count more for some tasks than for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from affinity.predictor import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grouping.oracle import GroupOracle
    from grouping.partition import Group


@dataclass(frozen=True, eq=False)
class Weighted:
    """An oracle whose answers are multiplied by the weight of each task: what is searched for is the weighted sum.

    A weight of 1 over a task's margin counts gains in units of margins.

    Args:
        oracle: Is asked.
        weights: Above 0; a task without one counts once.
    """

    oracle: GroupOracle
    weights: Mapping[str, float]

    def ask(self, group: Group, *, run: int = 0) -> Measured | None:
        """See :class:`grouping.oracle.GroupOracle`."""
        answer = self.oracle.ask(group, run=run)
        return None if answer is None else weighted(answer, self.weights)


def weighted(answer: Measured, weights: Mapping[str, float]) -> Measured:
    """The same gains, each times its task's weight."""
    factor = np.array([weights.get(task, 1.0) for task in answer.group])
    shared = None if answer.shared is None else answer.shared * factor
    return Measured(answer.group, answer.mean * factor, answer.error * factor, shared)
