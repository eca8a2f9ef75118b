"""How affinities came about, in words: a measured score and a predicted one must not look alike."""

from dataclasses import dataclass, replace

from reports.lettering import printable


@dataclass(frozen=True)
class Origin:
    """What an estimator's scores are.

    Args:
        sentence: Where they come from.
        measured: Whether they are gains that were measured.
        gains: Whether they are gains at all, measured or predicted.
        unit: How a gain is computed.
    """

    sentence: str
    measured: bool = False
    gains: bool = True
    unit: str = "(reference loss - pair loss) / constant predictor's loss"

    @property
    def predicted(self) -> bool:
        """Whether they are gains that were not measured."""
        return self.gains and not self.measured


KNOWN = {
    "pairwise": Origin("Measured: every pair was trained.", measured=True),
    "hybrid": Origin(
        "Predicted, not measured: training was simulated, and corrected by runs of every task alone and of all tasks "
        "together."
    ),
    "linearized": Origin("Predicted, not measured: training was simulated from a short run of all tasks."),
    "lookahead": Origin(
        "No gains: what one step on a task did to the next task's loss, in one run of all tasks together.", gains=False
    ),
    "features": Origin(
        "No gains: likeness of what the tasks would change about the base model's features, without a unit.",
        gains=False,
    ),
    "cosine": Origin("No gains: cosines of the tasks' gradients before training, without a unit.", gains=False),
    "scores": Origin(
        "Measured: scores of finished runs, in the pair minus alone, in the scores' own unit.",
        measured=True,
        unit="score in the pair - score alone",
    ),
    "losses": Origin(
        "Measured: losses of finished runs, alone minus in the pair, in the losses' own unit.",
        measured=True,
        unit="loss alone - loss in the pair",
    ),
    "gains": Origin("Measured: gains as the table gives them.", measured=True, unit="as the table gives it"),
}
"""By the estimator's name."""
PARTLY = {
    "hybrid": "by a Gaussian process over the groups that were",
    "mean_of_pairs": "near the mean of the target's pairs that were",
}
"""What stands behind a ``+`` in the name where only some pairs were trained: how the others are predicted."""


def origin(estimator: str) -> Origin:
    """What the scores of this estimator are; without a name they are taken as measured gains, and nothing is said."""
    if not estimator:
        return Origin("", measured=True)
    kind, _, predictor = estimator.partition("+")
    if kind in KNOWN and predictor in PARTLY:
        how = f"Cells of pairs that were not trained are predicted, {PARTLY[predictor]}."
        return replace(KNOWN[kind], sentence=f"{KNOWN[kind].sentence} {how}")
    return KNOWN.get(estimator, Origin(f"Estimated by {printable(estimator)}, not measured.", gains=False))
