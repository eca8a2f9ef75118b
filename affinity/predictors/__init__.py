"""Ways from measured groups to the gains of any group, one per file; :data:`PREDICTORS` lists them by name.

A predictor is told measurements and gives a posterior over the gains of all groups::

    predictor = MeanOfPairs.fit(tasks, [measured[pair].gains() for pair in pairs])
    prediction = predictor.predict(members)     # members: (G, T) booleans; mean and error alike
    predictor = predictor.update([measured[everything].gains()])
"""

from affinity.predictors.mean_of_pairs import MeanOfPairs

PREDICTORS: dict[str, type[MeanOfPairs]] = {"mean_of_pairs": MeanOfPairs}

__all__ = ["PREDICTORS", "MeanOfPairs"]
