"""What equal sizes told about losing pairs, in sentences."""

from affinity.equal_sizes import NOT_ANSWERABLE
from reports import numbers
from reports.lettering import printable
from reports.records import EqualSize, Recommendation
from reports.words import SPELT


def equal_sizes_sentences(recommendation: Recommendation) -> str:
    """Dominance or conflict, one sentence per losing pair; empty unless that was asked for."""
    pairs = recommendation.equal_sizes
    if pairs is None:
        return ""
    trained = [pair for pair in pairs if pair.verdict != NOT_ANSWERABLE]
    others = [f"{printable(pair.source)} to {printable(pair.target)}" for pair in pairs if pair not in trained]
    lines = [f"At equal sizes, {_sentence(pair)}" for pair in trained]
    if others:
        named = ", ".join(others[:SPELT]) + (f" and {len(others) - SPELT} more" if len(others) > SPELT else "")
        lines.append(f"Not answerable at equal sizes, as the source takes no more steps by its size: {named}.")
    return "\n".join(lines or ["At equal sizes: no pair has a negative score, so nothing was trained again."])


def _sentence(pair: EqualSize) -> str:
    names = f"{printable(pair.source)} to {printable(pair.target)}"
    if pair.after is None:
        return f"{names} is {printable(pair.verdict)}: {printable(pair.reason)}."
    gains = (
        f"the target's gain is {numbers.with_error(pair.before, pair.before_error)} beside {pair.source_examples:,} "
        f"examples and {numbers.with_error(pair.after, pair.after_error)} beside {pair.target_examples:,}"
    )
    return f"{names} is {printable(pair.verdict)}: {gains}; {printable(pair.reason)}."
