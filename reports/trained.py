"""What finished runs recommend: the groups among those that were trained, in sentences and as a table."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports import numbers
from reports.heatmap import NORMAL_95
from reports.records import Group
from reports.table import Column, Row, Table, plain
from reports.tables import name_group
from reports.terminal import ASCII, aligned
from reports.words import describe_groups, many


@dataclass(frozen=True, kw_only=True)
class Served:
    """One task in the group that serves it; 0 without errors for a task that is alone."""

    group: int
    """Number of its group, from 1."""
    measured: float
    """Its gain as it was measured."""
    measured_error: float | None
    """Its standard error; None if the table says nothing of errors."""
    predicted: float
    """Its expected gain: what the measured one is worth beside all others."""
    predicted_error: float | None
    """Its standard error; None if the table says nothing of errors."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the expected gain; None without an error."""
        if self.predicted_error is None:
            return None
        half = NORMAL_95 * self.predicted_error
        return self.predicted - half, self.predicted + half


@dataclass(frozen=True, kw_only=True)
class Untrained:
    """A grouping that is expected to beat the choice, once it is trained."""

    groups: tuple[Group, ...]
    missing: tuple[Group, ...]
    """Its groups that were not trained."""
    mean_gain: float
    """Expected mean gain."""
    error: float
    """Standard error of the mean gain."""
    chance: float | None
    """Probability that it beats the choice; None without a choice."""


@dataclass(frozen=True, kw_only=True)
class TrainedInfo:
    """The recommendation of finished runs."""

    groups: tuple[Group, ...] | None
    """The best grouping that was trained; None if there is none to recommend."""
    tasks: Mapping[str, Served]
    """By task; empty without groups."""
    mean_gain: float | None
    """Expected mean gain over all tasks; 0 is training each alone."""
    bound: float | None
    """Its lower bound, by which the groups were chosen; None where errors are not known."""
    confidence: float
    """One-sided confidence of the bound."""
    together: float | None
    """Expected mean gain of all tasks together, where that was trained."""
    better: Untrained | None
    """What to train next."""
    remarks: tuple[str, ...]
    """What a reader must know of the errors, or why no groups are recommended."""


def trained_table(info: TrainedInfo) -> Table:
    """One row per task, group by group."""
    rows: list[Row] = []
    for number, group in enumerate(info.groups or (), start=1):
        for task in group:
            of = info.tasks[task]
            row = {"task": task, "group": number if len(group) > 1 else None, "alone": len(group) == 1}
            rows.append(
                row | {key: getattr(of, key) for key in (*Served.__dataclass_fields__, "interval") if key != "group"}
            )
    columns = (
        plain("task", "task"),
        Column("group", lambda row: "alone" if row["alone"] else str(row["group"]), numeric=True),
        Column("measured gain", lambda row: _gain(row, row["measured"], row["measured_error"]), numeric=True),
        Column("expected gain", lambda row: _gain(row, row["predicted"], None), numeric=True),
        Column("95 % interval", _interval, numeric=True),
    )
    caption = "Gains are on the table's own scale; 0 is the task alone, above 0 the group helps."
    return Table("trained", caption, columns, tuple(rows))


def _interval(row: Row) -> str:
    if row["alone"] or row["interval"] is None:
        return numbers.NONE
    low, high = row["interval"]
    return numbers.interval(low, high, 3)


def _gain(row: Row, value: float, error: float | None) -> str:
    return "0" if row["alone"] else numbers.with_error(value, error)


def trained_sentences(info: TrainedInfo) -> list[str]:
    """The recommendation, what it is expected to bring, and what to train next."""
    said = []
    if info.groups is not None:
        tasks = sum(map(len, info.groups))
        how = describe_groups(info.groups)
        if all(len(group) == 1 for group in info.groups):
            said.append(
                f"Recommended: train each of the {tasks} tasks alone; no group that was trained is surely better."
            )
        else:
            said.append(
                f"Recommended, of what was trained: {many(len(info.groups), 'adapter')} for {tasks} tasks: {how}."
            )
            others = "every task alone has 0"
            if info.together is not None and len(info.groups) > 1:
                others += f", all together {numbers.signed(info.together)}"
            level = f" ({numbers.share(info.confidence)} one-sided)"
            bound = "" if info.bound is None else f", lower bound {numbers.signed(info.bound)}{level}"
            said.append(f"Expected mean gain {numbers.signed(info.mean_gain)}{bound}; {others}.")
    following = [] if info.better is None else [_next(info.better)]
    return [*said, *following, *info.remarks] if said else [*info.remarks, *following]


def _next(better: Untrained) -> str:
    missing = " and ".join(name_group(group) for group in better.missing)
    against = "" if better.chance is None else f", and to beat the choice with probability {better.chance:.2f}"
    return (
        f"Worth training next: {missing}. {describe_groups(better.groups)} is expected to have a mean gain of "
        f"{numbers.with_error(better.mean_gain, better.error)}{against}; that is predicted, not measured."
    )


def trained_text(info: TrainedInfo) -> str:
    """Everything for a terminal, in ASCII."""
    blocks = trained_blocks(info)
    return "\n".join(of if isinstance(of, str) else "\n".join(aligned(of)) for of in blocks).translate(ASCII)


def trained_blocks(info: TrainedInfo) -> list[str | Table]:
    """The recommendation, its table if a group is shared, and everything else."""
    shared = any(len(group) > 1 for group in info.groups or ())
    sentences = trained_sentences(info)
    first = [sentences[0]] if info.groups is not None else []
    return [*first, *([trained_table(info)] if shared else []), *sentences[len(first) :]]
