"""What a run found, in sentences."""

from collections.abc import Sequence

import numpy as np

from reports import numbers
from reports.heatmap import NORMAL_95, HeatmapInfo
from reports.lettering import printable
from reports.origin import origin
from reports.records import GIVEN, Group, Recommendation, Spent
from reports.smoke_words import labelled_verdict
from reports.tables import name_group
from trainers.cost import Cost

SPELT = 8
"""Up to this number of groups are named in a sentence."""
NAMED = 20
"""Up to this number of tasks are named in it."""


def many(count: int, noun: str) -> str:
    """``1 adapter``, ``3 adapters``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def capital(text: str) -> str:
    """The first letter upper, the others as they are."""
    return text[:1].upper() + text[1:]


def describe_groups(groups: Sequence[Group]) -> str:
    """``{a, b}, {c, d} and e alone``; of many groups or tasks only the number of groups and the size of the largest."""
    shared = [group for group in groups if len(group) > 1]
    alone = [printable(group[0]) for group in groups if len(group) == 1]
    if len(shared) + bool(alone) > SPELT or len(alone) > SPELT or sum(map(len, groups)) > NAMED:
        counts = [(len(shared), "shared group"), (len(alone), "task")]
        parts = [many(count, noun) + (" alone" if noun == "task" else "") for count, noun in counts if count]
        return f"{listed(parts)}; the largest group holds {len(max(groups, key=len))}"
    parts = [name_group(group) for group in shared]
    return listed([*parts, f"{listed(alone)} alone"] if alone else parts)


def recommendation_sentence(recommendation: Recommendation) -> str:
    """The answer in one sentence; tasks that were left out have no adapter and are not counted."""
    groups = [group for group in recommendation.groups if not set(group) <= set(recommendation.left_out)]
    tasks = sum(len(group) for group in groups)
    unproven = "" if recommendation.validated else "Not validated: the probe runs propose to "
    if not recommendation.validated and not recommendation.complete:
        unproven = "Not validated: the answer so far is to "
    if all(len(group) == 1 for group in groups):
        because = ""
        if recommendation.verdict == "refuted" and recommendation.proposed:
            because = f"; the proposed grouping, {describe_groups(recommendation.proposed)}, was refuted on test"
        sentence = f"train {'the task' if tasks == 1 else f'each of the {tasks} tasks'} alone{because}."
    elif len(groups) == 1:
        sentence = f"train all {tasks} tasks together with one adapter."
    else:
        sentence = f"train {tasks} tasks with {many(len(groups), 'adapter')}: {describe_groups(groups)}."
    return unproven + sentence if unproven else capital(sentence)


def verdict_sentence(recommendation: Recommendation) -> str:
    """The verdict with its reason and the number of times test was opened."""
    return f"{capital(labelled_verdict(recommendation))}. {reason_sentence(recommendation)}".strip()


def reason_sentence(recommendation: Recommendation) -> str:
    """The verdict's reason and the number of times test was opened; may be empty."""
    reason = capital(printable(recommendation.reason).strip().rstrip("."))
    opened = recommendation.test_openings
    times = f" Test was opened {'once' if opened == 1 else f'{opened} times'}." if opened else ""
    return f"{reason}.{times}" if reason else times.strip()


def learnable_sentence(recommendation: Recommendation) -> str:
    """Which tasks the budget could not teach; empty if none."""
    left_out = recommendation.left_out
    names = [printable(t) for t, learnable in recommendation.learnable.items() if not learnable and t not in left_out]
    if not names:
        return ""
    which = listed(names) if len(names) <= SPELT else many(len(names), "task")
    return (
        f"Not learnable at this budget: {which}; alone {'it does' if len(names) == 1 else 'they do'} not beat the "
        "constant predictor, so no affinity with that target is interpreted."
    )


def left_out_sentence(recommendation: Recommendation) -> str:
    """Which tasks could not be measured, and why the first of them could not; empty if none."""
    left_out = recommendation.left_out
    if not left_out:
        return ""
    names = [printable(task) for task in left_out]
    which = listed(names) if len(names) <= SPELT else many(len(names), "task")
    why = printable(next(iter(left_out.values()))).rstrip(".")
    return f"Left out, as nothing could be measured: {which}; {why}."


def stopped_sentence(recommendation: Recommendation) -> str:
    """Which limit ended the search of a validated answer; empty if none did, or if the reason says so."""
    stopped = recommendation.stopped
    if stopped is None or not recommendation.validated:
        return ""
    limit = {"time": "The hours", "jobs": "The training runs"}.get(stopped.by, "The limits")
    return f"{limit} that were left were kept for validation: the same command with more goes on with the search."


def objective_sentence(recommendation: Recommendation) -> str:
    """What the grouping was chosen for."""
    objective = recommendation.objective
    limit = f" with at most {many(objective.max_adapters, 'adapter')}" if objective.max_adapters else ""
    confidence = f" at {numbers.share(objective.confidence)} confidence" if objective.confidence else ""
    if objective.name == "fewest_adapters":
        return f"Asked for the fewest adapters such that no task falls below its margin{limit}{confidence}."
    if objective.name == "best_gain":
        return f"Asked for the best mean gain{limit}."
    if objective.name == GIVEN:
        return "The grouping was given, not searched for."
    return ""


def _pair(info: HeatmapInfo, row: int, column: int) -> str:
    """``a to b, +0.081 (95 % interval +0.050 to +0.112)``."""
    score, error = float(info.scores[row, column]), float(info.errors[row, column])
    names = f"{printable(info.tasks[row])} to {printable(info.tasks[column])}"
    if info.predicted is not None and info.predicted[row, column]:
        names += " (predicted)"
    if not np.isfinite(error):
        return f"{names}, {numbers.signed(score)}"
    ends = numbers.interval(score - NORMAL_95 * error, score + NORMAL_95 * error, 3)
    return f"{names}, {numbers.signed(score)} ({numbers.LEVEL} interval {ends})"


def heatmap_kind(info: HeatmapInfo) -> str:
    """``Affinity``, ``Predicted affinity``, or the score that stands in for one."""
    of = origin(info.estimator)
    if not of.gains:
        return f"Score by {printable(info.estimator)}"
    return "Predicted affinity" if of.predicted else "Affinity"


def heatmap_sentence(info: HeatmapInfo) -> str:
    """Where the scores come from, the strongest help, the strongest hurt, and how many pairs are certain."""
    tasks = len(info.tasks)
    if tasks < 2:
        return "There is one task, so there is no pair to compare."
    off = ~np.eye(tasks, dtype=bool)
    inside = np.where(off, info.scores, 0.0)
    best = divmod(int(inside.argmax()), tasks)
    worst = divmod(int(inside.argmin()), tasks)
    of = origin(info.estimator)
    if of.gains:
        strongest = "strongest predicted" if of.predicted else "strongest"
        help_ = f"The {strongest} help is {_pair(info, *best)}" if inside[best] > 0 else "No source helps any target"
        hurt = f"the {strongest} hurt is {_pair(info, *worst)}" if inside[worst] < 0 else "no source hurts any target"
    else:
        help_ = f"The highest score is {_pair(info, *best)}" if inside[best] > 0 else "No score is above 0"
        hurt = f"the lowest is {_pair(info, *worst)}" if inside[worst] < 0 else "none is below 0"
    certain = int(info.certain.sum())
    counted = f"{certain:,} of {many(int(off.sum()), 'directed pair')}"
    told = f"{help_}; {hurt}. {counted} {'has' if certain == 1 else 'have'} an interval that excludes 0."
    return " ".join(part for part in (of.sentence, _predicted_pairs(info), told) if part)


def _predicted_pairs(info: HeatmapInfo) -> str:
    """Which pairs are predicted among measured ones; empty if none are, or if that is not known."""
    if info.predicted is None or not info.predicted.any():
        return ""
    tasks = len(info.tasks)
    cells = np.argwhere(np.triu(info.predicted))
    pairs = sorted(tuple(sorted((info.tasks[i], info.tasks[j]))) for i, j in cells)
    were = "was" if len(pairs) == 1 else "were"
    named = f": {listed([name_group(pair) for pair in pairs])}" if len(pairs) <= SPELT else ""
    return f"{len(pairs)} of {many(tasks * (tasks - 1) // 2, 'pair')} {were} not trained{named}."


def affinities_sentence(recommendation: Recommendation) -> str:
    """Which affinities were measured and which predicted; empty for a given grouping."""
    found = recommendation.affinities
    if found is None:
        return ""
    trained, of = len(found.trained_pairs), origin(found.estimator)
    were = "was" if found.pairs == 1 else "were"
    pairs = f"{trained} of {many(found.pairs, 'pair')} {were} trained"
    if of.measured:
        return f"Affinities are measured: {pairs}."
    named = f": {listed([name_group(pair) for pair in found.trained_pairs])}" if 0 < trained <= SPELT else ""
    what = "predicted by" if of.gains else "scores by"
    measured = f"{pairs} and measured{named}" if trained else "no pair was trained"
    return f"Affinities are {what} {printable(found.estimator)}; {measured}."


def heatmap_legend(info: HeatmapInfo) -> str:
    """How to read the heatmap."""
    frames = "" if not info.groups else f" Frames: {'the chosen' if info.chosen else 'the proposed'} groups."
    dotted = " Dotted frames: predicted." if info.predicted is not None and info.predicted.any() else ""
    signs = "Blue: the source helps; red: negative transfer." if origin(info.estimator).gains else "Blue: above 0."
    return (
        f"Rows help or hurt, columns gain or lose. {signs} "
        f"A dot marks a score whose {numbers.LEVEL} interval excludes 0.{dotted}{frames}"
    )


def cost_sentence(spent: Spent) -> str:
    """What finding the groups took, against training every single and every pair, and what validation took."""
    parts = [part for part in (spent.probe, spent.search) if part is not None and part.jobs]
    sentences = []
    if parts:
        sentences.append(_finding(sum(parts, Cost()), spent.pairs_reference, modelled=spent.pairs_reference_modelled))
    if spent.validation is not None and spent.validation.jobs:
        runs = many(spent.validation.jobs, "run")
        sentences.append(f"Validation took {runs} and {numbers.duration(spent.validation.seconds)} of worker time.")
    if spent.equal_sizes is not None and spent.equal_sizes.jobs:
        runs = many(spent.equal_sizes.jobs, "run")
        sentences.append(f"Equal sizes took {runs} and {numbers.duration(spent.equal_sizes.seconds)} of worker time.")
    if spent.forms is not None and (spent.forms.jobs or spent.forms.flops):
        runs = many(spent.forms.jobs, "run")
        sentences.append(f"Other forms took {runs} and {numbers.duration(spent.forms.seconds)} of worker time.")
    if numbers.known(spent.wall_seconds):
        sentences.append(f"The whole run took {numbers.duration(spent.wall_seconds)}.")
    return " ".join(sentences) or "No cost was recorded."


def _finding(cost: Cost, reference: Cost | None, *, modelled: bool) -> str:
    """What probe runs and search took."""
    work = f" and {numbers.scaled(cost.flops, 'FLOP')}" if cost.flops else ""
    text = f"Finding the groups took {many(cost.jobs, 'run')}, {numbers.duration(cost.seconds)} of worker time{work}"
    if reference is not None and reference.flops > 0 and cost.flops:
        text += f", {numbers.share(cost.flops / reference.flops)} of the computation of training all singles and pairs"
        text += " (modelled, as the pairs were not trained)" * modelled
    elif reference is not None and reference.seconds > 0:
        text += f", {numbers.share(cost.seconds / reference.seconds)} of the time of training all singles and pairs"
        text += " (modelled, as the pairs were not trained)" * modelled
    return text + "."
