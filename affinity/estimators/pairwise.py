"""The reference estimator: train every single and every pair."""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from affinity.estimators.base import Estimate
from affinity.gains import measure_groups
from affinity.matrix import AffinityMatrix

if TYPE_CHECKING:
    from trainers.trainer import Trainer


class Pairwise:
    r"""Affinity as the measured gain of a pair.

    .. math:: A_{i \to j} = \frac{L_j^{ref} - L_j(\{i, j\})}{L_j^{prior}}

    on the select half, averaged over seeds; each pair gives two entries. The reference is the target's own single run,
    long enough that more steps would not help it, so a partner cannot win by moving the adapter more often.

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
        scores, errors = np.zeros((len(tasks), len(tasks))), np.zeros((len(tasks), len(tasks)))
        for group, measured in measure_groups(runs.groups, runs.references, trainer.tasks).items():
            for target, gain, error in zip(group, measured.gain, measured.gain_error, strict=True):
                (source,) = set(group) - {target}
                scores[tasks.index(source), tasks.index(target)] = gain
                errors[tasks.index(source), tasks.index(target)] = error
        return Estimate(AffinityMatrix(tasks, scores, errors, estimator="pairwise", cost=runs.cost), runs)
