"""Runs as rows of a table: every task's metric with an interval, and its change against the task alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from affinity.levels import Level, levels, own_level
from affinity.readings import metric_readings
from cotrain.study.arrangements import Arrangements
from cotrain.study.prompted import PromptedTask
from grouping.statistics import delta_intervals, t_interval
from tasks.encoding import EncodedTask
from trainers.runs import Runs

Row = dict[str, Any]
ALONE, TUNED, PAIR, TOGETHER = "alone", "tuned alone", "pair", "all together"


def prompted_name(shots: int) -> str:
    """What a number of shown examples is called."""
    return f"prompted, {shots} shown"


def trained_rows(found: Arrangements, tasks: Mapping[str, EncodedTask]) -> list[Row]:
    """Rows of one base model and method: alone, tuned alone, every pair, all together."""
    runs = found.runs
    alone, shared = levels(runs.references, runs.groups, tasks, split="test")
    scores = {name: _score(of, tasks[name]) for name, of in alone.items()}
    rows = [_row(ALONE, list(tasks), {name: {**scores[name], "change": 0.0} for name in scores})]
    if found.tuned:
        tuned, _ = levels({name: of.runs for name, of in found.tuned.items()}, {}, tasks, split="test")
        members = {
            name: _score(of, tasks[name]) | {"step_size_factor": found.tuned[name].factor} for name, of in tuned.items()
        }
        rows.append(_row(TUNED, list(tasks), members))
    for group in sorted(runs.groups, key=lambda group: (len(group), group)):
        changes = delta_intervals(found.measured[group])
        members = {
            name: _score(shared[name, group], tasks[name])
            | {"change": changes[name].estimate, "change_low": changes[name].low, "change_high": changes[name].high}
            for name in group
            if name in alone
        }
        rows.append(_row(TOGETHER if len(group) == len(tasks) else PAIR, list(group), members))
    return [*rows, *_failed(runs, len(tasks))]


def prompted_rows(
    found: Mapping[tuple[str, int], PromptedTask], tasks: Mapping[str, EncodedTask], *, shots: Sequence[int]
) -> list[Row]:
    """Rows of a base model that was prompted: by words and in writing, with each number of shown examples."""
    rows = []
    for count in shots:
        for how in ("words", "written"):
            members: dict[str, Any] = {}
            for name in tasks:
                of = found.get((name, count))
                if of is None:
                    continue
                runs = of.words if how == "words" else of.written
                score = _score(own_level(metric_readings(runs, tasks[name], split="test")), tasks[name])
                members[name] = score | ({"unanswered": of.unanswered} if how == "written" else {})
            rows.append(_row(f"{prompted_name(count)}, {how}", list(members), members))
    return rows


def _score(of: Level, task: EncodedTask) -> dict[str, Any]:
    """A level in the metric's own unit, with its interval."""
    sign = 1 if task.metric.direction == "maximize" else -1
    found = t_interval(of.value, of.error, of.freedom)
    low, high = sorted((sign * found.low / 100, sign * found.high / 100))
    return {"score": sign * found.estimate / 100, "low": low, "high": high, "runs": of.runs}


def _row(arrangement: str, group: Sequence[str], members: Mapping[str, Any]) -> Row:
    return {"arrangement": arrangement, "group": list(group), "tasks": dict(members), "failed": None}


def _failed(runs: Runs, count: int) -> list[Row]:
    """Rows of what could not be trained, with the reason."""
    found = []
    for group, why in runs.failures.items():
        arrangement = ALONE if len(group) == 1 else TOGETHER if len(group) == count else PAIR
        found.append({**_row(arrangement, list(group), {}), "failed": why})
    return found
