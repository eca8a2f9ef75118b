"""A new task for a grouping that was found before: which group should it join, or none?"""

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from affinity.predictor import Measured
from cotrain.group_search import Opened, Searched, opened
from cotrain.json_text import to_json
from cotrain.run_folder import read_object
from cotrain.search_folder import LEDGER, RESULT, SETTINGS, held, write
from cotrain.search_settings import Settings, Source, require_weights
from grouping.oracles.remembered import Remembered
from grouping.oracles.weighted import Weighted, weighted
from grouping.sequential import search_sequentially
from tasks.errors import InputError
from trainers.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from grouping.partition import Group
    from grouping.sequential import Asked


def add_task(
    task: str,
    source: Source,
    *,
    before: Path,
    models: int,
    confidence: float | None = None,
    weight: float = 1.0,
    told: "Callable[[Asked], None]" = lambda asked: None,
) -> Searched:
    """Tries the task in the groups of a finished search, most promising first, and keeps what the search had trained.

    Only the old groups with the task in them are trained, so it takes at most as many models as there are groups. The
    answer may also leave the task alone, where the cap on adapters allows it, and groups that the search had trained
    may come back: the choice is exact among everything that was trained.

    Args:
        source: Knows the new task too. Its costs are added to those of the search, if that was given any.
        before: Folder of the search; its cap on adapters, mode, seed, weights, rules and limit on costs hold. The new
            answers join its ledger.
        models: Most models to train.
        confidence: Ends it once no better grouping is this likely left; None goes on to the last model.
        weight: Of the new task.

    Raises:
        InputError: If the folder holds no finished search, the task is in it already, or as
            :func:`cotrain.group_search.search_groups`.
    """
    if not (before / RESULT).exists() or not (before / SETTINGS).exists():
        raise InputError("no finished search in this folder; run `cotrain search --out` first", place=str(before))
    settings, result = read_object(before / SETTINGS), read_object(before / RESULT)
    tasks = tuple(settings["tasks"])
    if task in tasks:
        raise InputError(f"`{task}` is one of the tasks of {before} already; name a new one", place="--add")
    everything = (*tasks, task)
    joined = {tuple(sorted([*group, task])) for group in result["groups"]}
    seed = int(settings["seed"])
    weights = settings.get("weights", {}) | ({} if weight == 1 else {task: weight})
    require_weights(weights, everything)
    with ExitStack() as stack:
        stack.enter_context(held(before))
        asked = stack.enter_context(opened(replace(source, tasks=everything), seed=seed))
        if task not in asked.tasks:
            raise InputError(
                f"no task `{task}` in {source.table}; expected the old tasks and the new one", place="--add"
            )
        if asked.pool is not None:
            joined &= set(asked.pool)
        oracle = Remembered(asked.oracle, before / LEDGER, seed, asked.refusals)
        asked_for = Settings(
            adapters=len(everything) if settings["adapters"] is None else int(settings["adapters"]),
            mode=settings["mode"],
            models=models,
            seed=seed,
            confidence=confidence,
            weights=weights,
            rules=settings.get("rules", {}),
            floors=settings.get("floors", {}),
            max_cost=settings.get("max_cost"),
        )
        limit = asked_for.limit(_costs(settings, asked))
        answers = [weighted(of, weights) for of in _answers(before / LEDGER, seed=seed, tasks=tasks)]
        found = search_sequentially(
            Weighted(oracle, weights), everything, adapters=asked_for.adapters or len(everything), mode=asked_for.mode,
            models=models, seed=seed, pool=sorted(joined), measured=answers, constraints=asked_for.constraints(),
            floors=asked_for.weighted_floors(everything), limit=limit,
            confidence=confidence, told=told,
        )  # fmt: skip
        added = Searched(everything, asked_for, found, asked.refusals, oracle.kept, limit)
        write(before / f"with-{task}.json", to_json(added.to_dict()))
    return added


def _costs(settings: "dict[str, Any]", asked: Opened) -> "dict[Group, float] | None":
    """What groups cost: as it was given to the search, and for the new task.

    Raises:
        InputError: If costs are given now and were not before.
    """
    kept = settings.get("costs")
    if kept is None:
        if asked.costs is not None:
            raise InputError("the search in --out was given none; leave it out", place="--costs")
        return None
    return {tuple(name.split("+")): float(cost) for name, cost in kept.items()} | (asked.costs or {})


def _answers(ledger: Path, *, seed: int, tasks: tuple[str, ...]) -> tuple[Measured, ...]:
    """What the search had trained, among its own tasks."""
    found = []
    kept = Ledger(ledger)
    for key, _, _ in kept.finished():
        question, answer = json.loads(key), kept.get(key)
        gains = None if answer is None else json.loads(answer)
        if isinstance(gains, list) and question["seed"] == seed and set(question["tasks"]) <= set(tasks):
            found.append(Measured(group=tuple(question["tasks"]), mean=np.array(gains), error=np.zeros(len(gains))))
    return tuple(found)
