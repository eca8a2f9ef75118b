"""What asking cost and when that comes back, in words; :mod:`grouping.break_even` has the formulas."""

from math import floor, log10

from reports import numbers
from reports.trust import Account, Even

PASSES = (
    "At equal passes a group trains on exactly the tokens of its members, so training saves nothing; against tasks "
    "that train alone until they get no better,"
)


def about(value: float) -> str:
    """Two figures, with separators: ``2,300,000``."""
    if value < 10:
        return f"{value:.1f}"
    step = 10 ** (floor(log10(value)) - 1)
    return f"{round(value / step) * step:,.0f}"


def account_sentence(account: Account | None) -> str:
    """What asking cost, what the answer saves, and after how much use it has paid; empty where it was not drawn up."""
    if account is None:
        return ""
    even = account.break_even
    tried = _parts(account)
    asked = (
        f"Asking took {_times(even)} the computation of training every task alone once "
        f"({numbers.scaled(even.asking, 'FLOP')} against {numbers.scaled(even.alone, 'FLOP')}){tried}."
    )
    if even.adapters == even.tasks:
        return f"{asked} The answer saves nothing: every task has its own adapter, as without asking."
    return f"{asked} {saved_sentence(even, tokens=account.tokens_per_text)}"


def saved_sentence(even: Even, *, tokens: float | None = None) -> str:
    """What an answer with fewer adapters than tasks saves, and when asking has paid."""
    fewer = even.tasks - even.adapters
    size = f" ({numbers.scaled(even.stored_alone - even.stored, 'B')} less to keep)" if even.stored else ""
    length = f" of {tokens:.0f} tokens" if tokens else ""
    head = f"The answer saves {fewer} adapter{'s' * (fewer != 1)}{size}."
    text = (
        f"A text{length} that is asked about for all {even.tasks} tasks passes the adapted layers {even.adapters} "
        f"instead of {even.tasks} times, which has paid for asking {_after(even.texts, 'such text')}; "
        "a text for one task saves nothing."
    )
    return f"{head} {text} {_training(even)}"


def plan_sentences(best: Even, asked: Even | None) -> list[str]:
    """When grouping is not worth asking about, of a run that was only planned; work in hours.

    Args:
        best: With one adapter for all tasks.
        asked: With as many adapters as the suite allows, if it says so and they are more than one.
    """
    lines = [
        f"asking takes {_times(best)} as long as training every task alone once "
        f"({_hours(best.asking)} against {_hours(best.alone)})"
    ]
    for even in (best, asked):
        if even is not None:
            number = "1 adapter" if even.adapters == 1 else f"{even.adapters} adapters"
            lines.append(
                f"{number} for {even.tasks} tasks would have paid {_after(even.texts, 'text')} that is asked about for "
                f"all tasks, or {_after(even.retrainings, 'retraining')}; at equal passes no retraining pays".replace(
                    "texts that is", "texts that are"
                )
            )
    lines.append("below that, ask only for adapters to keep and load, or for gains")
    return lines


def _training(even: Even) -> str:
    share = even.saved_by_retraining / even.alone
    if share <= 0:
        more = f"{numbers.share(-share)} more work" if share < 0 else "as much work"
        return f"{PASSES} the answer takes {more}, so no number of retrainings pays."
    return (
        f"{PASSES} the answer takes {numbers.share(share)} less work, which has paid "
        f"{_after(even.retrainings, 'retraining')}."
    )


def _after(count: float | None, noun: str) -> str:
    if count is None:
        return "never"
    return "at once" if count == 0 else f"after about {about(count)} {noun}s"


def _times(even: Even) -> str:
    return f"{even.times:.1f} times"


def _hours(hours: float) -> str:
    return numbers.duration(3600 * hours)


def _parts(account: Account) -> str:
    """Shares of what was tried and is not in the answer."""
    total = account.break_even.asking
    parts = []
    for cost, what in ((account.proposals, "groups that were tried and are not in the answer"),
                       (account.failed, "failed runs")):  # fmt: skip
        if cost is not None and cost.jobs and total > 0:
            parts.append(f"{numbers.share(cost.flops / total)} of it for {what}")
    return f", {' and '.join(parts)}" if parts else ""
