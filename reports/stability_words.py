"""How stable the answer is under other seeds, in a sentence."""

from reports import numbers
from reports.trust import Stable


def stability_sentence(of: Stable | None) -> str:
    """How alike reruns' groupings are and whether they are worth the same; empty unless reruns were asked for."""
    if of is None:
        return ""
    if not of.runs:
        return f"Stability is not known: none of {_reruns(of.wanted)} was finished."
    first, others = of.runs[0], of.runs[1:]
    short = f" ({of.done} of {of.wanted} were finished)" if of.done < of.wanted else ""
    rand = ", ".join(numbers.number(run.rand, 2) for run in others)
    same = sum(sorted(run.groups) == sorted(first.groups) for run in others)
    worth = (
        f"Their posteriors expect a mean gain of {numbers.signed(first.others.mean)} ({numbers.LEVEL} interval "
        f"{numbers.interval(first.others.low, first.others.high, 3)}) of the answer, "
        f"{numbers.number(first.behind.mean)} less ({numbers.interval(first.behind.low, first.behind.high, 3)}) than "
        "of their own choices"
    )
    if first.behind.low > 0:
        judged = "other seeds find clearly better ones"
    elif first.behind.high < 0:
        judged = "they hold the answer to be better than their own"
    else:
        judged = "as far as these runs tell, it is worth the same"
    return (
        f"{_reruns(of.done)} with other seeds on the same data{short}: {same} recommended the same grouping; adjusted "
        f"Rand index with the answer {rand} (1 is the same, 0 chance). {worth}: {judged}. The answer stays that of the "
        "first run."
    )


def _reruns(count: int) -> str:
    return f"{count} complete rerun{'s' * (count != 1)}"
