"""Ways to an affinity matrix, from training every pair to looking at gradients once.

Every estimator has one method, ``estimate(trainer) -> Estimate``: an :class:`affinity.matrix.AffinityMatrix` with
errors and cost, and the training runs it rests on. :data:`ESTIMATORS` lists them for the command line::

    estimate = ESTIMATORS["pairwise"]().estimate(trainer)
    estimate.matrix["clone", "defect"]     # the gain of `defect` when `clone` is trained with it, and its error
"""

from affinity.estimators.base import Estimate, Estimator
from affinity.estimators.cosine import Cosine
from affinity.estimators.hybrid import Hybrid
from affinity.estimators.linearized import Linearized
from affinity.estimators.pairwise import Pairwise

ESTIMATORS: dict[str, type[Estimator]] = {
    "pairwise": Pairwise,
    "cosine": Cosine,
    "linearized": Linearized,
    "hybrid": Hybrid,
}

__all__ = ["ESTIMATORS", "Cosine", "Estimate", "Estimator", "Hybrid", "Linearized", "Pairwise"]
