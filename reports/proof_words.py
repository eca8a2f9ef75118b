"""What stands behind the verdict, in sentences: how sure the choice was, and how often one may look."""

from reports import numbers
from reports.lettering import printable
from reports.records import Recommendation


def proof_sentences(recommendation: Recommendation) -> str:
    """How likely the choice was the best before test was opened, the looks that were planned, and what deciding
    undecided tasks takes; may be empty."""
    parts = (_best(recommendation), _looks(recommendation), _settling(recommendation))
    return " ".join(part for part in parts if part)


def _best(recommendation: Recommendation) -> str:
    share = recommendation.probability_best
    if share is None:
        return ""
    return (
        "Before test was opened, the choice had the highest mean gain of all groupings that were trained and have no "
        f"more adapters than asked for, with a probability of {numbers.share(share)}."
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
        f"{'was' if taken == 1 else 'were'} taken; intervals hold {numbers.LEVEL} over all of them, {level} each "
        "if all noise is of runs."
    )


def _settling(recommendation: Recommendation) -> str:
    """Worker time that would decide each undecided task, by the cheaper way."""
    ways = []
    for task, hours in recommendation.cost.settling_hours.items():
        known = {way: value for way, value in hours.items() if value is not None}
        if known:
            way = min(known, key=lambda name: known[name])
            ways.append(f"{printable(task)} {numbers.duration(3600 * known[way])} by more {way}")
    if not ways:
        return ""
    return f"Deciding what is undecided would take, on one worker: {', '.join(ways)}."
