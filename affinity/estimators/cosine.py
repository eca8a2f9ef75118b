"""A baseline estimator: do two tasks pull the untrained adapter in the same direction?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affinity.estimators.base import Estimate, left_of
from affinity.gradients import GradientJob, TaskGradient
from affinity.matrix import AffinityMatrix
from trainers.cost import Cost

if TYPE_CHECKING:
    from trainers.trainer import Trainer

NOT_FINITE = "its gradient at the untrained adapter is not finite; look for extreme values in its data"
"""Why a task is dropped."""


class Cosine:
    r"""Cosine of two tasks' mean gradients at the adapter's initial weights; no unit, between -1 and 1, symmetric.

    .. math:: A_{i \to j} = \frac{\langle g_i, g_j \rangle}{\lVert g_i \rVert \lVert g_j \rVert}

    Errors are delete-a-part jackknife errors over parts of either task's examples. A weak signal: it is a baseline, not
    an affinity to act on. A task whose gradient is not finite is dropped.

    Source: the conflict measure of Yu et al., NeurIPS 2020, https://arxiv.org/abs/2001.06782, here with heads fitted
    out of fold on frozen features.
    """

    def estimate(self, trainer: "Trainer") -> Estimate:
        """One forward and backward over every task's training examples."""
        jobs = [GradientJob.of(trainer.spec, name, seed=trainer.seed) for name in trainer.tasks]
        return cosines(trainer, trainer.jobs(jobs, phase="gradients"), estimator="cosine")


def cosines(trainer: "Trainer", found: Sequence[TaskGradient], *, estimator: str) -> Estimate:
    """Cosines of every two tasks' mean gradients, with what finding them cost; tasks without a finite one are dropped.

    Args:
        found: One gradient per task of the trainer.
    """
    gradients = dict(zip(trainer.tasks, found, strict=True))
    dropped = {name: NOT_FINITE for name, of in gradients.items() if not np.isfinite(of.parts).all()}
    for name, why in dropped.items():
        trainer.tell(f"task {name} is left out: {why}")
    tasks = left_of(tuple(gradients), dropped)
    scores, errors = np.zeros((len(tasks), len(tasks))), np.zeros((len(tasks), len(tasks)))
    for i, left in enumerate(tasks):
        for j, right in enumerate(tasks):
            if i != j:
                scores[i, j], errors[i, j] = cosine(gradients[left].parts, gradients[right].parts)
    cost = sum((of.cost for of in found), Cost())
    return Estimate(AffinityMatrix(tasks, scores, errors, estimator=estimator, cost=cost), None, dropped=dropped)


def cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> tuple[float, float]:
    """Cosine of the mean gradients and its jackknife standard error.

    Args:
        left: Mean gradients of parts of one task's examples, shape ``(parts, d)``.
        right: The same of the other task, shape ``(parts, d)``.
    """
    inner = left.astype(np.float64) @ right.T.astype(np.float64)  # shape: (parts, parts)
    own_left = left.astype(np.float64) @ left.T.astype(np.float64)
    own_right = right.astype(np.float64) @ right.T.astype(np.float64)

    def value(keep_left: NDArray[np.bool_], keep_right: NDArray[np.bool_]) -> float:
        top = inner[np.ix_(keep_left, keep_right)].mean()
        left_norm = own_left[np.ix_(keep_left, keep_left)].mean()
        right_norm = own_right[np.ix_(keep_right, keep_right)].mean()
        return float(top / max(np.sqrt(left_norm * right_norm), np.finfo(np.float64).tiny))

    every_left, every_right = np.ones(len(left), dtype=bool), np.ones(len(right), dtype=bool)
    variance = 0.0
    for values in (
        np.array([value(np.arange(len(left)) != part, every_right) for part in range(len(left))]),
        np.array([value(every_left, np.arange(len(right)) != part) for part in range(len(right))]),
    ):
        variance += (len(values) - 1) / len(values) * float(((values - values.mean()) ** 2).sum())
    return value(every_left, every_right), float(np.sqrt(variance))
