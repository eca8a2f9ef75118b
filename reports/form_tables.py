"""The chosen groups in every form that was tried, and what that says in sentences."""

from collections.abc import Sequence

from reports import numbers
from reports.lettering import printable
from reports.records import FormTried, Recommendation
from reports.table import Column, Row, Table, plain
from reports.tables import name_group
from reports.words import listed
from trainers.forms.helped import helpers_named


def forms(rows: Sequence[FormTried]) -> Table:
    """One row per group and form, the shared one first."""
    names = [name for name in FormTried.__dataclass_fields__ if name != "group"]
    found: list[Row] = [{"group": list(row.group), **{name: getattr(row, name) for name in names}} for row in rows]
    columns = (
        Column("group", lambda row: name_group(row["group"])),
        plain("form", "form"),
        plain("mean gain", "mean_gain", numbers.signed, numeric=True),
        Column(
            "95 % interval", lambda row: numbers.interval(row["mean_gain_low"], row["mean_gain_high"], 3), numeric=True
        ),
        plain("over shared", "over_shared", numbers.signed, numeric=True),
        Column(
            "its 95 % interval",
            lambda row: numbers.interval(row["over_shared_low"], row["over_shared_high"], 3),
            numeric=True,
        ),
        plain("keeps margins", "keeps_margins"),
        plain("adapters served", "adapters", numbers.count, numeric=True),
        plain("weights trained", "trained_weights", numbers.count, numeric=True),
        Column("stored", lambda row: numbers.scaled(row["stored_bytes"], "B"), numeric=True),
        Column(
            "training",
            lambda row: numbers.scaled(row["cost"].flops, "FLOP") if row["cost"] else numbers.NONE,
            numeric=True,
        ),
        plain("why", "reason"),
    )
    caption = (
        "The chosen groups in every form that was tried, on the select half: mean gain over members against their "
        "references, and over the shared form in paired runs. Merged forms (mean, ties, dare) train nothing for the "
        "group; private ones are served as one adapter per task. Weights and bytes are without heads; training is of "
        "all seeds."
    )
    return Table("forms", caption, columns, tuple(found))


def forms_sentences(recommendation: Recommendation, tried: Sequence[FormTried] = ()) -> str:
    """Which groups are not one shared adapter, and merges that would do without training; empty if none was tried.

    Args:
        tried: All forms; without them, only the choice is said.
    """
    found = recommendation.forms
    if found is None:
        return ""
    others = [
        f"{printable(group)} as {printable(str(of['name']))}"
        for group, of in found.items()
        if of["name"] not in ("shared", "helped")
    ]
    lines = [f"In another form than one shared adapter: {'; '.join(others)}."] if others else []
    helped = [
        f"{name_group(key.split('+'))} by {listed(list(map(printable, helpers_named(of))))}"
        for key, of in found.items()
        if of["name"] == "helped"
    ]
    if helped:
        lines.append(f"Groups overlap: trained with the help of tasks that other groups serve are {'; '.join(helped)}.")
    if not others and not helped:
        lines.append("No other form of a group beats one shared adapter by its lower bound.")
    free = [row for row in tried if not row.trains and row.keeps_margins and not row.chosen]
    if free:
        merged = ", ".join(f"{name_group(row.group)} by {printable(row.form)}" for row in free)
        lines.append(f"Merged without training, and within every margin on the select half: {merged}.")
    return " ".join(lines)
