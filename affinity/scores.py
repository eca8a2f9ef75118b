"""Scores of finished runs, as a user wrote them down: one row per group, member and seed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import InputError, did_you_mean
from tasks.tables import Table
from tasks.tables.numbers import blank, finite, read_numbers, row_places

Group = tuple[str, ...]
SCORE, LOSS = "score", "loss"
COLUMNS = ("group", "task", SCORE, LOSS, "seed")
"""What a file may have: ``score`` or ``loss``; ``seed`` where runs were repeated."""
EXPECTED = "finished runs with the columns group,task,score,seed"


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of every member of every run, singles among them.

    Args:
        tasks: Two or more, sorted.
        runs: By group (a sorted tuple of names) and seed, the members' scores in the group's order.
        lower_is_better: Whether they are losses.
    """

    tasks: tuple[str, ...]
    runs: Mapping[Group, Mapping[int, tuple[float, ...]]]
    lower_is_better: bool = False

    @classmethod
    def read(cls, path: Path, *, lower_is_better: bool = False) -> "Scores":
        """The runs in a file: ``group,task,score,seed``, one row per member of a run.

        ``group`` joins the names of the tasks that shared the run with ``+``; a task's own runs are its references.
        Without ``seed`` every group has one run. A column ``loss`` in place of ``score`` means that lower is better.
        The order of rows says nothing.

        Raises:
            InputError: If the file cannot be read, lacks a task's single or a member of a run, or holds anything else;
                the place is the file and the line.
        """
        return cls.of(read_numbers(path, expected=EXPECTED), lower_is_better=lower_is_better)

    @classmethod
    def of(cls, table: Table, *, lower_is_better: bool = False) -> "Scores":
        """The same of a table that was read.

        Raises:
            InputError: As :meth:`read`.
        """
        score, seeded = _columns(table), "seed" in table.columns
        columns = [table.column(name) for name in ("group", "task", score)]
        seeds = table.column("seed") if seeded else [0] * table.rows
        runs: dict[Group, dict[int, dict[str, float]]] = {}
        seen: dict[tuple[Group, int, str], str] = {}
        for place, joined, task, value, seed in zip(row_places(table), *columns, seeds, strict=True):
            group, name = _group(joined, place), _member(task, joined, place)
            key = (group, _seed(seed, place), name)
            if key in seen:
                of = f"`{name}` in `{'+'.join(group)}`" + (f" with seed {key[1]}" if seeded else "")
                remedy = "keep one" if seeded else "keep one, or tell repeated runs apart by a column `seed`"
                earlier = seen[key].removeprefix(f"{table.name}: ")
                raise InputError(f"{of} stands on {earlier} already; {remedy}", place=place)
            seen[key] = place
            runs.setdefault(group, {}).setdefault(key[1], {})[name] = finite(
                value, place=place, what=f"the {score} of `{name}`"
            )
        _require_whole(runs, table.name, seeded=seeded)
        return cls(
            tasks=tuple(sorted({name for group in runs for name in group})),
            runs={
                group: {seed: tuple(runs[group][seed][name] for name in group) for seed in sorted(runs[group])}
                for group in sorted(runs)
            },
            lower_is_better=lower_is_better or score == LOSS,
        )


def are_scores(columns: Collection[str]) -> bool:
    """Whether a file with these columns is meant as finished runs, with one column misnamed at most."""
    return sum([("group" in columns), ("task" in columns), (SCORE in columns or LOSS in columns)]) >= 2


def _columns(table: Table) -> str:
    """Which of the two names the scores have."""
    found = ", ".join(f"`{column}`" for column in table.columns)
    for name in table.columns:
        if name not in COLUMNS:
            raise InputError(
                f"unknown column `{name}`{did_you_mean(name, COLUMNS)}; expected {EXPECTED}, drop the others",
                place=table.name,
            )
    if SCORE in table.columns and LOSS in table.columns:
        raise InputError(f"found both `{SCORE}` and `{LOSS}`; keep the one to go by", place=table.name)
    score = LOSS if LOSS in table.columns else SCORE
    for name in ("group", "task", score):
        if name not in table.columns:
            raise InputError(f"no column `{name}` among {found}; expected {EXPECTED}", place=table.name)
    return score


def _group(joined: object, place: str) -> Group:
    names = [name.strip() for name in str(joined).split("+")]
    if blank(joined) or not all(names):
        text = "" if blank(joined) else str(joined)
        raise InputError(f"found the group `{text}`; expected names of tasks, joined with `+`", place=place)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"`{twice[0]}` stands twice in `{joined}`; name every task once", place=place)
    return tuple(sorted(names))


def _member(task: object, joined: object, place: str) -> str:
    name, group = "" if blank(task) else str(task).strip(), _group(joined, place)
    if name not in group:
        raise InputError(
            f"`{name}` is no member of `{'+'.join(group)}`{did_you_mean(name, group)}; expected one of its tasks",
            place=place,
        )
    return name


def _seed(cell: object, place: str) -> int:
    if blank(cell):
        raise InputError("the seed is blank; number the runs, or drop the column if there is one each", place=place)
    value = finite(cell, place=place, what="the seed")
    if value != int(value) or abs(value) >= 2**53:
        raise InputError(f"expected a whole number for the seed, but found `{cell}`; number the runs", place=place)
    return int(value)


def _require_whole(runs: Mapping[Group, Mapping[int, Mapping[str, float]]], name: str, *, seeded: bool) -> None:
    """Every run has every member, every task has a run of its own, and something was trained together."""
    for group, of in runs.items():
        for seed, found in of.items():
            missing = [task for task in group if task not in found]
            if missing:
                which = f"the run of `{'+'.join(group)}`" + (f" with seed {seed}" if seeded else "")
                raise InputError(f"{which} has no row for `{missing[0]}`; give every member's score", place=name)
    for task in sorted({task for group in runs for task in group}):
        if (task,) not in runs:
            raise InputError(
                f"`{task}` has no run of its own, and gains are measured against it; add rows with the group `{task}`",
                place=name,
            )
    if all(len(group) == 1 for group in runs):
        raise InputError(
            "no group of two or more tasks, so nothing is known of sharing; add rows of a group such as `a+b`",
            place=name,
        )
