"""What looks at groups, before they were trained to the end, told and saved."""

from reports import numbers
from reports.records import EarlyLook
from reports.table import Column, Row, Table, plain
from reports.tables import name_group


def early_table(early: EarlyLook | None) -> Table:
    """One row: how early gains told final ones, and what was left untrained; empty where nothing was looked at."""
    if early is None or not early.looked:
        return Table("early", "", (), ())
    row: Row = {name: getattr(early, name) for name in EarlyLook.__dataclass_fields__} | {
        "saved": early.tokens_saved / early.tokens_whole if early.tokens_whole else None,
        "stopped": len(early.stopped),
    }
    columns = (
        plain("groups", "looked", numbers.count, numeric=True),
        plain("stopped", "stopped", numbers.count, numeric=True),
        plain("training saved", "saved", numbers.share, numeric=True),
        plain("correlation", "correlation", lambda value: numbers.signed(value, 2), numeric=True),
        Column("slope", lambda row: numbers.with_error(row["slope"], row["slope_error"], 2), numeric=True),
        plain("residual", "spread", numbers.number, numeric=True),
        plain("members", "members", numbers.count, numeric=True),
    )
    stopped = f" Stopped: {', '.join(map(name_group, early.stopped))}." if early.stopped else ""
    caption = (
        f"Groups of the search were looked at after {numbers.number(early.passes, 1)} of {early.of_passes} passes of "
        "one run, and those that no better grouping was likely to hold were not trained further. Correlation, slope "
        "and residual spread are those of final gains on early ones, over members of the runs that went to their ends."
        f"{stopped}"
    )
    return Table("early", caption, columns, (row,))
