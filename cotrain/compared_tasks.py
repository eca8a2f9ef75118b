"""Shared tasks of two runs: their scores on test, where those are comparable, and which run serves them better."""

from collections.abc import Sequence

import numpy as np

from affinity.both import Both, Difference
from cotrain.compared_run import ComparedRun
from grouping.cross_value import DEFINITION, MISSING, TEST, Valued
from grouping.statistics import t_interval
from reports.comparison import Standing, TaskRow, TaskSide
from reports.records import Recommendation
from tasks.metrics import METRICS

REFUTED = "refuted"


def task_rows(a: ComparedRun, b: ComparedRun, shared: Sequence[str]) -> tuple[TaskRow, ...]:
    """One row per shared task; none where a run has no recommendation."""
    if a.recommendation is None or b.recommendation is None:
        return ()
    both = Both(a.recommendation, b.recommendation)
    names = [name for name in shared if name in both.a.tasks and name in both.b.tasks]
    return tuple(_row(name, a, b, both) for name in names)


def _row(name: str, a: ComparedRun, b: ComparedRun, both: Both[Recommendation]) -> TaskRow:
    sides = Both(_side(name, both.a), _side(name, both.b))
    why_not = _why_not(name, a, b, sides)
    alone, served = None, None
    if not why_not:
        alone = _points(sides.a.metric, sides.a.single, sides.b.single)
        served = _points(sides.a.metric, _served(sides.a, both.a), _served(sides.b, both.b))
    return TaskRow(task=name, sides=sides, comparable=not why_not, why_not=why_not, alone=alone, served=served)


def _side(name: str, of: Recommendation) -> TaskSide:
    row = of.tasks[name]
    return TaskSide(
        metric=row.metric,
        single=row.single,
        grouped=row.grouped,
        delta=row.delta,
        low=row.low,
        high=row.high,
        margin=row.margin,
        verdict=row.verdict,
    )


def _served(side: TaskSide, of: Recommendation) -> float | None:
    """The score in the answer, which is every task alone after a refutation."""
    return side.single if of.verdict == REFUTED else side.grouped


def _why_not(name: str, a: ComparedRun, b: ComparedRun, sides: Both[TaskSide]) -> str:
    """Why scores of a task are not comparable; empty if they are."""
    if sides.a.single is None or sides.b.single is None:
        return "not measured on test in both runs"
    if sides.a.metric != sides.b.metric:
        return "the metrics differ"
    if name in a.tests and name in b.tests:
        return "" if a.tests[name] == b.tests[name] else "the test examples differ"
    field = f"tasks.{name}"
    if field not in a.marks or field not in b.marks:
        return "a folder does not say which data it is of"
    if a.marks[field] == b.marks[field]:
        return ""
    return "the data differ, and a folder does not say whether its test examples do"


def _points(metric: str, a: float | None, b: float | None) -> float | None:
    """By how many points ``b`` is the better score."""
    if a is None or b is None:
        return None
    falls = metric in METRICS and METRICS[metric].direction == "minimize"
    return 100.0 * (b - a) * (-1.0 if falls else 1.0)


def standing(a: ComparedRun, b: ComparedRun, rows: Sequence[TaskRow]) -> Standing:
    """Which answer is better: by scores on the same test examples, else by gains over each run's own tasks alone."""
    points = [row.served for row in rows if row.served is not None]
    gain = Both(_gain(a), _gain(b))
    difference = _gain_difference(gain) if a.tasks == b.tasks else None
    served = _mean(points)
    judged = served if served is not None else difference
    if judged is None:
        better = "not compared"
    elif judged.value == judged.low == judged.high == 0:
        better = "equal"
    elif judged.certain:
        better = "b" if judged.value > 0 else "a"
    else:
        better = "undecided"
    return Standing(
        tasks=len(points),
        served=served,
        higher=Both(sum(value < 0 for value in points), sum(value > 0 for value in points)),
        gain=gain,
        gain_difference=difference,
        better=better,
    )


def _mean(points: Sequence[float]) -> Difference | None:
    """Mean over tasks, with an interval over tasks where there are two or more."""
    if not points:
        return None
    mean = float(np.mean(points))
    if len(points) < 2:
        return Difference(mean)
    error = float(np.std(points, ddof=1)) / np.sqrt(len(points))
    ends = t_interval(mean, float(error), len(points) - 1)
    return Difference(mean, ends.low, ends.high)


def _gain(of: ComparedRun) -> Valued:
    """Of the grouping that was tested, as the run itself has it."""
    found = None if of.recommendation is None else of.recommendation.baselines.get("choice")
    if found is None or found.mean_gain is None:
        return Valued(MISSING)
    if all(len(group) == 1 for group in found.groups):
        return Valued(DEFINITION, 0.0, 0.0, 0.0)
    return Valued(TEST, found.mean_gain, found.mean_gain_low, found.mean_gain_high)


def _gain_difference(gain: Both[Valued]) -> Difference | None:
    """Errors of the two runs count as independent; None where both train every task alone."""
    if gain.a.mean is None or gain.b.mean is None or gain.a.basis == gain.b.basis == DEFINITION:
        return None
    value, one, other = gain.b.mean - gain.a.mean, _half(gain.a), _half(gain.b)
    if one is None or other is None:
        return Difference(value)
    half = float(np.hypot(one, other))
    return Difference(value, value - half, value + half)


def _half(of: Valued) -> float | None:
    return None if of.low is None or of.high is None else (of.high - of.low) / 2
