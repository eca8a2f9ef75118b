"""The study's factors in sentences: the largest effect, its interval, and whether noise could have made it."""

from collections.abc import Sequence

from affinity.factors import FACTORS, Architecture, Asymmetry, Complementarity, Estimate, Factors, Quality, Stability
from reports import numbers
from reports.factor_tables import spread_interval
from reports.lettering import printable
from reports.words import many

NAMES = {
    "stability": "Task stability",
    "architecture": "Model architecture",
    "complementarity": "Task complementarity",
    "asymmetry": "Asymmetry",
    "quality": "Dataset quality",
}
"""What the factors are called."""
SHARES = {
    "conflicting": "rows with conflicting labels",
    "seen": "test rows that train holds word for word or nearly",
    "seen_elsewhere": "test rows in another task's train split",
    "majority": "rows of the commonest class",
    "truncated": "texts that are cut",
}
"""Shares of the data quality, in the order of the sentence."""
BY_CHANCE = 0.05
"""Share of 95 % intervals that exclude 0 where there is nothing."""
WITHIN = "within noise"


def sentences(factors: Factors | None) -> list[tuple[str, str]]:
    """Name and sentences of every factor, or why it was not measured; empty if the run knows no factors."""
    if factors is None:
        return []
    said = {
        "stability": stability_sentence(factors.stability) if factors.stability else "",
        "architecture": architecture_sentence(factors.architecture) if factors.architecture else "",
        "complementarity": complementarity_sentence(factors.complementarity) if factors.complementarity else "",
        "asymmetry": asymmetry_sentence(factors.asymmetry) if factors.asymmetry and factors.asymmetry.pairs else "",
        "quality": quality_sentence(factors.quality) if factors.quality else "",
    }
    return [(NAMES[name], said[name] or _missing(factors, name)) for name in FACTORS]


def _missing(factors: Factors, name: str) -> str:
    reason = printable(factors.missing.get(name, ""))
    return f"Not measured: {reason}." if reason else "Not measured."


def stability_sentence(found: Sequence[Stability]) -> str:
    """The target that depends most on its partners, against its seeds, and how many do at all."""
    most = max(found, key=lambda of: of.spread)
    task, certain = printable(most.task), sum(of.certain for of in found)
    spread = f"{numbers.number(most.spread)} ({numbers.LEVEL} interval {spread_interval(most.low, most.high)})"
    seeds = f" From seed to seed a run of {task} moves by {numbers.number(most.seeds)}." if most.seeds else ""
    if not certain:
        return (
            "No task is shown to depend on who shares its adapter: the largest spread of gains over partners, that of "
            f"{task}, is {spread}, {WITHIN}.{seeds}"
        )
    return (
        f"Who shares the adapter matters most for {task}: beyond noise its gains spread over partners by {spread}."
        f"{seeds} {certain} of {many(len(found), 'task')} {'has' if certain == 1 else 'have'} a spread beyond noise."
    )


def architecture_sentence(found: Sequence[Architecture]) -> str:
    """How far the affinities of two base models agree, and what noise allows; one sentence per two models."""
    return " ".join(_agreement(of) for of in found)


def _agreement(of: Architecture) -> str:
    models = f"{printable(of.first)} and {printable(of.second)}"
    if of.within is None and of.pooled is None:
        return f"The affinities of {models} do not vary enough to be compared."
    parts = [
        f"{numbers.signed(value, 2)}{_between(low, high)} {where}"
        for value, low, high, where in (
            (of.within, of.within_low, of.within_high, "within a target"),
            (of.pooled, of.pooled_low, of.pooled_high, f"over all {of.cells} directed pairs"),
        )
        if value is not None
    ]
    ceiling = f"; noise allows {numbers.number(of.ceiling, 2)} within a target" if of.ceiling is not None else ""
    return f"Affinities of {models} have a rank correlation of {' and of '.join(parts)}{ceiling}; 0 is chance."


def _between(low: float | None, high: float | None) -> str:
    """The interval in brackets and whether it holds 0; nothing where it is unknown."""
    if low is None or high is None:
        return ""
    return f" ({numbers.LEVEL} interval {numbers.interval(low, high, 2)}{'' if low > 0 or high < 0 else f', {WITHIN}'})"


def complementarity_sentence(found: Complementarity) -> str:
    """Groups against their pairs, and the best and the worst partner."""
    parts = []
    if found.excess is None:
        parts.append("No group of three or more was measured with all of its pairs.")
    else:
        groups = many(len(found.groups), "group")
        parts.append(
            f"Against the mean of their pairs, {groups} of three or more gain{'s' if len(found.groups) == 1 else ''} "
            f"{_value(found.excess)} per task."
        )
    if len(found.sources) > 1:
        best, worst = found.sources[0], found.sources[-1]
        parts.append(
            f"The best partner is {printable(best.task)}, which gives others {_value(best.gives)} on average; the "
            f"worst is {printable(worst.task)} with {_value(worst.gives)}."
        )
    return " ".join(parts)


def _value(of: Estimate) -> str:
    """``+0.031 (95 % interval −0.002 to +0.064, within noise)``."""
    noise = "" if of.certain else f", {WITHIN}"
    return f"{numbers.signed(of.value)} ({numbers.LEVEL} interval {numbers.interval(of.low, of.high, 3)}{noise})"


def asymmetry_sentence(found: Asymmetry) -> str:
    """The most one-sided pair, how many are, and how much of all affinities goes one way only."""
    most, count = found.pairs[0], len(found.pairs)
    source, target = printable(most.source), printable(most.target)
    what = f"{source} to {target} against {target} to {source}, {_value(most.difference)}"
    if found.certain:
        chance = numbers.number(BY_CHANCE * count, 1)
        more = f"chance alone gives {chance}" if found.certain > BY_CHANCE * count else f"no more than chance, {chance}"
        text = (
            f"The most one-sided pair is {what}. {found.certain:,} of {many(count, 'pair')} "
            f"{'has' if found.certain == 1 else 'have'} an interval that excludes 0; {more}."
        )
    else:
        text = f"No pair is shown to help one way more than the other: the largest difference is {what}."
    if found.beyond is None:
        return text
    text += f" Noise explains {numbers.share(1 - found.beyond)} of how the scores differ"
    if found.share is None:
        return f"{text}."
    ends = ""
    if found.low is not None and found.high is not None:
        ends = f" ({numbers.LEVEL} interval {numbers.share(found.low)} to {numbers.share(found.high)})"
    return f"{text}; of the rest, {numbers.share(found.share)}{ends} goes one way only."


def quality_sentence(found: Sequence[Quality]) -> str:
    """The worst task by every share, and the shares that are 0 everywhere."""
    worst, none = [], []
    for field, what in SHARES.items():
        shares = {of.task: getattr(of, field) for of in found if getattr(of, field) is not None}
        if not shares:
            continue
        task = max(shares, key=lambda name: shares[name])
        if shares[task] > 0:
            worst.append(f"{what} {numbers.share(shares[task])} ({printable(task)})")
        else:
            none.append(what)
    parts = [f"The largest shares over tasks: {', '.join(worst)}."] if worst else []
    if none:
        parts.append(f"No task has {' or '.join(none)}.")
    return " ".join(parts)
