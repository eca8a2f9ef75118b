"""``cotrain search``: from a table of gains or somebody's own trainer to the best grouping that few models can find."""

import logging
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cotrain.json_text import to_json
from cotrain.search_folder import LEDGER, RESULT, STUDY, plain, settled, write
from cotrain.search_settings import Settings, Source, require_runs, require_weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from affinity.predictor import Measured
    from grouping.cost_limit import CostLimit
    from grouping.oracle import GroupOracle
    from grouping.partition import Group
    from grouping.sequential import Asked, Found
    from grouping.statistics import Interval
    from reports.searched import SearchedInfo
    from reports.table import Table

LOG = logging.getLogger("cotrain.search")


@dataclass(frozen=True, eq=False, repr=False)
class Searched:
    """The answer of a search.

    Args:
        tasks: In the order of the table's columns, or as they were given.
        settings: As asked for, with the number of adapters filled in.
        found: The choice and its evidence.
        refusals: The trainer's reasons for groups that could not be trained, of this run.
        resumed: Questions that an earlier run in the same folder had asked.
        limit: On what the groups cost together.
    """

    tasks: tuple[str, ...]
    settings: Settings
    found: "Found"
    refusals: "dict[Group, str]"
    resumed: int
    limit: "CostLimit | None" = None

    @property
    def cost(self) -> float | None:
        """What the groups cost together; None without a limit."""
        return None if self.limit is None else sum(map(self.limit.of, self.found.cover.groups))

    def to_dict(self) -> dict[str, Any]:
        """The object of ``--json``."""
        found, cover = self.found, self.found.cover
        together = found.measured.get(tuple(sorted(self.tasks)))
        serving = [cover.groups[cover.served_by[task]] for task in self.tasks]
        return {
            "schema": 1,
            "groups": [list(group) for group in cover.groups],
            "served_by": {task: cover.served_by[task] for task in self.tasks},
            "models": len(found.asked),
            "stable": found.stable,
            "value": found.value,
            "mode": self.settings.mode,
            "adapters": self.settings.adapters,
            "weights": dict(self.settings.weights),
            "max_cost": self.settings.max_cost,
            "cost": self.cost,
            "gains": {t: self.gain(t, group) for t, group in zip(self.tasks, serving, strict=True)},
            "baselines": {"single": 0.0, "together": None if together is None else float(together.mean.sum())},
            "asked": [
                {
                    "group": list(of.step.group),
                    "run": of.step.run,
                    "gains": None if of.answer is None else self._gains(of.answer),
                    "predicted": of.step.predicted,
                    "predicted_error": of.step.error,
                    "chance": of.step.chance,
                    "value": of.value,
                }
                for of in found.asked
            ],
            "refused": {
                "+".join(of.step.group): self.refusals.get(of.step.group, "") for of in found.asked if of.answer is None
            },
            **self._repeated(),
        }

    def _repeated(self) -> dict[str, Any]:
        """How often groups of the answer were trained, and what it is worth by all but their first runs."""
        if self.settings.runs == 1:
            return {}
        runs, later = self.found.runs, self.later
        return {
            "runs": [runs.number(group) for group in self.found.cover.groups],
            "later": None if later is None else {"value": later.estimate, "low": later.low, "high": later.high},
        }

    @property
    def later(self) -> "Interval | None":
        """The value by second and later runs of the groups alone, with a 95 % interval; None without them."""
        return self.found.runs.later(self.found.cover) if self.settings.runs > 1 else None

    @property
    def groups(self) -> "tuple[Group, ...]":
        """Members of each group that was found."""
        return self.found.cover.groups

    @property
    def value(self) -> float:
        """Sum of the tasks' gains, weighted if that was asked for."""
        return self.found.value

    @property
    def asked(self) -> "Table":
        """One row per group that was trained, or tried, in order."""
        from reports.searched import asked_table

        return asked_table(self.to_dict()["asked"])

    def to_frame(self) -> "pd.DataFrame":
        """One row per task, by its name: the number of the group that serves it, from 1, its helpers, and its gain."""
        from reports.searched import served_frame

        return served_frame(self.info)

    def __repr__(self) -> str:
        """For interpreters: what the command prints."""
        from reports.searched import searched_text

        return searched_text(self.info)

    def _repr_html_(self) -> str:
        """For notebooks: the groups, what they are worth, and what was trained on the way."""
        from reports.notebook import as_html, folded
        from reports.searched import searched_sentences, searched_table

        asked = folded("groups that were trained", self.asked._repr_html_())
        return as_html([searched_table(self.info), *searched_sentences(self.info)]) + asked

    @property
    def info(self) -> "SearchedInfo":
        """The answer as reports show it."""
        from reports.searched import SearchedInfo

        content, cover = self.to_dict(), self.found.cover
        return SearchedInfo(
            groups=cover.groups,
            served=cover.served,
            gains=content["gains"],
            value=content["value"],
            together=content["baselines"]["together"],
            models=content["models"],
            refused=sum(of.answer is None for of in self.found.asked),
            resumed=self.resumed,
            stable=self.found.stable,
            weighted=bool(content["weights"]),
            cost=content["cost"],
            max_cost=content["max_cost"],
            later=None if self.later is None else (self.later.estimate, self.later.low, self.later.high),
            again=sum(of.step.run > 0 for of in self.found.asked),
        )

    def gain(self, task: str, group: "Group") -> float:
        """The measured gain of a task in a trained group, whatever its weight; 0 alone."""
        return 0.0 if len(group) == 1 else self._gains(self.found.measured[group])[task]

    def _gains(self, answer: "Measured") -> dict[str, float]:
        weights = self.settings.weights
        return {
            task: float(gain) / weights.get(task, 1.0) for task, gain in zip(answer.group, answer.mean, strict=True)
        }


@dataclass(frozen=True, eq=False)
class Opened:
    """A source that can be asked.

    Args:
        tasks: All tasks.
        oracle: Answers.
        pool: The groups that may be asked for; None allows all.
        refusals: Groups that could not be trained, with the reason; filled as they are asked for.
        costs: What groups cost; None for as many units as they have tasks.
    """

    tasks: tuple[str, ...]
    oracle: "GroupOracle"
    pool: "tuple[Group, ...] | None"
    refusals: "dict[Group, str]"
    costs: "dict[Group, float] | None" = None


@contextmanager
def opened(source: Source, *, seed: int) -> "Iterator[Opened]":
    """Reads the table, or starts the trainer and ends it at the end.

    Raises:
        InputError: If a file is wrong or the trainer cannot be started.
    """
    from grouping.gain_table import GainTable
    from grouping.group_costs import read_costs
    from grouping.oracles.command import CommandOracle
    from grouping.oracles.table import TableOracle
    from grouping.pool import read_pool

    if source.table is not None:
        oracle = TableOracle(GainTable.read(source.table))
        costs = None if source.costs is None else read_costs(source.costs, oracle.table.tasks)
        yield Opened(oracle.table.tasks, oracle, oracle.pool, {}, costs)
        return
    costs = None if source.costs is None else read_costs(source.costs, source.tasks)
    pool = None if source.pool is None else read_pool(source.pool, source.tasks)
    with CommandOracle(source.trainer or "", source.tasks, seed=seed) as command:
        yield Opened(source.tasks, command, pool, command.refusals, costs)


def logged(told: "Callable[[Asked], None]") -> "Callable[[Asked], None]":
    """The same, and why each group was asked for."""

    def hear(asked: "Asked") -> None:
        step = asked.step
        group = "+".join(step.group)
        if step.run:
            LOG.info("search: %s was trained once more, as a group of the choice", group)
        elif step.proposal is None:
            LOG.info("search: %s was trained, as nothing is known before", group)
        else:
            LOG.info(
                "search: %s was trained for %s, which was expected to be worth %+.4f +/- %.4f; some grouping was "
                "better than the choice with probability %.2f", group, step.proposal, step.predicted, step.error,
                step.chance,
            )  # fmt: skip
        told(asked)

    return hear


def search_groups(
    source: Source, settings: Settings, *, out: Path | None, told: "Callable[[Asked], None]" = lambda asked: None
) -> Searched:
    """Searches, and remembers every answer in ``out``, so that the same call goes on where it was.

    Args:
        out: Folder of the ledger of answers, the Optuna studies and the result; None writes nothing.
        told: Called after every answer.

    Raises:
        InputError: If the source is wrong or fails, the settings cannot be met, or ``out`` holds another search.
    """
    from grouping.oracles.remembered import Remembered
    from grouping.oracles.weighted import Weighted
    from grouping.search_record import record_search
    from grouping.sequential import search_sequentially

    require_runs(settings.runs, source)
    with ExitStack() as stack:
        asked = stack.enter_context(opened(source, seed=settings.seed))
        require_weights(settings.weights, asked.tasks)
        limit = settings.limit(asked.costs)
        oracle, remembered = asked.oracle, None
        if out is not None:
            stack.enter_context(settled(out, plain(source, settings, asked.tasks, asked.pool, asked.costs)))
            oracle = remembered = Remembered(asked.oracle, out / LEDGER, settings.seed, asked.refusals)
            told = stack.enter_context(record_search(out / STUDY, asked.tasks, told))
        told = logged(told)
        adapters = len(asked.tasks) if settings.adapters is None else settings.adapters
        LOG.info(
            "search: %d tasks, at most %d adapters, %s; %s groups can be trained, at most %d are", len(asked.tasks),
            adapters, settings.mode, "all" if asked.pool is None else len(asked.pool), settings.models,
        )  # fmt: skip
        found = search_sequentially(
            Weighted(oracle, settings.weights), asked.tasks, adapters=adapters, mode=settings.mode,
            models=settings.models, seed=settings.seed, pool=asked.pool, constraints=settings.constraints(),
            floors=settings.weighted_floors(asked.tasks), limit=limit, confidence=settings.confidence,
            runs=settings.runs, told=told,
        )  # fmt: skip
        resumed = 0 if remembered is None else remembered.kept
        result = Searched(asked.tasks, replace(settings, adapters=adapters), found, asked.refusals, resumed, limit)
        if out is not None:
            write(out / RESULT, to_json(result.to_dict()))
    return result
