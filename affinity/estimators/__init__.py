"""Ways to an affinity matrix, from training every pair to looking at gradients once.

Every estimator has one method, ``estimate(trainer) -> Estimate``: an :class:`affinity.matrix.AffinityMatrix` with
errors and cost, and the training runs it rests on. :data:`ESTIMATORS` lists those built in; other distributions offer
theirs as entry points of the group ``cotrain.estimators``, and :func:`find_estimator` knows both::

    estimate = find_estimator("pairwise").estimate(trainer)
    estimate.matrix["clone", "defect"]     # the gain of `defect` when `clone` is trained with it, and its error
"""

from affinity.estimators.base import Estimate, Estimator
from affinity.estimators.cosine import Cosine
from affinity.estimators.features import Features
from affinity.estimators.hybrid import Hybrid
from affinity.estimators.linearized import Linearized
from affinity.estimators.lookahead import Lookahead
from affinity.estimators.pairwise import Pairwise
from affinity.estimators.registry import estimators, find_estimator

ESTIMATORS: dict[str, type[Estimator]] = {
    "pairwise": Pairwise,
    "lookahead": Lookahead,
    "cosine": Cosine,
    "features": Features,
    "linearized": Linearized,
    "hybrid": Hybrid,
}

__all__ = [
    "ESTIMATORS",
    "Cosine",
    "Estimate",
    "Estimator",
    "Features",
    "Hybrid",
    "Linearized",
    "Lookahead",
    "Pairwise",
    "estimators",
    "find_estimator",
]
