"""Tables of what groups do to their members: losing pairs at equal sizes, and shares of an aggregator's steps."""

from collections.abc import Sequence

from reports import numbers
from reports.records import EqualSize, WeightShare
from reports.table import Column, Row, Table, plain
from reports.tables import name_group


def equal_sizes(rows: Sequence[EqualSize]) -> Table:
    """Losing pairs before and after the larger data set was cut to the smaller one's size."""
    found: list[Row] = [{name: getattr(row, name) for name in EqualSize.__dataclass_fields__} for row in rows]
    columns = (
        plain("source", "source"),
        plain("target", "target"),
        Column("examples", lambda row: f"{row['source_examples']:,} to {row['target_examples']:,}", numeric=True),
        Column("gain before", lambda row: numbers.with_error(row["before"], row["before_error"]), numeric=True),
        Column("at equal sizes", lambda row: numbers.with_error(row["after"], row["after_error"]), numeric=True),
        Column(
            "95 % interval of the change",
            lambda row: numbers.interval(row["change_low"], row["change_high"], 3),
            numeric=True,
        ),
        plain("verdict", "verdict"),
        plain("reason", "reason"),
    )
    caption = (
        "Pairs that the affinities hold to be negative transfer, trained again with the source's training split cut to "
        "the target's size. Dominance: the loss vanishes; conflict: it stays. Gains of the target on the select half."
    )
    return Table("equal_sizes", caption, columns, tuple(found))


def weight_shares(rows: Sequence[WeightShare]) -> Table:
    """Shares of the adapter's steps that an aggregator gave to the members of groups."""
    found: list[Row] = [
        {"group": list(row.group), "task": row.task, "share": row.share, "least": row.least, "most": row.most}
        for row in rows
    ]
    columns = (
        Column("group", lambda row: name_group(row["group"])),
        plain("task", "task"),
        plain("mean share", "share", numbers.share, numeric=True),
        plain("least", "least", numbers.share, numeric=True),
        plain("most", "most", numbers.share, numeric=True),
    )
    caption = (
        "Shares of the adapter's steps that the aggregator gave to the members, by the lengths of their weighted "
        "gradients, over parts of the curves."
    )
    return Table("weight_shares", caption, columns, tuple(found))
