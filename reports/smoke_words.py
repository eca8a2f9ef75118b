"""What is said of a smoke run wherever its answer is shown."""

from reports.records import Recommendation

SMOKE_RUN = (
    "A smoke run, on at most 64 examples of each split: it shows that the suite runs from end to end, and nothing that "
    "it says of the tasks is to be trusted."
)


def smoke_sentence(recommendation: Recommendation) -> str:
    """The sentence; empty of any other run."""
    return SMOKE_RUN if recommendation.smoke else ""


def labelled_verdict(recommendation: Recommendation) -> str:
    """``confirmed``, or ``confirmed in a smoke run``."""
    return recommendation.verdict + (" in a smoke run" if recommendation.smoke else "")
