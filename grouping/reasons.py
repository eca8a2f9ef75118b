"""The sentences of a verdict, for readers without statistics."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING

from grouping.partition import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grouping.settling import Settling
    from grouping.statistics import Interval
    from grouping.verdict import TaskVerdict

ENOUGH = 1_000_000
"""More test examples than this are not worth naming."""
MANY_SEEDS = 100
"""More seeds than this are not worth naming."""
NAMED = 12
"""Most names that a sentence has."""
NOTHING_SHARED = (
    "Every task is trained alone, so nothing is shared and nothing can be lost; there was nothing to test on new data."
)
NO_LEARNABLE_SHARED = (
    "No task in a shared group is learnable at this budget: trained alone, none beats a constant prediction, so "
    "nothing can be said about sharing. Give them more data or more passes."
)
NOT_VALIDATED = "The grouping is a proposal from probe runs: it was not retrained and the test data were not opened."


def points(value: float) -> str:
    """``+1.20``: two decimals, so that an end near the margin does not read as the margin."""
    return f"{value:+.2f}"


def amount(value: float) -> str:
    """``1 point``, ``0.5 points``."""
    return "1 point" if value == 1 else f"{value:.3g} points"


def listed(names: Sequence[str]) -> str:
    """```a`, `b` and `c```; of many names the first and how many more."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > NAMED:
        quoted = [*quoted[: NAMED - 1], f"{len(quoted) - NAMED + 1} more"]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f" and {quoted[-1]}"


def called(group: Iterable[str]) -> str:
    """``{a, b}``, or how many tasks a large group has."""
    members = list(group)
    return show(members) if len(members) <= NAMED else f"the group of {len(members)} tasks"


def up(number: float) -> str:
    """Rounded up to two digits, with separators: ``13,000``."""
    step = 10 ** max(floor(log10(max(number, 1))) - 1, 0)
    return f"{ceil(number / step) * step:,}"


def alone(name: str) -> str:
    """A task of a group of one."""
    return f"`{name}` is trained alone, so it keeps its single-task score by definition."


def not_learnable(name: str) -> str:
    """A task whose reference is not better than the constant predictor."""
    return (
        f"`{name}` is not learnable at this budget: trained alone it does not clearly beat a constant prediction, so "
        "its change neither speaks for the grouping nor against it."
    )


def unmeasured(name: str, why: str) -> str:
    """A task whose own runs failed."""
    return f"`{name}` cannot be measured, and says nothing for the grouping or against it: trained alone, {why}."


def untrained(group: Iterable[str], why: str) -> str:
    """A group of which every run failed."""
    subject = called(group)
    return f"{subject[:1].upper()}{subject[1:]} cannot be trained as one group: {why}."


def change(name: str, metric: str, group: Iterable[str], interval: Interval, margin: float, status: str) -> str:
    """What was measured and what follows from it."""
    level = f"{100 * interval.confidence:.3g} %"
    measured = (
        f"In {called(group)} the {metric} of `{name}` changes by {points(interval.estimate)} points against training "
        f"it alone ({level} interval {points(interval.low)} to {points(interval.high)})"
    )
    if status == "refuted":
        return f"{measured}: even the upper end is a loss of more than the margin of {amount(margin)}."
    if status == "confirmed":
        better = "it is better than alone" if interval.low > 0 else f"it loses less than the margin of {amount(margin)}"
        return f"{measured}: even at the lower end {better}."
    return f"{measured}: a loss of more than the margin of {amount(margin)} is neither shown nor ruled out."


def settle(detectable: float, more: Settling | None) -> str:
    """What the test could see, and what would decide an undecided task."""
    seen = f"This test reliably finds changes of {detectable:.2g} points or more"
    if more is None:
        return f"{seen}."
    ways = []
    if more.examples is not None and more.examples <= ENOUGH:
        ways.append(f"about {up(more.examples)} more test examples")
    if more.seeds is not None and more.seeds <= MANY_SEEDS:
        ways.append(f"about {more.seeds} seeds in place of {more.seeds_now}")
    if ways:
        return f"{seen}; if the change stays as measured, {' or '.join(ways)} would settle it."
    return f"{seen}; neither more test examples nor more seeds alone would settle it, only many more of both."


def confirmed(names: Sequence[str], verdicts: Mapping[str, TaskVerdict], adapters: int, confidence: float) -> str:
    """All learnable tasks keep what they had."""
    closest = min(names, key=lambda name: (verdicts[name].low or 0.0) + verdicts[name].margin)
    of = verdicts[closest]
    which = f"all {len(names)} learnable tasks that share an adapter lose" if len(names) > 1 else f"`{names[0]}` loses"
    serve = "1 adapter serves" if adapters == 1 else f"{adapters} adapters serve"
    level = f"{50 * (1 + confidence):.3g} %"
    return (
        f"{serve} {len(verdicts)} tasks, and {which} less than the margin on test, each with {level} confidence; the "
        f"closest is `{closest}` ({points(of.delta or 0.0)} points, lower end {points(of.low or 0.0)}, "
        f"margin {amount(of.margin)})."
    )


def refuted(names: Sequence[str], verdicts: Mapping[str, TaskVerdict]) -> str:
    """At least one task loses more than its margin."""
    worst = min(names, key=lambda name: verdicts[name].high or 0.0)
    of = verdicts[worst]
    lose = f"{listed(names)} {'loses' if len(names) == 1 else 'lose'}"
    return (
        f"{lose} more than the margin in a shared group; the clearest is `{worst}` with {points(of.delta or 0.0)} "
        f"points (interval {points(of.low or 0.0)} to {points(of.high or 0.0)}, margin {amount(of.margin)})."
    )


def undecided(names: Sequence[str], verdicts: Mapping[str, TaskVerdict]) -> str:
    """No task is shown to lose too much, and not all are shown to keep."""
    hardest = min(names, key=lambda name: (verdicts[name].low or 0.0) + verdicts[name].margin)
    return (
        f"No task is shown to lose more than its margin, but for {listed(names)} the test data cannot rule it out. "
        f"{verdicts[hardest].reason}"
    )


def dropped(names: Sequence[str]) -> str:
    """A remark on tasks that were taken out before the search; empty if there are none."""
    if not names:
        return ""
    return f" Left out, as {'it' if len(names) == 1 else 'they'} could not be measured: {listed(names)}."


def left_out(names: Sequence[str]) -> str:
    """A remark on tasks that decide nothing; empty if there are none."""
    if not names:
        return ""
    return f" Not learnable at this budget, and not counted: {listed(names)}."
