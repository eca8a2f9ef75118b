"""The functions that train nothing themselves: groups of finished runs, and the search on a table or a trainer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cotrain.progress import Progress, progress_by_default

if TYPE_CHECKING:
    from cotrain.finished import Finished
    from cotrain.group_search import Searched
    from grouping.sequential import Asked
    from grouping.solvers.selection import Mode


def from_scores(
    file: Path | str, *, adapters: int | None = None, lower_is_better: bool = False, out: Path | str | None = None
) -> "Finished":
    """Affinities and the best grouping of runs that were finished elsewhere: ``cotrain heatmap --from FILE``.

    Args:
        file: Finished runs (group,task,score,seed) or gains (subset,size,<task>,...).
        adapters: Most groups; a task alone counts. As many as there are tasks by default.
        lower_is_better: Whether scores are losses.
        out: Where the matrix, the groups and the heatmap are written; None writes nothing.

    Returns:
        ``matrix``, ``groups``, ``to_frame()`` and, as ``--json`` has it, ``to_dict()``.

    Raises:
        InputError: If the file is none of these; for a matrix there is :meth:`affinity.matrix.AffinityMatrix.load`.
        ValueError: If `adapters` is below 1.
    """
    from affinity.matrix import AffinityMatrix
    from cotrain.finished import recommend_trained
    from cotrain.given import read_given
    from tasks.errors import InputError

    if adapters is not None and adapters < 1:
        raise ValueError(f"Expected `adapters` of 1 or more, but got {adapters}.")
    found = read_given(Path(file), lower_is_better=lower_is_better)
    if isinstance(found, AffinityMatrix):
        raise InputError("holds a matrix and no runs; AffinityMatrix.load reads it", place=str(file))
    return recommend_trained(found, out=None if out is None else Path(out), max_adapters=adapters)


def search(
    table: Path | str | None = None,
    *,
    trainer: str | None = None,
    tasks: Sequence[str] = (),
    pool: Path | str | None = None,
    adapters: int | None = None,
    mode: "Mode" = "partition",
    models: int = 20,
    seed: int = 0,
    confidence: float | None = None,
    weights: Mapping[str, float] | None = None,
    floors: Mapping[str, float] | float | None = None,
    together: Sequence[Sequence[str]] = (),
    apart: Sequence[Sequence[str]] = (),
    alone: Sequence[str] = (),
    max_tasks: int | None = None,
    max_cost: float | None = None,
    costs: Path | str | None = None,
    runs: int = 1,
    out: Path | str | None = None,
    progress: Progress | None = None,
) -> "Searched":
    """The grouping with the highest sum of gains, training few models: ``cotrain search``.

    Args:
        table: Gains of finished groups (subset,size,<task>,...), of which the search sees those that it asks for.
        trainer: In its place, a command that trains groups, asked in lines of JSON.
        tasks: All tasks, for a trainer.
        pool: The groups that a trainer can train, one per line.
        adapters: Most groups, groups of one included; as many as there are tasks by default.
        mode: Disjoint groups, or a ``cover`` of groups that overlap, of which one serves each task.
        models: Most groups to train.
        seed: Of the search, and of every question to a trainer.
        confidence: Ends the search earlier, once no better grouping is left so surely.
        weights: How much a task's gain counts; 1 for a task that is not named.
        floors: The least gain that a task may have, at most 0: of all, or by name.
        together: Tasks that must share an adapter; several sets.
        apart: Tasks of which no two may share; several sets.
        alone: Tasks that keep an adapter of their own.
        max_tasks: Most tasks of one group.
        max_cost: The most that the groups may cost together.
        costs: With it, a file of what groups cost: subset,cost.
        runs: Times to ask a trainer about each group of the answer, with different seeds; all of them count.
        out: A folder that keeps answers, from which the same call goes on; None keeps none.
        progress: Where progress is shown; by default in a notebook's cell, and nowhere elsewhere.

    Returns:
        ``groups``, ``value``, ``asked``, ``to_frame()`` and, as ``--json`` has it, ``to_dict()``.

    Raises:
        InputError: If the source is wrong or fails, the settings cannot be met, or ``out`` holds another search.
        ValueError: If both or none of `table` and `trainer` are given, or an argument is of another form.
    """
    from cotrain.group_search import search_groups
    from cotrain.search_settings import Settings, Source

    if (table is None) == (trainer is None):
        raise ValueError("Expected a table of gains or a trainer, but got both or none.")
    if mode not in ("partition", "cover"):
        raise ValueError(f"Expected `mode` to be partition or cover, but got {mode!r}.")
    if models < 0:
        raise ValueError(f"Expected `models` of 0 or more, but got {models}.")
    for name, sets in (("together", together), ("apart", apart)):
        if isinstance(sets, str) or any(isinstance(of, str) for of in sets):
            raise ValueError(f"Expected `{name}` to hold sets of tasks, such as [('a', 'b')], but got {sets!r}.")
    if isinstance(alone, str):
        raise ValueError(f"Expected `alone` to hold names of tasks, such as ['a'], but got {alone!r}.")
    rules = {"together": together, "apart": apart, "alone": alone, "max_tasks": max_tasks}
    settings = Settings(
        adapters=adapters,
        mode=mode,
        models=models,
        seed=seed,
        confidence=confidence,
        weights=dict(weights or {}),
        rules={name: _lists(rule) for name, rule in rules.items() if rule},
        floors=dict(floors) if isinstance(floors, Mapping) else {} if floors is None else {"": floors},
        max_cost=max_cost,
        runs=runs,
    )
    source = Source(table=_path(table), trainer=trainer, tasks=tuple(tasks), pool=_path(pool), costs=_path(costs))
    shown = progress or progress_by_default()
    with shown, shown.phase("search", models) as phase:

        def told(asked: "Asked") -> None:
            phase.advance(1, "+".join(asked.step.group))

        return search_groups(source, settings, out=_path(out), told=told)


def _path(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)


def _lists(rule: Any) -> Any:
    """Rules as a file of settings has them: lists of lists, not tuples."""
    return rule if isinstance(rule, int | str) else [_lists(of) for of in rule]
