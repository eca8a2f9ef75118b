"""What a search that counts models found, in words for a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import pandas as pd

from reports.lettering import printable
from reports.numbers import signed
from reports.table import Column, Table, plain
from reports.terminal import ASCII, aligned


@dataclass(frozen=True, kw_only=True)
class SearchedInfo:
    """The answer of a search, ready to be shown."""

    groups: Sequence[Sequence[str]]
    """Members of each group."""
    served: Sequence[Sequence[str]]
    """The tasks that each group serves; its other members help."""
    gains: Mapping[str, float]
    """Measured gain of every task in the group that serves it."""
    value: float
    """Sum of the gains, weighted or not."""
    together: float | None
    """Sum of the gains of all tasks together; None if that was not trained."""
    models: int
    """Questions asked."""
    refused: int
    """Questions whose group could not be trained."""
    resumed: int
    """Questions that an earlier run had asked."""
    stable: bool
    """Whether the search ended because no better grouping was likely any more."""
    weighted: bool = False
    """Whether the value and that of all together are weighted sums; gains never are."""
    cost: float | None = None
    """What the groups cost together; None without a limit."""
    max_cost: float | None = None
    """The limit on that."""
    later: tuple[float, float, float] | None = None
    """The value by second and later runs alone, and its 95 % interval; None without them."""
    again: int = 0
    """Questions about a group that was trained before."""


def searched_text(info: SearchedInfo) -> str:
    """The groups, every task's gain, and what the alternatives are worth."""
    return "\n".join([*aligned(searched_table(info)), "", *searched_sentences(info)]).translate(ASCII)


def searched_sentences(info: SearchedInfo) -> list[str]:
    """What the groups are worth, beside the alternatives, and how many models that took."""
    count = len(info.groups)
    together = "" if info.together is None else f", all together {info.together:+.4f}"
    lines = [
        f"{count} adapter{'s' * (count != 1)} for {len(info.gains)} tasks: the {'weighted ' * info.weighted}gains "
        f"add up to {info.value:+.4f}; every task alone is 0{together}.",
    ]
    if info.later is not None:
        value, low, high = info.later
        lines.append(f"By second and later runs alone it is {value:+.4f} ({low:+.4f} to {high:+.4f}).")
    if info.cost is not None and info.max_cost is not None:
        lines.append(f"They cost {info.cost:.6g} together, of {info.max_cost:.6g}.")
    worse = [task for task, gain in info.gains.items() if gain < 0]
    if worse:
        lines.append(f"Worse than alone: {printable(', '.join(worse))}.")
    trained = info.models - info.refused
    asked = f"{trained} model{'s' * (trained != 1)} trained"
    if info.again:
        asked += f", {info.again} of them groups once more"
    if info.refused:
        asked += f", {info.refused} more asked for that could not be"
    if info.resumed:
        asked += f", {info.resumed} of all in an earlier run"
    if info.stable:
        asked += ", and the search stopped as no better grouping is likely"
    means = ", means over a group's runs" if info.again else ""
    best = "is expected to be" if info.again else "is"
    lines.append(f"{asked}. Gains are measured{means}, and the choice {best} the best among what was trained.")
    return lines


def searched_table(info: SearchedInfo) -> Table:
    """One row per group."""
    rows = [
        {
            "group": number,
            "serves": list(served),
            "gain": sum(info.gains[task] for task in served),
            "helpers": [task for task in group if task not in served],
        }
        for number, (group, served) in enumerate(zip(info.groups, info.served, strict=True), start=1)
    ]
    columns = (
        plain("group", "group", str, numeric=True),
        Column("serves", lambda row: ", ".join(row["serves"])),
        plain("sum of gains", "gain", lambda gain: f"{gain:+.4f}", numeric=True),
        Column("helped by", lambda row: ", ".join(row["helpers"]) or "-"),
    )
    return Table("searched", "The groups that were found, and what each is worth.", columns, tuple(rows))


def served_frame(info: SearchedInfo) -> pd.DataFrame:
    """One row per task, by its name."""
    rows = [
        {
            "task": task,
            "group": number,
            "members": len(group),
            "helpers": [name for name in group if name not in served],
            "gain": info.gains[task],
        }
        for number, (group, served) in enumerate(zip(info.groups, info.served, strict=True), start=1)
        for task in served
    ]
    return pd.DataFrame(rows).set_index("task")


def asked_table(asked: Sequence[Mapping[str, Any]]) -> Table:
    """One row per question, as ``--json`` has them: its group, the sum of its gains, and the best grouping after it."""
    rows = tuple(
        {
            "model": number,
            "group": list(of["group"]),
            "sum": None if of["gains"] is None else sum(of["gains"].values()),
            "gains": of["gains"],
            "best": of["value"] if isfinite(of["value"]) else None,
        }
        for number, of in enumerate(asked, start=1)
    )
    columns = (
        plain("model", "model", numeric=True),
        plain("group", "group"),
        plain("sum of gains", "sum", lambda value: signed(value, 4), numeric=True),
        plain("best grouping so far", "best", lambda value: signed(value, 4), numeric=True),
    )
    return Table("asked", "Groups that were trained; a dash stands where one could not be.", columns, rows)
