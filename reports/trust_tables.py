"""Tables of what an answer can be trusted for: reruns, who is grouped with whom in them, and why pairs are apart."""

from collections.abc import Sequence
from itertools import combinations

from reports import numbers
from reports.table import Column, Row, Table, plain
from reports.tables import name_group
from reports.trust import ApartPair, Ends, Stable


def apart(pairs: Sequence[ApartPair]) -> Table:
    """One row per pair that is apart, with its reason."""
    rows: list[Row] = [
        {"first": pair.pair[0], "second": pair.pair[1], "reason": pair.reason, "sentence": pair.sentence}
        for pair in pairs
    ]
    columns = (
        plain("task", "first"),
        plain("and task", "second"),
        plain("reason", "reason"),
        plain("figures", "sentence"),
    )
    caption = "Pairs of tasks that do not share an adapter in the answer, each with the first reason that holds."
    return Table("apart", caption, columns, tuple(rows))


def stability(of: Stable | None) -> Table:
    """One row per complete run."""
    rows: list[Row] = []
    for number, run in enumerate(of.runs if of else ()):
        row = {"run": "the answer" if number == 0 else f"rerun {number}", "seed": run.seed, "adapters": run.adapters}
        row |= {"groups": [list(group) for group in run.groups], "rand": run.rand}
        for name in ("own", "others", "behind"):
            ends: Ends = getattr(run, name)
            row |= {name: ends.mean, f"{name}_low": ends.low, f"{name}_high": ends.high}
        rows.append(row)

    def value(label: str, name: str) -> Column:
        def show(row: Row) -> str:
            ends = numbers.interval(row[f"{name}_low"], row[f"{name}_high"], 3)
            return f"{numbers.signed(row[name])} ({ends})"

        return Column(label, show, numeric=True)

    columns = (
        plain("run", "run"),
        Column("groups", lambda row: " ".join(name_group(group) for group in row["groups"])),
        plain("adapters", "adapters", numbers.count, numeric=True),
        plain("adjusted Rand index", "rand", lambda of: numbers.number(of, 2), numeric=True),
        value("mean gain by its own posterior", "own"),
        value("by the other runs'", "others"),
        value("less than their own choices", "behind"),
    )
    caption = (
        "Complete reruns with other seeds on the same data; test was not opened again. Expected mean gains with "
        f"{numbers.LEVEL} intervals; the index is that with the answer, 1 for the same grouping, 0 for chance."
    )
    return Table("stability", caption, columns, tuple(rows), 0 if rows else None)


def co_assignment(of: Stable | None) -> Table:
    """How often each pair of tasks ended in one group, the most frequent first."""
    rows: list[Row] = []
    tasks = of.tasks if of else ()
    for a, b in combinations(range(len(tasks)), 2):
        assert of is not None
        rows.append({"first": tasks[a], "second": tasks[b], "share": of.together[a][b]})
    rows.sort(key=lambda row: (-(row["share"] or 0.0), row["first"], row["second"]))
    columns = (
        plain("task", "first"),
        plain("and task", "second"),
        plain("together in", "share", numbers.share, numeric=True),
    )
    caption = "Share of the complete runs that put two tasks into one group."
    return Table("co_assignment", caption, columns, tuple(rows))
