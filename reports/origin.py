"""How affinities came about, in words: a measured score and a predicted one must not look alike."""

from dataclasses import dataclass

from reports.lettering import printable


@dataclass(frozen=True)
class Origin:
    """What an estimator's scores are.

    Args:
        sentence: Where they come from.
        measured: Whether they are gains that were measured.
        gains: Whether they are gains at all, measured or predicted.
    """

    sentence: str
    measured: bool = False
    gains: bool = True

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
}
"""By the estimator's name."""


def origin(estimator: str) -> Origin:
    """What the scores of this estimator are; without a name they are taken as measured gains, and nothing is said."""
    if not estimator:
        return Origin("", measured=True)
    return KNOWN.get(estimator, Origin(f"Estimated by {printable(estimator)}, not measured.", gains=False))
