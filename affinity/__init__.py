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

Gains can be had without training the groups. :mod:`affinity.anchor` trains all tasks together for a moment,
:mod:`affinity.gradient_pass` looks at every example once, :mod:`affinity.kernel` says how a step on one example moves
all others, :mod:`affinity.simulation` trains every group on paper, and :class:`~affinity.predictors.Hybrid` corrects
that by whatever was really trained::

    estimate = ESTIMATORS["linearized"]().estimate(trainer)    # estimators: prior.gains(members) for any group
    predictor = Hybrid.fit(list(tasks), measured, prior=estimate.prior)
    factors(list(tasks), measured).stability                   # factors/: why do they share an adapter well, or not?

Runs that were finished elsewhere serve as well, as rows of group, task, score and seed::

    found = gains_of_scores(Scores.read(Path("scores.csv")))   # scores, table_gains: gains with errors from replicates
    table_matrix(found).matrix                                 # table_matrix: measured pairs, others predicted

Forecasts are held against what is measured after them, in this run and earlier ones (:mod:`affinity.calibration`).

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
    from affinity.predictors import PREDICTORS, Blend, Hybrid, Kernels, MeanOfPairs, Ridge
    from affinity.skill import Learnable, learnable, skills

__all__ = [
    "PREDICTORS",
    "AffinityMatrix",
    "Agreement",
    "Blend",
    "GainPredictor",
    "Hybrid",
    "Kernels",
    "Learnable",
    "MeanOfPairs",
    "Measured",
    "MeasuredGroup",
    "Prediction",
    "Ridge",
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
    "affinity.predictors": ("PREDICTORS", "Blend", "Hybrid", "Kernels", "MeanOfPairs", "Ridge"),
    "affinity.skill": ("Learnable", "learnable", "skills"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'affinity' has no attribute {name!r}")
