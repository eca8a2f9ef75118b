"""The reference estimator: train every single and every pair."""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affinity.estimators.base import Estimate, left_of
from affinity.gains import measure_groups
from affinity.matrix import AffinityMatrix

if TYPE_CHECKING:
    from trainers.trainer import Trainer


class Pairwise:
    r"""Affinity as the measured gain of a pair.

    .. math:: A_{i \to j} = \frac{L_j^{ref} - L_j(\{i, j\})}{L_j^{prior}}

    on the select half, averaged over seeds; each pair gives two entries. The reference is the target's own single run,
    long enough that more steps would not help it, so a partner cannot win by moving the adapter more often.

    A task whose reference diverges is dropped. A pair that diverges, though its members do not alone, has no gain to
    measure: each of its two scores is the lowest affinity that was measured for the target, and at most 0, with an
    unknown error. So it never looks better than a pair that was trained; the search does not propose it.

    Source: after Standley et al., ICML 2020, https://arxiv.org/abs/1905.07553, who compare with a single of as many
    passes and divide by its loss.
    """

    def estimate(self, trainer: "Trainer") -> Estimate:
        """Trains ``budget.reference_seeds`` references per task and ``budget.seeds`` runs per pair."""
        tasks = tuple(trainer.tasks)
        pairs = [tuple(sorted(pair)) for pair in combinations(tasks, 2)]
        runs = trainer.run(
            pairs,
            seeds=trainer.probe_seeds(trainer.budget.seeds),
            references=tasks,
            reference_seeds=trainer.probe_seeds(max(trainer.budget.seeds, trainer.budget.reference_seeds)),
            phase="probe runs",
        )
        dropped = {name: runs.failures[name,] for name in tasks if name not in runs.references}
        left = left_of(tasks, dropped)
        runs = runs.among(left)
        scores, errors = np.full((len(left), len(left)), np.nan), np.full((len(left), len(left)), np.nan)
        np.fill_diagonal(scores, 0.0)
        np.fill_diagonal(errors, 0.0)
        for group, measured in measure_groups(runs.groups, runs.references, trainer.tasks).items():
            for target, gain, error in zip(group, measured.gain, measured.gain_error, strict=True):
                (source,) = set(group) - {target}
                scores[left.index(source), left.index(target)] = gain
                errors[left.index(source), left.index(target)] = error
        matrix = AffinityMatrix(left, _filled(scores), errors, estimator="pairwise", cost=runs.cost)
        return Estimate(matrix, runs, dropped=dropped)


def _filled(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unknown scores, NaN in ``(T, T)``, as the lowest of their target that are known; the 0 on the diagonal is one."""
    filled: NDArray[np.float64] = np.where(np.isnan(scores), np.nanmin(scores, axis=0), scores)
    return filled
