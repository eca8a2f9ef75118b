r"""How much tasks help each other when they share an adapter, measured or estimated.

The number at the heart of it is a *gain*. Task :math:`t` has a reference, a single run long enough that more steps
would not help it. In group :math:`S` it gains

.. math:: gain_t(S) = (L_t^{ref} - L_t(S)) / L_t^{prior},

held-out losses on the scale of the constant predictor's: 0 changes nothing, positive helps, negative is negative
transfer. The gain in a pair is the *affinity* of the partner, the source, to the target. From runs to a prediction::

    from affinity import MeanOfPairs, learnable, measure_groups

    measured = measure_groups(runs, references, tasks)         # gains: every trained group, with standard errors
    learnable(references["clone"], tasks["clone"])             # skill: is there anything to share at all?
    predictor = MeanOfPairs.fit(list(tasks), [of.gains() for of in measured.values()])
    predictor.predict(members)                                 # predictor, predictors/: any group, with its error
    Hybrid.fit(list(tasks), [], prior=estimate.prior)          # prior: what an estimator guesses, before measuring

    matrix = AffinityMatrix.load(folder / "affinity.json")     # matrix: all pairs; made by affinity.estimators
    compare(predicted, actual).rank                            # agreement: how well does one tell the other?
    factors(list(tasks), measured).stability                   # factors/: why do they share an adapter well, or not?

Every gain carries three errors: of the group's run, of the reference, which all gains of a task share, and of the
held-out sample. :mod:`affinity.variance` takes them apart by replicates, :mod:`affinity.readings` by units.

Importing this package, or any of the modules named here, imports no torch; only ``affinity.estimators`` trains.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from affinity.agreement import Agreement, compare, reliability
    from affinity.gains import MeasuredGroup, measure_groups
    from affinity.matrix import AffinityMatrix
    from affinity.predictor import GainPredictor, Measured, Prediction
    from affinity.predictors import PREDICTORS, Hybrid, MeanOfPairs
    from affinity.skill import Learnable, learnable, skills

__all__ = [
    "PREDICTORS",
    "AffinityMatrix",
    "Agreement",
    "GainPredictor",
    "Hybrid",
    "Learnable",
    "MeanOfPairs",
    "Measured",
    "MeasuredGroup",
    "Prediction",
    "compare",
    "learnable",
    "measure_groups",
    "reliability",
    "skills",
]

_HOMES = {
    "affinity.agreement": ("Agreement", "compare", "reliability"),
    "affinity.gains": ("MeasuredGroup", "measure_groups"),
    "affinity.matrix": ("AffinityMatrix",),
    "affinity.predictor": ("GainPredictor", "Measured", "Prediction"),
    "affinity.predictors": ("PREDICTORS", "Hybrid", "MeanOfPairs"),
    "affinity.skill": ("Learnable", "learnable", "skills"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'affinity' has no attribute {name!r}")
