"""A baseline estimator: in a shared run of all tasks, what does a step on one do to the others?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affinity.estimators.base import Estimate
from affinity.lookahead import LookaheadJob, LookaheadRun
from affinity.matrix import AffinityMatrix
from trainers.cost import Cost

if TYPE_CHECKING:
    from trainers.trainer import Trainer

BLOCKS = 4
"""Stretches of a run whose means are compared for the errors."""


class Lookahead:
    r"""Relative fall of the target's loss after one step of the shared adapter on the source; no unit, directed.

    .. math:: Z_{i \to j} = 1 - L_j(\theta_i^+) / L_j(\theta)

    on training batches, averaged over every tenth step of one run of all tasks per seed. Above 0 a step on the source
    helps the target, 0 changes nothing; the scale is that of one step, not that of a gain.

    Source: TAG, Fifty et al., NeurIPS 2021, https://arxiv.org/abs/2109.04617. There :math:`\theta_i^+ = \theta - \eta
    \nabla L_i`; here the gradient is clipped as in training and scaled by the second moments of the run's AdamW,
    without its momentum, which comes from other tasks. There a batch carries the labels of all tasks; here every task
    has a batch of its own.
    """

    def estimate(self, trainer: "Trainer") -> Estimate:
        """Trains all tasks together once per probe seed and looks ahead meanwhile."""
        from trainers.trainer import Runs

        tasks = tuple(trainer.tasks)
        jobs = [
            LookaheadJob.of(trainer.spec, tasks, seed=seed, passes=trainer.budget.passes)
            for seed in trainer.probe_seeds(trainer.budget.seeds)
        ]
        found: list[LookaheadRun] = trainer.jobs(jobs, phase="look-ahead runs")
        group = found[0].run.group
        scores, errors = over_runs([of.changes for of in found])
        matrix = AffinityMatrix(
            group, scores, errors, estimator="lookahead", cost=sum((of.run.cost for of in found), Cost())
        )
        return Estimate(matrix.reorder(tasks), Runs({group: [of.run for of in found]}, {}))


def over_runs(changes: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean changes over the look-aheads of several runs, and their standard errors by batch means.

    Look-aheads next to each other are alike, so that means of whole stretches are compared, over all runs. A trend
    along the run counts as noise: errors are rather too large than too small; NaN if there is one stretch only.

    Args:
        changes: One array per run, shape ``(S, T, T)``.
    """
    blocks = [
        block.mean(axis=0) for run in changes for block in np.array_split(run, min(BLOCKS, len(run)))
    ]  # shape of each: (T, T)
    scores = np.mean([run.mean(axis=0) for run in changes], axis=0)
    if len(blocks) < 2:
        return scores, np.where(np.eye(len(scores), dtype=bool), 0.0, np.nan)
    errors: NDArray[np.float64] = np.std(blocks, axis=0, ddof=1) / np.sqrt(len(blocks))
    return scores, errors
