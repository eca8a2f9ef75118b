"""The audit's findings and the size of the data, as tables."""

from collections.abc import Mapping
from typing import Any

from reports import numbers
from reports.table import Column, Row, Table, plain

SPLITS = ("train", "stop", "select", "test")
"""Columns of the size table."""


def _rows(audit: Mapping[str, Any] | None, name: str) -> list[Mapping[str, Any]]:
    """The audit's rows under ``name`` that are objects; none where the audit has none."""
    value = (audit or {}).get(name)
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def findings(audit: Mapping[str, Any] | None) -> Table:
    """One row per finding, worst first, as the audit ordered them."""
    rows: list[Row] = [
        {key: row.get(key, "") for key in ("severity", "check", "task", "message")} | {"share": row.get("share")}
        for row in _rows(audit, "findings")
    ]
    columns = (
        plain("severity", "severity"),
        plain("task", "task", lambda task: str(task) if task else "suite"),
        plain("check", "check"),
        plain("finding", "message"),
    )
    caption = "Serious findings make a verdict worthless, warnings can move it, notes are good to know."
    return Table("audit", caption, columns, tuple(rows))


def data(audit: Mapping[str, Any] | None) -> Table:
    """One row per task: rows per split, and what an answer that ignores its input scores."""
    constant = {str(row.get("task")): row for row in _rows(audit, "balance")}
    rows: list[Row] = []
    for row in _rows(audit, "sizes"):
        task = str(row.get("task", ""))
        counts = row.get("rows")
        sizes = {split: counts.get(split) if isinstance(counts, Mapping) else None for split in SPLITS}
        floor = constant.get(task, {})
        rows.append(
            {"task": task, "kind": row.get("kind", ""), **sizes}
            | {
                "metric": floor.get("metric", ""),
                "constant": floor.get("baseline"),
                "detectable": row.get("detectable"),
            }
        )
    columns = (
        plain("task", "task"),
        plain("kind", "kind"),
        *(plain(split, split, numbers.count, numeric=True) for split in SPLITS),
        plain("metric", "metric"),
        plain("constant answer", "constant", numbers.number, numeric=True),
        Column("margin that test can settle", lambda row: numbers.number(row["detectable"], 1), numeric=True),
    )
    caption = (
        "Examples per split; the metric of an answer that ignores its input; and the smallest margin, in points, "
        "that the test split can settle with 90 % power."
    )
    return Table("data", caption, columns, tuple(rows))
