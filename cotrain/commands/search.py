"""``cotrain search``: the best grouping that a number of trained models can find."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cotrain.commands import flags

RULES = "Rules of every group"


def search(
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="FILE", help="Gains of finished groups: subset,size,<task>,<task>,...",
                     show_default=False),
    ] = None,
    trainer: Annotated[
        str | None,
        typer.Option("--trainer", metavar="CMD", help="A command that trains groups, asked in lines of JSON.",
                     show_default=False),
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option("--tasks", metavar="A,B,C", help="With --trainer: all tasks.", show_default=False),
    ] = None,
    pool: Annotated[
        Path | None,
        typer.Option("--pool", metavar="FILE", help="With --trainer: the groups that it can train, one per line: a+c.",
                     show_default=False),
    ] = None,
    adapters: Annotated[
        int | None,
        typer.Option("--adapters", metavar="K", min=1, help="Most groups, groups of one included; by default no limit.",
                     show_default=False),
    ] = None,
    mode: Annotated[
        Literal["partition", "cover"],
        typer.Option("--mode", help="Disjoint groups, or groups that overlap, of which one serves each task."),
    ] = "partition",
    weights: Annotated[
        str | None,
        typer.Option("--weights", metavar="A=2,B=0.5", help="How much each task's gain counts; by default 1.",
                     show_default=False),
    ] = None,
    floor: Annotated[
        str | None,
        typer.Option("--floor", metavar="X|A=X,B=Y", help="Least gain that a task may have, at most 0: all, or some.",
                     show_default=False),
    ] = None,
    together: Annotated[
        list[str] | None,
        typer.Option("--together", metavar="A,B", help="Tasks that must share an adapter; may be repeated.",
                     show_default=False, rich_help_panel=RULES),
    ] = None,
    apart: Annotated[
        list[str] | None,
        typer.Option("--apart", metavar="A,B", help="Tasks of which no two may share; may be repeated.",
                     show_default=False, rich_help_panel=RULES),
    ] = None,
    alone: Annotated[
        str | None,
        typer.Option("--alone", metavar="A,B", help="Tasks that keep an adapter of their own.",
                     show_default=False, rich_help_panel=RULES),
    ] = None,
    max_tasks: Annotated[
        int | None,
        typer.Option("--max-tasks", metavar="N", min=1, help="Most tasks of one group.",
                     show_default=False, rich_help_panel=RULES),
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", metavar="X", help="Most that the groups may cost together; a group: its tasks.",
                     show_default=False, rich_help_panel=RULES),
    ] = None,
    costs: Annotated[
        Path | None,
        typer.Option("--costs", metavar="FILE", help="With --max-cost: costs of groups, in any unit: subset,cost.",
                     show_default=False, rich_help_panel=RULES),
    ] = None,
    models: Annotated[int, typer.Option("--models", metavar="M", min=0, help="Most models to train.")] = 20,
    confidence: Annotated[
        float | None,
        typer.Option("--confidence", metavar="P", help="Stop earlier, once no better grouping is left so surely.",
                     show_default=False),
    ] = None,
    runs: Annotated[
        int,
        typer.Option("--runs", metavar="N", min=1, help="With --trainer: times to train each group of the answer."),
    ] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the search; sent with every question.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Keep answers here, and go on from them.", show_default=False),
    ] = None,
    add: Annotated[
        str | None,
        typer.Option("--add", metavar="TASK", help="Try a new task in the groups that the search in --out found.",
                     show_default=False),
    ] = None,
    as_json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:  # fmt: skip
    """Find the grouping with the highest sum of gains, training few models: replay a table, or drive a trainer.

    A trainer is started once. It reads a line such as {"tasks": ["a", "c"], "seed": 7} and writes one such as
    {"gains": {"a": 0.1, "c": -0.02}}, gains over each task alone, or {"error": "why"}, until its input closes.
    """
    from cotrain.commands.show import show_searched
    from cotrain.group_search import search_groups
    from cotrain.search_progress import search_progress
    from cotrain.search_settings import Settings, Source

    _require_one(table, trainer, tasks, pool)
    if costs is not None and max_cost is None and add is None:
        from tasks.errors import InputError

        raise InputError("is for --max-cost; say the limit too", place="--costs")
    weighed, floors = _numbers(weights, "--weights"), _floors(floor)
    rules = _rules(together, apart, alone, max_tasks)
    with search_progress(models, trainer=trainer is not None, quiet=quiet or as_json) as say:
        if add is not None:
            folder = _folder(out, tasks)
            limited: dict[str, Any] = {} if max_cost is None else {"max_cost": max_cost}
            limited |= {"runs": runs} if runs > 1 else {}
            _require_kept(add, weighed, rules | ({"floor": floors} if floors else {}) | limited)
            from cotrain.added_task import add_task

            found = add_task(
                add, Source(table=table, trainer=trainer, costs=costs), before=folder, models=models,
                confidence=confidence, weight=weighed.get(add, 1.0), told=say,
            )  # fmt: skip
        else:
            named = () if trainer is None else _names(tasks)
            source = Source(table=table, trainer=trainer, tasks=named, pool=pool, costs=costs)
            settings = Settings(
                adapters=adapters, mode=mode, models=models, seed=seed, confidence=confidence, weights=weighed,
                rules=rules, floors=floors, max_cost=max_cost, runs=runs,
            )  # fmt: skip
            found = search_groups(source, settings, out=out, told=say)
    show_searched(found, as_json=as_json)


def _require_one(table: Path | None, trainer: str | None, tasks: str | None, pool: Path | None) -> None:
    from tasks.errors import InputError

    if (table is None) == (trainer is None):
        came = "none" if table is None else "both"
        raise InputError(f"found {came}; name a table of gains or a trainer", place="--table, --trainer")
    if table is not None and (tasks is not None or pool is not None):
        named = "--pool" if tasks is None else "--tasks"
        raise InputError("is for --trainer; a table holds its own", place=named)


def _floors(floor: str | None) -> dict[str, float]:
    """By task; that of all tasks under an empty name."""
    return _numbers(f"={floor}" if floor and "=" not in floor else floor, "--floor")


def _numbers(text: str | None, place: str) -> dict[str, float]:
    from tasks.errors import InputError

    found: dict[str, float] = {}
    for part in text.split(",") if text else ():
        name, _, number = part.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            raise InputError(
                f"found `{part.lstrip('=')}`; expected a task and a number, such as A=2, joined with `,`", place=place
            ) from None
    return found


def _rules(
    together: list[str] | None, apart: list[str] | None, alone: str | None, max_tasks: int | None
) -> dict[str, Any]:
    """Arguments of the constraints, those that were given."""
    given = {
        "together": [_several(names, "--together") for names in together or ()],
        "apart": [_several(names, "--apart") for names in apart or ()],
        "alone": _split(alone or ""),
        "max_tasks": max_tasks,
    }
    return {name: value for name, value in given.items() if value}


def _several(names: str, place: str) -> list[str]:
    from tasks.errors import InputError

    found = _split(names)
    if len(found) < 2:
        raise InputError(f"found `{names}`; expected two or more tasks, joined with `,`", place=place)
    return found


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _require_kept(task: str, weights: dict[str, float], rules: dict[str, Any]) -> None:
    """A task is added to the search that was: only its own weight is new."""
    from tasks.errors import InputError

    others = [name for name in weights if name != task]
    if others or rules:
        named = "--weights" if others else f"--{next(iter(rules)).replace('_', '-')}"
        raise InputError("those of the search in --out hold; leave it out", place=named)


def _folder(out: Path | None, tasks: str | None) -> Path:
    from tasks.errors import InputError

    if out is None:
        raise InputError("adds to a finished search; name its folder with --out", place="--add")
    if tasks is not None:
        raise InputError(
            "the tasks are those of the search in --out and the one of --add; leave it out", place="--tasks"
        )
    return out


def _names(tasks: str | None) -> tuple[str, ...]:
    from tasks.errors import InputError

    names = tuple(name.strip() for name in tasks.split(",")) if tasks is not None else ()
    if len(names) < 2 or len(set(names)) < len(names) or not all(names) or any("+" in name for name in names):
        found = "nothing" if tasks is None else f"`{tasks}`"
        raise InputError(
            f"found {found}; expected two or more different names, joined with `,` and without `+`", place="--tasks"
        )
    return names
