"""The study's factors by task and by group."""

from affinity.factors import Factors
from reports import numbers
from reports.table import Column, Row, Table, plain
from reports.tables import name_group


def by_task(factors: Factors | None) -> Table:
    """One row per task that any factor knows; empty where none was measured."""
    found = factors or Factors()
    stability = {of.task: of for of in found.stability or ()}
    sources = {of.task: of.gives for of in (found.complementarity.sources if found.complementarity else ())}
    quality = {of.task: of for of in found.quality or ()}
    rows: list[Row] = []
    for task in dict.fromkeys([*quality, *stability, *sources]):
        steady, gives, data = stability.get(task), sources.get(task), quality.get(task)
        rows.append(
            {
                "task": task,
                "spread": steady.spread if steady else None,
                "spread_low": steady.low if steady else None,
                "spread_high": steady.high if steady else None,
                "seeds": steady.seeds if steady else None,
                "gives": gives.value if gives else None,
                "gives_error": gives.error if gives else None,
                "gives_low": gives.low if gives else None,
                "gives_high": gives.high if gives else None,
                "conflicting": data.conflicting if data else None,
                "seen": data.seen if data else None,
                "seen_elsewhere": data.seen_elsewhere if data else None,
                "majority": data.majority if data else None,
                "truncated": data.truncated if data else None,
            }
        )
    columns = (
        plain("task", "task"),
        plain("spread over partners", "spread", numbers.number, numeric=True),
        Column("95 % interval", lambda row: spread_interval(row["spread_low"], row["spread_high"]), numeric=True),
        plain("spread over seeds", "seeds", numbers.number, numeric=True),
        plain("gives to others", "gives", numbers.signed, numeric=True),
        Column("95 % interval", lambda row: numbers.interval(row["gives_low"], row["gives_high"], 3), numeric=True),
        plain("conflicting labels", "conflicting", numbers.share, numeric=True),
        plain("test rows in train", "seen", numbers.share, numeric=True),
        plain("in another task's train", "seen_elsewhere", numbers.share, numeric=True),
        plain("commonest class", "majority", numbers.share, numeric=True),
        plain("texts cut", "truncated", numbers.share, numeric=True),
    )
    measured = (
        "Spread over partners: how far the task's gains lie apart beyond noise, a standard deviation, which above 0 "
        "means that its result depends on who shares the adapter; over seeds: that of one run. Gives to others: the "
        "mean gain of the targets in a pair with the task. Intervals are for one task at a time. "
    )
    counted = "Shares of rows: as the audit counted them, without an error."
    if not stability and not sources:
        return Table("factors", counted, (columns[0], *columns[6:]), tuple(rows))
    return Table("factors", measured + counted, columns, tuple(rows))


def by_group(factors: Factors | None) -> Table:
    """One row per measured group of three or more."""
    found = factors.complementarity.groups if factors and factors.complementarity else ()
    rows: list[Row] = [
        {
            "size": len(of.group),
            "group": list(of.group),
            "measured": of.measured,
            "predicted": of.predicted,
            "excess": of.excess.value,
        }
        | {"error": of.excess.error, "low": of.excess.low, "high": of.excess.high, "excludes_zero": of.excess.certain}
        for of in found
    ]
    columns = (
        plain("tasks", "size", numbers.count),
        plain("mean gain", "measured", numbers.signed, numeric=True),
        plain("mean of its pairs", "predicted", numbers.signed, numeric=True),
        plain("beyond its pairs", "excess", numbers.signed, numeric=True),
        Column("95 % interval", lambda row: numbers.interval(row["low"], row["high"], 3), numeric=True),
        plain("excludes 0", "excludes_zero"),
        Column("group", lambda row: name_group(row["group"])),  # last, where a long one may wrap
    )
    caption = (
        "Groups of three or more against the mean of their pairs, on the select half. A search trains groups whose "
        "pairs look good, which is partly luck, so a little below 0 is to be expected of them."
    )
    return Table("complementarity", caption, columns, tuple(rows))


def spread_interval(low: float | None, high: float | None) -> str:
    """``0.010 to 0.052``, without a sign, as a spread has none."""
    if not numbers.known(low) or not numbers.known(high):
        return numbers.NONE
    return f"{numbers.number(low)} to {numbers.number(high)}"
