"""Why two tasks do not share an adapter, in a sentence each."""

from collections.abc import Sequence

from grouping.apart import Apart
from grouping.partition import show
from reports import numbers
from reports.lettering import printable
from reports.records import Recommendation
from reports.trust import ApartPair

CLEAREST = 3
"""Pairs that the terminal names."""


def apart_sentence(of: Apart) -> str:
    """The reason with its figures; gains have no unit, changes are in points of the target's metric."""
    match of.reason:
        case "constraint":
            return f"A rule keeps them apart: {of.rule}."
        case "refuted":
            return "They shared an adapter in the proposal that the test split refuted."
        case "not learnable":
            return "At this budget no gain of either can be read, so nothing speaks for sharing."
        case "failed":
            return "Trained together, their runs failed."
        case "dominance" | "conflict":
            return f"{_loses(of)}; at equal sizes it is {of.reason}: {of.rule}."
        case "negative transfer":
            return f"Negative transfer from {of.source} to {of.target}: {_figures(of)}."
        case "margin":
            return (
                "No grouping with them together keeps all margins with as few adapters; "
                f"{of.target} is the nearer to its margin of {numbers.number(of.margin, 1)} points: {_figures(of)}."
            )
        case "budget":
            return (
                f"Their best common group was never trained, and only what was trained can be chosen: {_best(of)}; "
                f"{_decide(of)}."
            )
        case "undecided":
            return f"Undecided: {_best(of)}; {_decide(of)}."
        case "better use":
            return f"The adapters are put to better use: {_best(of)}."


def _loses(of: Apart) -> str:
    return f"{of.target} loses beside {of.source}: {_figures(of)}"


def _figures(of: Apart) -> str:
    """``a gain of -0.031 (95 % interval -0.050 to -0.012), measured``."""
    digits = 1 if of.unit == "points" else 3
    what = "a change" if of.unit == "points" else "a gain"
    unit = " points" if of.unit == "points" else ""
    ends = numbers.interval(of.low, of.high, digits)
    how = "measured in their pair" if of.measured else "predicted, as the pair was not trained"
    return f"{what} of {numbers.signed(of.value, digits)}{unit} ({numbers.LEVEL} interval {ends}), {how}"


def _best(of: Apart) -> str:
    """What the best grouping that has the pair together is worth."""
    ends = numbers.interval(of.difference_low, of.difference_high, 4)
    return (
        f"the best grouping with {show(map(printable, of.group or of.pair))} is expected to have a mean gain of "
        f"{numbers.signed(of.difference, 4)} ({numbers.LEVEL} interval {ends}) against the answer"
    )


def _decide(of: Apart) -> str:
    """What would decide an undecided pair."""
    if of.untrained:
        return f"training {' and '.join(show(map(printable, group)) for group in of.untrained)} would tell more"
    if of.times is None:
        return "no number of further runs within reason would settle so small a difference"
    return f"about {of.times:.2g} times as many runs would settle it, if it stays"


def apart_summary(recommendation: Recommendation) -> str:
    """How many pairs are apart and why, and the clearest of them; empty if none are."""
    pairs = recommendation.apart
    if not pairs:
        return ""
    counts: dict[str, int] = {}
    for pair in pairs:
        counts[pair.reason] = counts.get(pair.reason, 0) + 1
    told = ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items(), key=lambda item: -item[1]))
    plural = "pair of tasks is" if len(pairs) == 1 else "pairs of tasks are"
    lines = [f"{len(pairs)} {plural} apart: {told}."]
    return "\n".join(lines + [f"{_named(pair)}: {printable(pair.sentence)}" for pair in clearest(pairs)])


def clearest(pairs: Sequence[ApartPair], most: int = CLEAREST) -> list[ApartPair]:
    """Those with a measured or predicted reason, the most certain first."""
    told = [pair for pair in pairs if pair.clear is not None and pair.clear > 0]
    return sorted(told, key=lambda pair: -(pair.clear or 0.0))[:most]


def _named(pair: ApartPair) -> str:
    return " and ".join(printable(task) for task in pair.pair)
