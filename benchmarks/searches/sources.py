"""Where tables come from: published gains, this project's own, and planted ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.searches.planted import planted
from benchmarks.searches.structures import STRUCTURES
from benchmarks.searches.table import SearchTable
from benchmarks.truth_table import TruthTable
from grouping.gain_table import GainTable

TRUTH = Path(__file__).parents[1] / "results" / "truth.parquet"
BUDGETS = {"first": (4, 2, 1), "second": (4,)}
"""Passes of the truth table's budgets, by set of tasks; those with few passes hold pairs and all together only."""
INSTANCES = 5
"""Planted tables of one structure and size."""
POOLS = {15: 300, 27: 1000, 30: 1000, 60: 3000}
"""Groups that can be trained, by number of tasks."""


@dataclass(frozen=True)
class Source:
    """One or several tables that are measured as one: run ``s`` searches table ``s`` modulo their number."""

    name: str
    family: str
    tables: Callable[[], Sequence[SearchTable]]
    seeds: float = 1.0
    """Runs of other methods than ours and random groups, as a share of those that are asked for."""


def published(folder: Path) -> list[Source]:
    """Every table of the folder that has validation and test gains: told the first, valued on the second."""
    found = []
    for told in sorted(folder.glob("*_val_gain.csv")):
        valued = told.with_name(told.name.replace("_val_", "_test_"))
        name = told.name.removesuffix("_val_gain.csv").removeprefix("standley_")
        found.append(Source(name, "published", partial(_published, told, valued)))
    return found


def _published(told: Path, valued: Path) -> list[SearchTable]:
    choose, report = GainTable.read(told), GainTable.read(valued)
    members = np.array([[task in group for task in choose.tasks] for group in choose.gains])
    return [SearchTable.of(members, _cells(choose, choose.tasks), _cells(report, choose.tasks, like=choose))]


def _cells(table: GainTable, tasks: Sequence[str], *, like: GainTable | None = None) -> NDArray[np.float64]:
    """Gains, shape ``(G, T)``, 0 where a task is no member; groups in the order of ``like``."""
    groups = list((like or table).gains)
    found = np.zeros((len(groups), len(tasks)))
    for row, group in enumerate(groups):
        found[row, [tasks.index(task) for task in group]] = table.gains[group]
    return found


def truth(path: Path = TRUTH) -> list[Source]:
    """Both sets of tasks: told one half of the seeds and valued on the other, both ways, and told and valued on all."""
    found = []
    for name, budgets in BUDGETS.items():
        for passes in budgets:
            family = "truth" if passes == max(budgets) else "truth, pairs only"
            title = f"{name} {passes} passes" if passes > 1 else f"{name} 1 pass"
            for kind in ("halves", "all seeds"):
                tables = partial(_truth, path, name, passes, halves=kind == "halves")
                found.append(Source(f"{title} {kind}", family, tables))
    return found


def _truth(path: Path, name: str, passes: int, *, halves: bool) -> list[SearchTable]:
    table = TruthTable.read(path, name=name, passes=passes)
    if not halves:
        return [SearchTable.of(table.members, table.all, table.all)]
    first, second = (table.gains(*half) for half in table.halves)
    return [SearchTable.of(table.members, first, second), SearchTable.of(table.members, second, first)]


def planted_tables(tasks: int) -> list[Source]:
    """All structures with so many tasks; all groups of a few tasks, a pool of many."""
    seeds = 0.5 if tasks <= 6 else 0.25
    return [
        Source(f"{name} of {tasks}", f"planted {tasks}", partial(_planted, name, tasks), seeds) for name in STRUCTURES
    ]


def _planted(structure: str, tasks: int) -> list[SearchTable]:
    return [planted(structure, tasks=tasks, seed=seed, pool=POOLS.get(tasks)) for seed in range(INSTANCES)]
