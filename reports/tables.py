"""Tables of everything that a run found: verdicts, baselines, affinities, controls, costs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from affinity.matrix import AffinityMatrix
from reports import numbers
from reports.heatmap import NORMAL_95
from reports.lettering import printable
from reports.origin import origin
from reports.records import Baseline, Control, GroupGains, Matching, Outcome, Recommendation, Spent
from reports.table import Column, Row, Table, plain
from reports.trust import Account
from trainers.cost import Cost

BASELINES = {
    "choice": "chosen grouping",
    "single": "every task alone",
    "together": "all together",
    "random": "random, same shape",
    "compared": "your own",
}
"""Groupings measured on test, in the order of the table."""
PHASES = {
    "probe": "probe runs",
    "search": "search",
    "forms": "other forms",
    "validation": "validation",
    "equal_sizes": "equal sizes",
    "reruns": "complete reruns",
    "total": "total",
}
"""Phases of a run, in the order of the table."""


def name_group(group: Sequence[str]) -> str:
    """``{a, b}``."""
    return "{" + ", ".join(printable(task) for task in group) + "}"


def name_grouping(groups: Sequence[Sequence[str]], helpers: Sequence[Sequence[str]] = ()) -> str:
    """``{a, b} {c, d + a}``: helpers of a group stand behind a plus."""
    named = [name_group(group) for group in groups]
    for place, some in enumerate(helpers):
        if some:
            named[place] = f"{named[place][:-1]} + {name_group(some)[1:]}"
    return " ".join(named)


def _score(key: str) -> Column:
    label = {"single": "alone", "grouped": "in its group"}[key]
    return plain(label, key, numbers.number, numeric=True)


def _interval(row: Row) -> str:
    """The interval of a change; a task that stays alone *is* the reference, so its change is 0 by definition."""
    return "reference" if not row["partners"] and row["delta"] == 0 else numbers.interval(row["low"], row["high"])


def verdicts(recommendation: Recommendation) -> Table:
    """One row per task, in the order of the tested grouping; tasks in no group at the end."""
    rows: list[Row] = []
    placed = {task for group in recommendation.tested for task in group}
    loose = tuple(task for task in recommendation.tasks if task not in placed)
    for number, group in [*enumerate(recommendation.tested, start=1), (None, loose)]:
        for task in group:
            outcome: Outcome = recommendation.tasks[task]
            learnable = recommendation.learnable.get(task)
            row: dict[str, Any] = {
                "task": task,
                "group": number,
                "partners": [t for t in group if number and t != task],
            }
            row |= {key: getattr(outcome, key) for key in Outcome.__dataclass_fields__} | {"learnable": learnable}
            rows.append(row)
    columns: tuple[Column, ...] = (
        plain("task", "task"),
        plain("group", "group", numeric=True),
        plain("metric", "metric"),
        _score("single"),
        _score("grouped"),
        plain("change", "delta", numbers.points, numeric=True),
        Column("95 % interval", _interval, numeric=True),
        plain("detectable", "detectable", lambda value: numbers.number(value, 1), numeric=True),
        plain("margin", "margin", lambda value: numbers.number(value, 1), numeric=True),
        Column(
            "predicted gain", lambda row: numbers.with_error(row["predicted"], row["predicted_error"]), numeric=True
        ),
        plain("measured gain", "gain", numbers.signed, numeric=True),
        plain("verdict", "verdict"),
    )
    caption = (
        "Scores on test, in the metric's own unit; change, interval, detectable change (found with 90 % probability) "
        "and margin in points (metric times 100) against the task alone. A gain is a loss difference on the scale of "
        "the constant predictor's loss; above 0 is better."
    )
    if not recommendation.validated:
        caption = (
            "Not validated: nothing was retrained or tested. Predicted gain is a loss difference against the task "
            "alone, on the scale of the constant predictor's loss; above 0 is better."
        )
        columns = tuple(columns[i] for i in (0, 1, 2, 8, 9, 11))
    return Table("verdicts", caption, columns, tuple(rows))


def _mean_interval(row: Row) -> str:
    """The interval of a mean gain; singles are the reference of all others."""
    single = all(len(group) == 1 for group in row["groups"]) and row["mean_gain"] == 0
    return "reference" if single else numbers.interval(row["mean_gain_low"], row["mean_gain_high"], 3)


AHEAD = {"ahead": "gain", "ahead_low": "low", "ahead_high": "high", "p_superior_holm": "p_superior_holm"}
"""Fields of a row of baselines, and of a comparison with it."""
SUPERIOR = 0.05
"""Holm-adjusted p value up to which the choice counts as better."""


def _ahead(row: Row) -> str:
    """``+0.042 (+0.030 to +0.054)*``; a dash beside the choice itself."""
    if row["ahead"] is None:
        return numbers.NONE
    sure = row["p_superior_holm"] is not None and row["p_superior_holm"] <= SUPERIOR
    ends = numbers.interval(row["ahead_low"], row["ahead_high"], 3)
    return f"{numbers.signed(row['ahead'])} ({ends}){'*' * sure}"


def baselines(recommendation: Recommendation) -> Table:
    """One row per grouping that was measured on test."""
    refuted = recommendation.verdict == "refuted"
    alone = recommendation.baselines.get("single")
    rows: list[Row] = []
    for key in [*BASELINES, *sorted(set(recommendation.baselines) - set(BASELINES))]:
        baseline: Baseline | None = recommendation.baselines.get(key)
        if baseline is not None:
            name = "proposed grouping (refuted)" if key == "choice" and refuted else BASELINES.get(key, key)
            fields = ("adapters", "mean_gain", "mean_gain_low", "mean_gain_high", "mean_delta", "worst_delta")
            values = {field: getattr(baseline, field) for field in fields}
            values |= {"flops": baseline.flops, "times_alone": _times_alone(baseline, alone)}
            beaten = recommendation.comparisons.get(key)
            ahead = {field: getattr(beaten, part, None) for field, part in AHEAD.items()}
            rows.append(
                {"baseline": key, "grouping": name, **values, **ahead, "groups": [list(g) for g in baseline.groups]}
            )
    columns: tuple[Column, ...] = (
        plain("grouping", "grouping"),
        plain("adapters", "adapters", numbers.count, numeric=True),
        plain("mean gain", "mean_gain", numbers.signed, numeric=True),
        Column("95 % interval", _mean_interval, numeric=True),
        plain("mean change", "mean_delta", numbers.points, numeric=True),
        plain("worst change", "worst_delta", numbers.points, numeric=True),
    )
    caption = "All groupings retrained with fresh seeds and measured on the same test examples; changes in points."
    if any(row["times_alone"] is not None for row in rows):
        columns = (*columns[:2], plain("training", "times_alone", numbers.share, numeric=True), *columns[2:])
        caption += (
            " Training: computation of one run of every group in validation, of what one run of every task alone takes."
        )
    what = "the proposal" if refuted else "the choice"
    if recommendation.comparisons:
        columns += (Column(f"{what} is ahead by", _ahead, numeric=True),)
    if recommendation.comparisons:
        caption += (
            f" How far {what} is ahead is the difference of mean gains with its 95 % interval; an asterisk marks what "
            "is above 0 by Holm's method over all rows, at 5 %."
        )
    answer = "single" if refuted else "choice"
    stressed = next((i for i, row in enumerate(rows) if row["baseline"] == answer), None)
    return Table("baselines", caption, columns, tuple(rows), stressed)


def _times_alone(of: Baseline, alone: Baseline | None) -> float | None:
    """Computation of training every group of it once, of that of every task alone."""
    return None if of.flops is None or alone is None or not alone.flops else of.flops / alone.flops


def affinities(matrix: AffinityMatrix | None, measured: Sequence[GroupGains] = ()) -> Table:
    """One row per directed pair, the strongest first; none without a matrix.

    Args:
        measured: Groups that were trained: a predicted score stands beside what was measured of the pair.
    """
    of = origin(matrix.estimator if matrix else "")
    pairs = {
        frozenset(entry.group): entry for entry in measured if len(entry.group) == 2 and entry.phase != "validation"
    }
    rows: list[Row] = []
    for i, source in enumerate(matrix.tasks if matrix else ()):
        for j, target in enumerate(matrix.tasks if matrix else ()):
            if matrix and i != j:
                score, error = float(matrix.scores[i, j]), float(matrix.errors[i, j])
                low, high = score - NORMAL_95 * error, score + NORMAL_95 * error
                certain = bool(np.isfinite(error) and (low > 0 or high < 0))
                row = {"source": source, "target": target, "score": score, "error": error, "low": low, "high": high}
                pair = pairs.get(frozenset((source, target)))
                seen = {
                    "measured": pair and pair.gain.get(target),
                    "measured_error": pair and pair.gain_error.get(target),
                }
                rows.append({**row, "excludes_zero": certain, **seen})
    rows.sort(key=lambda row: (-abs(row["score"]), row["source"], row["target"]))
    label = ("predicted gain of the target" if of.predicted else "gain of the target") if of.gains else "score"
    columns: tuple[Column, ...] = (
        plain("source", "source"),
        plain("target", "target"),
        plain(label, "score", numbers.signed, numeric=True),
        plain("standard error", "error", numbers.number, numeric=True),
        Column("95 % interval", lambda row: numbers.interval(row["low"], row["high"], 3), numeric=True),
        plain("excludes 0", "excludes_zero"),
    )
    caption = "The target's gain when the source is trained with it; intervals are for one pair at a time."
    if not of.measured:
        beside = Column(
            "measured", lambda row: numbers.with_error(row["measured"], row["measured_error"]), numeric=True
        )
        columns += (beside,)
        caption = (
            f"{of.sentence} Intervals are for one pair at a time. Pairs that were trained have a measured gain too."
        )
    return Table("affinities", caption, columns, tuple(rows))


def costs(spent: Spent) -> Table:
    """One row per phase that did anything, and what training all singles and pairs would cost."""
    modelled = " (modelled)" if spent.pairs_reference_modelled else ""
    names = {**PHASES, "pairs_reference": f"all singles and pairs{modelled}"}
    reference = spent.pairs_reference
    rows: list[Row] = []
    for key, name in names.items():
        cost: Cost | None = getattr(spent, key)
        if cost is not None and (cost.jobs or cost.seconds or key == "total"):
            rows.append({"phase": key, "name": name, **cost.to_dict()})
    for key, name, cost in _accounted(spent.account):
        rows.append({"phase": key, "name": name, **cost.to_dict()})
    alone = None if spent.account is None else spent.account.alone
    rows = [
        {**row, "share_of_pairs": _over(row["flops"], reference), "times_alone": _over(row["flops"], alone)}
        for row in rows
    ]
    columns: tuple[Column, ...] = (
        plain("phase", "name"),
        plain("runs", "jobs", numbers.count, numeric=True),
        plain("worker time", "seconds", numbers.duration, numeric=True),
        plain("computation", "flops", lambda value: numbers.scaled(value, "FLOP"), numeric=True),
        plain("tokens trained", "tokens_backward", numbers.scaled, numeric=True),
        plain("tokens evaluated", "tokens_forward", numbers.scaled, numeric=True),
        plain(f"share of all pairs{modelled}", "share_of_pairs", numbers.share, numeric=True),
    )
    if alone is not None:
        columns += (plain("times every task alone", "times_alone", lambda of: numbers.number(of, 1), numeric=True),)
    caption = (
        "Worker time is summed over workers; computation is counted by the cost model, not measured. All singles and "
        "pairs are there for comparison."
    )
    if alone is not None:
        caption += (
            " Every task alone is one run of each until it gets no better; groups that are not in the answer and "
            "failed runs are parts of the phases."
        )
    if modelled:
        caption += " The pairs were not trained: their cost is that of the runs that were made, per member of a group."
    return Table("cost", caption, columns, tuple(rows))


def _accounted(account: Account | None) -> list[tuple[str, str, Cost]]:
    """Parts of the phases that led nowhere, and what training alone or the answer takes once."""
    if account is None:
        return []
    rows = [
        ("proposals", "of it: groups not in the answer", account.proposals),
        ("failed", "of it: failed runs", account.failed),
        ("alone", "every task alone, once", account.alone),
        ("answer", "the answer, once", account.answer),
    ]
    return [(key, name, cost) for key, name, cost in rows if cost is not None and cost.jobs]


def _over(flops: float, cost: Cost | None) -> float | None:
    return flops / cost.flops if cost is not None and cost.flops > 0 else None


def step_matching(rows: Sequence[Matching]) -> Table:
    """What step-matched references take away from a pair's apparent gain."""
    found: list[Row] = [
        {
            "source": row.source,
            "target": row.target,
            "against_equal_passes": row.against_equal_passes,
            "against_reference": row.against_reference,
            "error": row.error,
        }
        for row in rows
    ]
    columns = (
        plain("source", "source"),
        plain("target", "target"),
        plain("gain against an equally short single", "against_equal_passes", numbers.signed, numeric=True),
        plain("gain against the step-matched reference", "against_reference", numbers.signed, numeric=True),
        plain("standard error", "error", numbers.number, numeric=True),
        Column("due to steps alone", lambda row: numbers.signed(_difference(row)), numeric=True),
    )
    caption = (
        "In a pair the partner's batches move the shared adapter too, by which any partner may look helpful beside a "
        "single that ends after as many passes. The reference goes on until it gets no better: the difference of the "
        "two columns is what further steps bring alone, not the partner."
    )
    return Table("step_matching", caption, columns, tuple(found))


def _difference(row: Row) -> float | None:
    before, after = row["against_equal_passes"], row["against_reference"]
    return None if before is None or after is None else before - after


def controls(rows: Sequence[Control]) -> Table:
    """Affinities from sources that cannot help."""
    found: list[Row] = [
        {"source": row.source, "target": row.target, "score": row.score, "error": row.error}
        | {"p": row.p, "p_holm": row.p_holm, "measured": row.measured}
        for row in rows
    ]
    columns: tuple[Column, ...] = (
        plain("control source", "source"),
        plain("target", "target"),
        plain("gain of the target", "score", numbers.signed, numeric=True),
        plain("standard error", "error", numbers.number, numeric=True),
        plain("p", "p", numbers.chance, numeric=True),
        plain("p after Holm", "p_holm", numbers.chance, numeric=True),
    )
    caption = "A source with shuffled labels cannot help; a small p after Holm would cast doubt on the affinities."
    if not all(row.measured for row in rows):
        columns += (plain("measured", "measured"),)
        caption += " Where the pair was not trained, the gain is predicted."
    return Table("controls", caption, columns, tuple(found))
