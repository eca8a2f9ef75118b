"""What stands behind the verdict, in sentences: how sure the choice was, and how often one may look."""

from reports import numbers
from reports.records import Recommendation


def proof_sentences(recommendation: Recommendation) -> str:
    """How likely the choice was the best before test was opened, and the looks that were planned; may be empty."""
    return " ".join(part for part in (_best(recommendation), _looks(recommendation)) if part)


def _best(recommendation: Recommendation) -> str:
    share = recommendation.probability_best
    if share is None:
        return ""
    return (
        "Before test was opened, the choice had the highest mean gain of all groupings that were trained with a "
        f"probability of {numbers.share(share)}."
    )


def _looks(recommendation: Recommendation) -> str:
    looks = recommendation.looks
    if looks is None or len(looks.planned) < 2:
        return ""
    seeds = [str(look.seeds) for look in looks.planned]
    taken, planned = len(looks.taken), len(looks.planned)
    level = f"{100 * looks.planned[taken - 1].confidence:.1f}{numbers.SPACE}%"
    return (
        f"Looks were planned after {', '.join(seeds[:-1])} and {seeds[-1]} seeds, of which {taken} of {planned} "
        f"{'was' if taken == 1 else 'were'} taken; intervals hold {numbers.LEVEL} over all of them, {level} each."
    )
