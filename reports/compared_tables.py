"""Tables of two runs side by side."""

from collections.abc import Callable
from typing import Any

from affinity.both import Both, Difference
from affinity.concordance import Correlation
from grouping.cross_value import MISSING, Valued
from reports import numbers
from reports.comparison import Comparison, RunFacts, TaskRow, TaskSide
from reports.lettering import printable
from reports.records import Group
from reports.table import Column, Row, Table, plain
from reports.tables import PHASES
from reports.words import describe_groups
from trainers.cost import Cost

BASES = {
    "test": "on test",
    "select half": "on the select half",
    "predicted": "predicted",
    "definition": "by definition",
}
"""Where a value comes from, as tables have it."""

COMPARABLE = "scores comparable"
"""Heading of the column that says why scores of a task are not."""


def names(comparison: Comparison) -> Both[str]:
    """What the runs are called."""
    return Both(printable(comparison.runs.a.name), printable(comparison.runs.b.name))


def interval(of: Difference | None, digits: int = 3) -> str:
    """Both ends; a dash where there are none."""
    return numbers.NONE if of is None else numbers.interval(of.low, of.high, digits)


def valued(of: Valued) -> str:
    """``+0.012 (−0.002 to +0.026) on test``."""
    if of.basis == MISSING:
        return MISSING
    ends = "" if of.low is None or of.low == of.high else f" ({numbers.interval(of.low, of.high, 3)})"
    return f"{numbers.signed(of.mean)}{ends} {BASES[of.basis]}"


def correlations(comparison: Comparison) -> Table:
    """One row per correlation; none without affinities."""
    of = comparison.affinities
    found: dict[str, Correlation] = (
        {}
        if of is None
        else {
            "Pearson, all directed pairs": of.pearson,
            "Spearman, all directed pairs": of.spearman,
            "Spearman within targets": of.within,
        }
    )
    rows: list[Row] = [
        {"measure": name, "value": of.value, "low": of.low, "high": of.high, "attainable": of.attainable}
        for name, of in found.items()
    ]
    columns = (
        plain("correlation", "measure"),
        plain("value", "value", lambda value: numbers.number(value, 2), numeric=True),
        Column("95 % interval", lambda row: _ends(row["low"], row["high"]), numeric=True),
        plain("noise allows about", "attainable", lambda value: numbers.number(value, 2), numeric=True),
    )
    caption = (
        "1 is the same, 0 chance. Intervals leave out one task at a time and take four tasks. What noise allows is "
        "expected of two runs that measure the same and differ by their errors alone; it is an estimate from those "
        "errors, and runs that share data or seeds may agree better."
    )
    return Table("correlations", caption, columns, tuple(rows))


def _ends(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return numbers.NONE
    return f"{numbers.number(low, 2)} to {numbers.number(high, 2)}"


def pairs(comparison: Comparison) -> Table:
    """One row per directed pair, the furthest apart first; none without affinities."""
    of, called = comparison.affinities, names(comparison)
    rows: list[Row] = [
        {
            "source": pair.source,
            "target": pair.target,
            "a": pair.score.a,
            "a_error": pair.error.a,
            "b": pair.score.b,
            "b_error": pair.error.b,
            "difference": pair.difference.value if pair.difference else None,
            "low": pair.difference.low if pair.difference else None,
            "high": pair.difference.high if pair.difference else None,
            "beyond": "counts for nothing" if not pair.counts else _beyond(pair.beyond, pair.beyond_all),
        }
        for pair in (of.pairs if of else ())
    ]
    columns: tuple[Column, ...] = (
        plain("source", "source"),
        plain("target", "target"),
        Column(called.a, lambda row: numbers.with_error(row["a"], row["a_error"]), numeric=True),
        Column(called.b, lambda row: numbers.with_error(row["b"], row["b_error"]), numeric=True),
    )
    caption = "What the source is worth to the target in each run, with standard errors."
    if of is not None and of.same_scale:
        columns += (
            plain("difference", "difference", numbers.signed, numeric=True),
            Column("95 % interval", lambda row: numbers.interval(row["low"], row["high"], 3), numeric=True),
            plain("beyond its error", "beyond"),
        )
        caption += (
            f" The difference is {called.b} minus {called.a}; errors of the two count as independent. Of 100 pairs "
            "that are the same in truth about five are beyond their error by chance; those marked sure are so with all "
            "pairs looked at together (Bonferroni)."
        )
    return Table("pairs", caption, columns, tuple(rows))


def _beyond(alone: bool, together: bool) -> str:
    return "yes, sure" if together else "yes" if alone else "no"


def groupings(comparison: Comparison) -> Table:
    """One row per run's answer, and what each run says of it; none where a run recommends nothing."""
    found, called = comparison.groupings, names(comparison)
    rows: list[Row] = []
    if found is not None:
        for name, groups, facts, values in (
            (called.a, found.groups.a, comparison.runs.a, Both(found.judged_by.a.a, found.judged_by.b.a)),
            (called.b, found.groups.b, comparison.runs.b, Both(found.judged_by.a.b, found.judged_by.b.b)),
        ):
            rows.append(
                {
                    "run": name,
                    "groups": [list(group) for group in groups],
                    "adapters": len(groups),
                    "verdict": facts.verdict,
                    "by_a": valued(values.a),
                    "by_b": valued(values.b),
                }
            )
    columns = (
        plain("answer of", "run"),
        plain("adapters", "adapters", numbers.count, numeric=True),
        plain("verdict", "verdict"),
        plain(f"worth by {called.a}'s measurements", "by_a"),
        plain(f"worth by {called.b}'s measurements", "by_b"),
        Column("groups", lambda row: describe_groups([tuple(group) for group in row["groups"]])),
    )
    caption = (
        "Mean gain over tasks with its 95 % interval; 0 is every task alone, above 0 is better. Each answer was chosen "
        "by its own run's select half, which flatters it there; a grouping with a group that a run never trained is "
        "not measured by it."
    )
    return Table("groupings", caption, columns, tuple(rows))


def company(comparison: Comparison) -> Table:
    """One row per task that shares with others in one answer than in the other."""
    found, called = comparison.groupings, names(comparison)
    rows: list[Row] = [
        {"task": of.task, "a": list(of.partners.a), "b": list(of.partners.b)}
        for of in (found.likeness.changed if found is not None else ())
    ]
    columns = (
        plain("task", "task"),
        Column(f"in {called.a} with", lambda row: _partners(row["a"])),
        Column(f"in {called.b} with", lambda row: _partners(row["b"])),
    )
    return Table("company", "Tasks that change their company, among the tasks of both runs.", columns, tuple(rows))


def _partners(group: Group | list[str]) -> str:
    return ", ".join(group) if group else "alone"


def per_task(comparison: Comparison) -> Table:
    """Two rows per shared task, one of each run."""
    called = names(comparison)
    rows: list[Row] = []
    for row in comparison.per_task:
        rows.append(_task_row(row, called.a, row.sides.a))
        rows.append(_task_row(row, called.b, row.sides.b) | {"alone_better": row.alone, "better": row.served})
    columns: tuple[Column, ...] = (
        plain("task", "task"),
        plain("run", "run"),
        plain("metric", "metric"),
        plain("alone", "single", numbers.number, numeric=True),
        plain("in its group", "grouped", numbers.number, numeric=True),
        plain("change", "delta", numbers.points, numeric=True),
        Column("95 % interval", _change_interval, numeric=True),
        plain("margin", "margin", lambda value: numbers.number(value, 1), numeric=True),
        plain("verdict", "verdict"),
    )
    caption = (
        "Scores on each run's test examples, in the metric's own unit; change, interval and margin in points (metric "
        "times 100) against the task alone."
    )
    if any(row.comparable for row in comparison.per_task):
        columns += (
            plain(f"points over {called.a}, alone", "alone_better", numbers.points, numeric=True),
            plain(f"over {called.a}, as served", "better", numbers.points, numeric=True),
        )
        caption += (
            f" The last columns say by how many points {called.b} is better where both have the same test examples: "
            "of one task no interval is known."
        )
    if any(row.why_not for row in comparison.per_task):
        columns += (Column(COMPARABLE, lambda row: row["why_not"] or "yes"),)
    return Table("per_task", caption, columns, tuple(rows))


def _task_row(of: TaskRow, run: str, side: TaskSide) -> dict[str, Any]:
    """One run's half; how much better it is stands in the second run's."""
    fields = {key: getattr(side, key) for key in TaskSide.__dataclass_fields__}
    told = {"comparable": of.comparable, "why_not": of.why_not, "alone_better": None, "better": None}
    return {"task": of.task, "run": run, **fields, **told}


def _change_interval(row: Row) -> str:
    """A task that stays alone is the reference."""
    alone = row["delta"] == 0 and row["low"] == row["high"]
    return "reference" if alone else numbers.interval(row["low"], row["high"])


def costs(comparison: Comparison) -> Table:
    """Adapters, bytes and one row per phase."""
    of, called = comparison.costs, names(comparison)
    rows: list[Row] = []
    for key, name, both, show in (
        ("adapters", "adapters of the answer", of.adapters, numbers.count),
        ("stored", "bytes of its adapters", of.stored, lambda value: numbers.scaled(value, "B")),
    ):
        if both.a is not None or both.b is not None:
            rows.append(_cost_row(key, name, both, both, show))
    for key, spent in of.phases.items():
        flops = Both(*(None if cost is None else cost.flops for cost in (spent.a, spent.b)))
        rows.append(_cost_row(key, PHASES[key], spent, flops, _work))
    columns = (
        plain("what", "name"),
        plain(called.a, "a"),
        plain(called.b, "b"),
        plain(f"{called.b} over {called.a}", "ratio", lambda value: numbers.number(value, 2), numeric=True),
    )
    caption = (
        "Computation is counted by the cost model and can be compared between machines; worker time, summed over "
        "workers, cannot. The ratio is of computation."
    )
    return Table("costs", caption, columns, tuple(rows))


def _cost_row(key: str, name: str, both: Both[Any], sizes: Both[Any], show: Callable[[Any], str]) -> Row:
    ratio = sizes.b / sizes.a if sizes.a and sizes.b is not None else None
    return {"what": key, "name": name, "a": show(both.a), "b": show(both.b), "ratio": ratio}


def _work(cost: Cost | None) -> str:
    if cost is None:
        return numbers.NONE
    runs = f"{cost.jobs:,} run{'s' * (cost.jobs != 1)}"
    return f"{numbers.scaled(cost.flops, 'FLOP')}, {runs}, {numbers.duration(cost.seconds)}"


def differing(comparison: Comparison) -> Table:
    """One row per setting, data set, version or machine that differs."""
    called = names(comparison)
    rows: list[Row] = [
        {"area": of.area, "field": of.field, "a": of.value.a, "b": of.value.b} for of in comparison.differing
    ]
    columns = (plain("what", "area"), plain("field", "field"), plain(called.a, "a"), plain(called.b, "b"))
    caption = "Everything that differs; what is not listed is the same. Data are told apart by their hash."
    return Table("differing", caption, columns, tuple(rows))


def runs(comparison: Comparison) -> Table:
    """One row per run."""
    rows: list[Row] = [
        {key: getattr(of, key) for key in RunFacts.__dataclass_fields__}
        for of in (comparison.runs.a, comparison.runs.b)
    ]
    columns = (
        plain("run", "name"),
        plain("folder", "path"),
        plain("base model", "base_model"),
        plain("method", "method"),
        plain("affinities by", "estimator"),
        plain("seed", "seed"),
        plain("verdict", "verdict"),
    )
    return Table("runs", "What the two runs are.", columns, tuple(rows))


def all_tables(comparison: Comparison) -> dict[str, Table]:
    """Every table by name, empty ones too."""
    makers = (runs, correlations, pairs, groupings, company, per_task, costs, differing)
    found = [make(comparison) for make in makers]
    return {table.name: table for table in found}
