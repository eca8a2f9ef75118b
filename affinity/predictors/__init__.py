"""Ways from measured groups to the gains of any group, one per file; :data:`PREDICTORS` lists them by name.

A predictor is told measurements and gives a posterior over the gains of all groups::

    predictor = MeanOfPairs.fit(tasks, [measured[pair].gains() for pair in pairs])
    prediction = predictor.predict(members)     # members: (G, T) booleans; mean and error alike
    predictor = predictor.update([measured[everything].gains()])

:class:`Hybrid` also takes what an estimator guesses, and answers before anything was measured::

    predictor = Hybrid.fit(tasks, [], prior=estimate.prior)
"""

from affinity.predictors.hybrid import Hybrid
from affinity.predictors.mean_of_pairs import MeanOfPairs

PREDICTORS: dict[str, type[MeanOfPairs] | type[Hybrid]] = {"mean_of_pairs": MeanOfPairs, "hybrid": Hybrid}

__all__ = ["PREDICTORS", "Hybrid", "MeanOfPairs"]
