"""An estimator of affinities of one's own, in forty lines: how many of a target's tokens has the source seen?"""

import time
from typing import TYPE_CHECKING

import numpy as np

from affinity.estimators import Estimate
from affinity.matrix import AffinityMatrix
from trainers.cost import Cost

if TYPE_CHECKING:
    from tasks.encoding import EncodedTask
    from trainers.trainer import Trainer


class Coverage:
    r"""Mean share of the tokens of a target's training text that stand in the source's training texts too.

    .. math:: A_{i \to j} = \frac{1}{N_j} \sum_{x \in j} \frac{|\{v \in x : v \in V_i\}|}{|x|}

    Without a unit, 0 to 1, directed; the error is that of the mean over texts. No model is asked.
    """

    def estimate(self, trainer: "Trainer") -> Estimate:
        """Reads every training text once for each other task."""
        began, names = time.monotonic(), tuple(trainer.tasks)
        scores, errors = np.zeros((len(names), len(names))), np.zeros((len(names), len(names)))
        for i, source in enumerate(names):
            known = np.unique(np.concatenate(texts(trainer.tasks[source])))
            for j, target in enumerate(names):
                if i != j:
                    shares = np.array([np.isin(text, known).mean() for text in texts(trainer.tasks[target])])
                    scores[i, j] = shares.mean()
                    errors[i, j] = shares.std(ddof=1) / len(shares) ** 0.5 or np.nan  # nothing varies: unknown
        cost = Cost(seconds=time.monotonic() - began)
        return Estimate(AffinityMatrix(names, scores, errors, estimator="coverage", cost=cost), None)


def texts(task: "EncodedTask") -> list[np.ndarray]:
    """Token ids of every training text, of both sides of a pair."""
    return [side.text(row) for side in task.splits["train"].sides for row in range(len(side))]
