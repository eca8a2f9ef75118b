"""What ``cotrain search`` searches, and for what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from grouping.constraints import Constraints
    from grouping.cost_limit import CostLimit
    from grouping.partition import Group
    from grouping.solvers.selection import Mode


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where gains come from.

    Args:
        table: A table of gains.
        trainer: A command that trains groups.
        tasks: All tasks, for a trainer.
        pool: File of the groups that a trainer may be asked for.
        costs: File of what groups cost; by default as many units as they have tasks.
    """

    table: Path | None = None
    trainer: str | None = None
    tasks: tuple[str, ...] = ()
    pool: Path | None = None
    costs: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is searched for.

    Args:
        adapters: Most groups of the answer; None for as many as there are tasks.
        mode: Partition or cover.
        models: Most trained models.
        seed: Of the search, and of every question to a trainer.
        confidence: Ends the search once no better grouping is this likely left; None goes on to the last model.
        weights: How much a task's gain counts, above 0; 1 for a task that is not named.
        floors: The least gain with which a task may be served, at most 0; under ``""`` that of all not named.
        rules: What every group must meet: arguments of :meth:`grouping.constraints.Constraints.of`.
        max_cost: The most that the groups of the answer may cost together; None for no limit.
        runs: Times that a trainer is asked about each group of the answer, with different seeds.
    """

    adapters: int | None
    mode: "Mode"
    models: int
    seed: int
    confidence: float | None = None
    weights: "Mapping[str, float]" = field(default_factory=dict)
    rules: "Mapping[str, Any]" = field(default_factory=dict)
    floors: "Mapping[str, float]" = field(default_factory=dict)
    max_cost: float | None = None
    runs: int = 1

    def weighted_floors(self, tasks: Sequence[str]) -> dict[str, float]:
        """The floors on the scale of weighted gains; that of ``""`` is for every task without one."""
        every = dict.fromkeys(tasks, self.floors[""]) if "" in self.floors else {}
        named = {task: floor for task, floor in self.floors.items() if task}
        return {task: floor * self.weights.get(task, 1.0) for task, floor in (every | named).items()}

    def constraints(self) -> "Constraints":
        """The rules, to be asked."""
        from grouping.constraints import Constraints

        return Constraints.of(**self.rules)

    def limit(self, costs: "Mapping[Group, float] | None") -> "CostLimit | None":
        """The limit on costs, to be asked.

        Args:
            costs: Of the groups; None for as many units as they have tasks.

        Raises:
            InputError: If the limit is negative or not finite.
        """
        from grouping.cost_limit import CostLimit

        return None if self.max_cost is None else CostLimit(self.max_cost, costs)


def require_runs(runs: int, source: Source) -> None:
    """Refuses to repeat what answers alike every time.

    Raises:
        InputError: If a table is asked more than once, or a number is below 1.
    """
    if runs < 1:
        raise InputError(f"found {runs}; expected 1 or more", place="--runs")
    if runs > 1 and source.table is not None:
        raise InputError("is for --trainer: a table answers alike every time", place="--runs")


def require_weights(weights: Mapping[str, float], tasks: Sequence[str]) -> None:
    """Refuses weights of unknown tasks, and such as say nothing.

    Raises:
        InputError: Naming the task.
    """
    for task, weight in weights.items():
        if task not in tasks:
            raise InputError(f"no task `{task}`{did_you_mean(task, tasks)}", place="--weights")
        if not 0 < weight < float("inf"):
            raise InputError(f"found {weight:g} for `{task}`; expected a number above 0", place="--weights")
