"""From runs to figures: values with errors, regret, efficiency and areas of every case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.searches.cases import Case
from benchmarks.searches.curves import area, efficiency, regret, step_area
from benchmarks.searches.methods import OURS, RANDOM

Array = NDArray[np.float64]

SMALLEST = 1e-5
"""A difference that rounding may have made."""


@dataclass(frozen=True)
class Value:
    """Of one method at one budget.

    Args:
        mean: Mean value over runs.
        error: Its standard error, with the difference between tables of one case taken out.
        regret: See :func:`benchmarks.searches.curves.regret`.
    """

    mean: float
    error: float
    regret: float | None


@dataclass(frozen=True)
class Curve:
    """Mean value of one method after a number of models, 0 the usual random grouping and 1 the best."""

    at: tuple[int, ...]
    mean: tuple[float, ...]


@dataclass(frozen=True)
class CaseFigures:
    """All figures of one case.

    Args:
        best: Value of the exact choice when all is trained; the best of any run where it is not known.
        ceiling: Best value of any grouping, whatever is told.
        usual: Median value of random groupings.
        values: By budget and method.
        efficiency: By budget; none where all together, which every search begins with, is as good as knowing the whole
            table, so that there is nothing to find.
        areas: By method: mean height of its curve over models, and over the sizes of the trained groups; on the scale
            of :class:`Curve`. None where that has no scale.
        curves: By method.
    """

    case: str
    family: str
    mode: str
    adapters: int
    size: int
    best: float
    ceiling: float | None
    usual: float
    values: Mapping[int, Mapping[str, Value]]
    efficiency: Mapping[int, float]
    areas: Mapping[str, tuple[float, float]] | None
    curves: Mapping[str, Curve]


@dataclass(frozen=True)
class Lost:
    """A competitor that is better than cotrain's search by more than a standard error of the difference."""

    case: str
    models: int
    method: str
    more: float
    errors: float
    """``more`` in standard errors."""


def figures_of(case: Case, lines: Sequence[Mapping[str, Any]]) -> CaseFigures:
    """The figures of one case from its lines."""
    tables = len(case.tables)
    limits = next(line["bounds"] for line in lines if line["method"] == "bounds")
    runs = [line for line in lines if line["method"] != "bounds"]
    known = [of["best"] for of in limits]
    seen = [max(max(of) for line in runs for of in line["values"][table::tables]) for table in range(tables)]
    best = np.array([seen[table] if of is None else of for table, of in enumerate(known)])
    usual = float(np.mean([of["usual"] for of in limits]))
    top = float(best.mean())
    values: dict[int, dict[str, Value]] = {budget: {} for budget in case.budgets}
    for line in runs:
        for budget in case.budgets:
            if budget in line["at"] and (line["models"] == budget or _longest(line, runs)):
                column = np.array(line["values"], dtype=np.float64)[:, line["at"].index(budget)]
                values[budget].setdefault(line["method"], value_of(column, best, usual=usual))
                if line["models"] == budget:
                    values[budget][line["method"]] = value_of(column, best, usual=usual)
    random = next(line for line in runs if line["method"] == RANDOM)
    needed = np.array(random["values"]).mean(axis=0).tolist()
    found = {}
    for budget in case.budgets if needed[0] < top - SMALLEST else ():
        own = next(line for line in runs if line["method"] == OURS and line["models"] == budget)
        used = float(np.mean(own["used"]))
        found[budget] = efficiency(random["at"], needed, value=values[budget][OURS].mean, models=used, size=case.size)
    longest = [line for line in runs if _longest(line, runs)]
    scaled = top > usual
    return CaseFigures(
        case=case.name,
        family=case.source.family,
        mode=case.mode,
        adapters=case.adapters,
        size=case.size,
        best=top,
        ceiling=None if None in known else float(np.mean([of["ceiling"] for of in limits])),
        usual=usual,
        values=values,
        efficiency=found,
        areas={line["method"]: _areas(case, line, usual, top) for line in longest} if scaled else None,
        curves={line["method"]: _curve(line, usual, top) for line in longest} if scaled else {},
    )


def lost(cases: Iterable[CaseFigures]) -> list[Lost]:
    """Where cotrain's search is behind, by how many standard errors."""
    found = []
    for case in cases:
        for budget, values in case.values.items():
            own = values[OURS]
            for method, other in values.items():
                more, error = other.mean - own.mean, float(np.hypot(own.error, other.error))
                if method != OURS and more > max(error, SMALLEST):
                    found.append(Lost(case.case, budget, method, more, more / error if error > 0 else np.inf))
    return sorted(found, key=lambda of: (-of.errors, -of.more))


def _longest(line: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the line is the method's run with most models, which alone holds a whole curve."""
    return bool(line["models"] == max(of["models"] for of in runs if of["method"] == line["method"]))


def value_of(column: Array, best: Array, *, usual: float) -> Value:
    """The value of runs, shape ``(R,)``, where the best of the tables, which runs go through in turn, is ``best``.

    The error is of what a run loses against its table's best, as tables differ in what they give.
    """
    away = column - np.resize(best, len(column))
    error = float(away.std(ddof=1) / np.sqrt(len(away))) if len(away) > 1 else 0.0
    mean = float(column.mean())
    return Value(mean, error, regret(mean, best=float(best.mean()), usual=usual))


def _curve(line: Mapping[str, Any], usual: float, best: float) -> Curve:
    mean = (np.array(line["values"]).mean(axis=0) - usual) / (best - usual)
    return Curve(tuple(line["at"]), tuple(mean.tolist()))


def _areas(case: Case, line: Mapping[str, Any], usual: float, best: float) -> tuple[float, float]:
    most, count = case.budgets[-1], len(case.tables[0].rows.tasks)
    curve = _curve(line, usual, best)
    by_size = [
        step_area(sizes, values, start=count, until=most * count / 2)
        for sizes, values in zip(line["sizes"], line["values"], strict=True)
    ]
    return area(curve.at, curve.mean, until=most), (float(np.mean(by_size)) - usual) / (best - usual)
