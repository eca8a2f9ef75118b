"""Ways from measured groups to the gains of any group, one per file; :data:`PREDICTORS` lists them by name.

A predictor is told measurements and gives a posterior over the gains of all groups::

    predictor = MeanOfPairs.fit(tasks, [measured[pair].gains() for pair in pairs])
    prediction = predictor.predict(members)     # members: (G, T) booleans; mean and error alike
    predictor = predictor.update([measured[everything].gains()])

:class:`Ridge` adds up what each partner does, :class:`Kernels` takes groups for alike that have the same members, and
:class:`Blend` weighs several predictors by groups that were left out. Any of them drives the search from Python::

    grouping.loop.search(Blend.fit(tasks, measured), ...)

:class:`Hybrid` also takes what an estimator guesses, and answers before anything was measured::

    predictor = Hybrid.fit(tasks, [], prior=estimate.prior)

and :class:`GroupProcess`, that of ``cotrain search``, is unsure of the sizes of its effects too.
"""

from affinity.predictors.blend import Blend
from affinity.predictors.group_process import GroupProcess
from affinity.predictors.hybrid import Hybrid
from affinity.predictors.kernels import Kernels
from affinity.predictors.mean_of_pairs import MeanOfPairs
from affinity.predictors.ridge import Ridge

PREDICTORS: dict[
    str, type[MeanOfPairs] | type[Ridge] | type[Kernels] | type[Hybrid] | type[GroupProcess] | type[Blend]
] = {
    "mean_of_pairs": MeanOfPairs,
    "ridge": Ridge,
    "kernels": Kernels,
    "hybrid": Hybrid,
    "group_process": GroupProcess,
    "blend": Blend,
}

__all__ = ["PREDICTORS", "Blend", "GroupProcess", "Hybrid", "Kernels", "MeanOfPairs", "Ridge"]
