"""Two runs side by side in sentences: the four questions of whoever compares, each with a one-word answer."""

from collections.abc import Callable

from affinity.both import Both
from grouping.cross_value import DEFINITION, MISSING
from reports import numbers
from reports.compared_affinity_words import Answer, affinities_answer
from reports.compared_tables import names, valued
from reports.comparison import PROBED, TESTS, Comparison
from reports.lettering import printable
from reports.numbers import LEVEL, number, signed
from reports.words import describe_groups, listed, many

SPELT = 4
"""Up to this number of tasks or settings are named in a sentence."""


def answers(comparison: Comparison) -> tuple[Answer, ...]:
    """The questions in their order: who helps whom, the groups, what is better, what is cheaper, what differs."""
    return (
        affinities_answer(comparison),
        _groups(comparison),
        _better(comparison),
        _cheaper(comparison),
        _differing(comparison),
    )


def remarks(comparison: Comparison) -> tuple[str, ...]:
    """What a reader must know of the two runs."""
    found, called = [], names(comparison)
    for name, of in ((called.a, comparison.runs.a), (called.b, comparison.runs.b)):
        if not of.complete:
            found.append(f"{name} has not ended: it is compared by its answer so far.")
        if of.kind == PROBED:
            found.append(f"{name} has affinities alone: nothing was recommended or validated in it.")
    tasks = comparison.tasks
    for name, only in ((called.a, tasks.only.a), (called.b, tasks.only.b)):
        if only:
            found.append(f"Only in {name}: {_some(only, 'task')}.")
    if tasks.not_learnable:
        found.append(
            f"Not learnable at a run's budget, so that no affinity with that target counts: "
            f"{_some(tasks.not_learnable, 'task')}."
        )
    if tasks.left_out:
        found.append(f"Left out of groups, as a run could measure nothing: {_some(tasks.left_out, 'task')}.")
    return tuple(found)


def _some(found: tuple[str, ...], noun: str) -> str:
    shown = [printable(name) for name in found]
    return (
        listed(shown)
        if len(shown) <= 2 * SPELT
        else f"{listed(shown[:SPELT])} and {many(len(shown) - SPELT, noun)} more"
    )


def _groups(comparison: Comparison) -> Answer:
    question, found, called = "Do they recommend the same groups?", comparison.groupings, names(comparison)
    if found is None:
        without = [
            name for name, run in ((called.a, comparison.runs.a), (called.b, comparison.runs.b)) if run.kind == PROBED
        ]
        return Answer(question, "not compared", f"{listed(without)} recommend{'s' * (len(without) == 1)} nothing.")
    alike = found.likeness
    refuted = " ".join(
        f"{name} had proposed {describe_groups(groups)}, which was refuted."
        for name, groups in ((called.a, found.proposed.a), (called.b, found.proposed.b))
        if groups is not None
    )
    if alike.rand is None:
        return Answer(question, "not compared", f"Fewer than two tasks are in both answers. {refuted}".strip())
    if alike.same:
        whole = found.groups.a == found.groups.b
        among = "" if whole else f" among the {many(len(alike.tasks), 'task')} of both"
        groups = tuple(cut for group in found.groups.a if (cut := tuple(task for task in group if task in alike.tasks)))
        return Answer(question, "the same", f"Both recommend {describe_groups(groups)}{among}. {refuted}".strip())
    changed = _some(tuple(of.task for of in alike.changed), "task")
    other = "has" if len(alike.changed) == 1 else "have"
    sentence = (
        f"{called.a} recommends {describe_groups(found.groups.a)}; {called.b} {describe_groups(found.groups.b)}. "
        f"Adjusted Rand index {number(alike.rand, 2)} over {many(len(alike.tasks), 'task')}; 1 is the same, 0 chance. "
        f"{changed} {other} other company. {refuted} {_judged(comparison)}"
    )
    return Answer(question, "different", " ".join(sentence.split()))


def _judged(comparison: Comparison) -> str:
    """What each run says of the other's answer."""
    found, called = comparison.groupings, names(comparison)
    assert found is not None
    parts = []
    for judge, own, other, name in (
        (called.a, found.judged_by.a.a, found.judged_by.a.b, called.b),
        (called.b, found.judged_by.b.b, found.judged_by.b.a, called.a),
    ):
        if other.basis == MISSING:
            parts.append(f"{judge} never trained the groups of {name}.")
        else:
            parts.append(f"By {judge}, the answer of {name} has a mean gain of {valued(other)}, its own {valued(own)}.")
    return " ".join(parts)


def _better(comparison: Comparison) -> Answer:
    question, of, called = "Which is better?", comparison.standing, names(comparison)
    word, named = _name("the same" if of.better == "equal" else of.better, called)
    if comparison.runs.a.kind == PROBED or comparison.runs.b.kind == PROBED:
        return Answer(question, word, "A run with affinities alone has nothing to judge on test.")
    if of.served is not None:
        more, by = (called.b if of.served.value >= 0 else called.a), f"{abs(of.served.value):.1f} points"
        ends = "without an interval, which takes two tasks"
        if of.served.low is not None and of.served.high is not None:
            low, high = (of.served.low, of.served.high) if of.served.value >= 0 else (-of.served.high, -of.served.low)
            ends = f"{LEVEL} interval over tasks {numbers.interval(low, high)}"
        told = (
            f"On the same test examples {more} serves {many(of.tasks, 'task')} {by} better on average, {ends}; "
            f"{called.a} is better at {of.higher.a} of them, {called.b} at {of.higher.b}."
        )
        return Answer(question, word, f"{told} {_gains(comparison)}".strip(), named)
    reasons = sorted({row.why_not for row in comparison.per_task if row.why_not})
    why = f"Scores are not comparable: {'; '.join(reasons)}." if reasons else "No task has scores in both."
    return Answer(question, word, f"{why} {_gains(comparison)}".strip(), named)


def _name(side: str, called: Both[str]) -> tuple[str, bool]:
    """The word for ``a``, ``b`` or anything else, and whether it is a run's name."""
    known = {"a": called.a, "b": called.b}
    return known.get(side, side), side in known


def _gains(comparison: Comparison) -> str:
    """What sharing gained in each run, and whether more in one; empty if that was measured in neither."""
    of, called = comparison.standing, names(comparison)
    if of.gain.a.basis == of.gain.b.basis == DEFINITION:
        return "Both train every task alone, so nothing is gained or lost by sharing."
    known = [
        f"{valued(gain)} in {name}"
        for gain, name in ((of.gain.a, called.a), (of.gain.b, called.b))
        if gain.mean is not None
    ]
    if not known:
        return ""
    told = f"Mean gain of its groups over each task alone, each by its own data: {' and '.join(known)}"
    apart = of.gain_difference
    if apart is None:
        return f"{told}."
    ends = numbers.interval(apart.low, apart.high, 3)
    return f"{told}; {called.b} less {called.a} is {signed(apart.value)} ({LEVEL} interval {ends})."


def _cheaper(comparison: Comparison) -> Answer:
    question, of, called = "Which is cheaper?", comparison.costs, names(comparison)
    word, named = _name({"mixed": "depends", "equal": "the same"}.get(of.cheaper, of.cheaper), called)
    probed = PROBED in (comparison.runs.a.kind, comparison.runs.b.kind)
    work = "Probe runs took" if probed else "Finding it took"
    parts = [
        _beside("The answer has", of.adapters, called, lambda count: many(int(count), "adapter")),
        _beside("Its adapters take", of.stored, called, lambda count: numbers.scaled(count, "B")),
        _beside(work, of.finding, called, lambda flops: numbers.scaled(flops, "FLOP")),
    ]
    if comparison.tasks.only.a or comparison.tasks.only.b:
        parts.append("The runs have other tasks, so costs do not tell which is cheaper.")
    return Answer(question, word, " ".join(part for part in parts if part) or "No cost was recorded.", named)


def _beside(
    what: str, both: Both[int | None] | Both[float | None], called: Both[str], show: Callable[[float], str]
) -> str:
    """A sentence with both; empty unless both are known."""
    if both.a is None or both.b is None:
        return ""
    one, other = show(both.a), show(both.b)
    if one == other:
        return f"{what} {one} in both."
    return f"{what} {one} in {called.a} and {other} in {called.b}."


def _differing(comparison: Comparison) -> Answer:
    question, found = "What differs between them?", comparison.differing
    unknown = ""
    if comparison.unknown:
        unknown = f" A folder says nothing of its {listed(list(comparison.unknown))}."
    if not found:
        word = "nothing" if not comparison.unknown else "nothing known"
        return Answer(question, word, f"Nothing, as far as the folders tell.{unknown}")
    parts = []
    for area, noun in (("settings", "setting"), ("data", "data set"), ("versions", "version"), ("machine", "fact")):
        fields = [of for of in found if of.area == area]
        if area == "data" and fields:
            parts.append(_data(comparison))
        elif len(fields) > SPELT:
            parts.append(many(len(fields), noun))
        elif fields:
            pairs = [f"{printable(of.field)} ({printable(of.value.a)}, {printable(of.value.b)})" for of in fields]
            parts.append(f"{area}: {', '.join(pairs)}")
    seeds = any(of.area == "settings" and of.field == "seed" for of in found)
    drawn = seeds and any(of.area == "data" for of in found)
    why = " The seed also draws what is split at random, and the examples of built-in tasks." if drawn else ""
    sentence = "; ".join(parts)
    return Answer(question, many(len(found), "thing"), f"{sentence[:1].upper()}{sentence[1:]}.{why}{unknown}")


def _data(comparison: Comparison) -> str:
    """How many data sets differ, and whether their test examples do too."""
    fields = [of.field for of in comparison.differing if of.area == "data"]
    tests = sum(field.endswith(TESTS) for field in fields)
    sets = many(len(fields) - tests, "data set")
    return sets + (f", {tests} of them in their test examples too" if tests else "")
