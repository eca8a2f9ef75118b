"""The figures as text and as JSON."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.searches.methods import METHODS, OURS
from benchmarks.searches.summary import CaseFigures, Lost

LISTED = 40
"""Most cases that are printed one by one."""
LOW = 1.5
"""An efficiency below it is not worth much."""
WAYS: Mapping[str, Callable[[CaseFigures, int], str]] = {
    "all": lambda case, budget: "all",
    "family": lambda case, budget: case.family,
    "family and mode": lambda case, budget: f"{case.family}, {case.mode}",
    "mode and adapters": lambda case, budget: f"{case.mode}, {case.adapters} adapters",
    "models": lambda case, budget: f"{budget} models",
}
"""How cases are put together."""


def efficiencies(cases: Iterable[CaseFigures]) -> dict[str, dict[str, dict[str, float]]]:
    """Number of cases, geometric mean and least efficiency, and the share below :data:`LOW`, by every way."""
    found: dict[str, dict[str, list[float]]] = {way: {} for way in WAYS}
    for case in cases:
        for budget, of in case.efficiency.items():
            for way, name in WAYS.items():
                found[way].setdefault(name(case, budget), []).append(of)
    return {
        way: {
            name: {
                "cases": len(of),
                "mean": round(float(np.exp(np.log(of).mean())), 3),
                "least": round(min(of), 3),
                "below 1.5": round(float(np.mean(np.array(of) < LOW)), 3),
            }
            for name, of in groups.items()
        }
        for way, groups in found.items()
    }


def mean_areas(cases: Iterable[CaseFigures]) -> dict[str, dict[str, list[float]]]:
    """Mean areas over models and over sizes, by family and mode and by method."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for case in cases:
        for method, areas in (case.areas or {}).items():
            found.setdefault(f"{case.family}, {case.mode}", {}).setdefault(method, []).append(areas)
    return {
        family: {method: np.mean(of, axis=0).round(3).tolist() for method, of in methods.items()}
        for family, methods in found.items()
    }


def mean_regrets(cases: Iterable[CaseFigures]) -> dict[str, dict[str, float]]:
    """Mean normalised regret over cases and budgets, by family and mode and by method."""
    found: dict[str, dict[str, list[float]]] = {}
    for case in cases:
        for values in case.values.values():
            for method, of in values.items():
                if of.regret is not None:
                    found.setdefault(f"{case.family}, {case.mode}", {}).setdefault(method, []).append(of.regret)
    return {
        family: {method: round(float(np.mean(of)), 3) for method, of in methods.items()}
        for family, methods in found.items()
    }


def text(cases: Sequence[CaseFigures], behind: Sequence[Lost]) -> str:
    """Everything as Markdown."""
    idle = [case.case for case in cases if not case.efficiency]
    parts = ["## Efficiency: models that random groups need, over ours"]
    if idle:
        parts.append(f"Without the {len(idle)} where all together is as good as any choice: {'; '.join(idle)}.")
    for way, groups in efficiencies(cases).items():
        rows = [
            [name, of["cases"], f"{of['mean']:.2f}", f"{of['least']:.2f}", f"{of['below 1.5']:.0%}"]
            for name, of in groups.items()
        ]
        parts.append(_table([way, "cases", "geometric mean", "least", f"below {LOW}"], rows))
    areas, regrets = mean_areas(cases), mean_regrets(cases)
    methods = [name for name in METHODS if any(name in of for of in areas.values())]
    for title, column in (("models", 0), ("sizes of the trained groups", 1)):
        parts.append(f"## Area under the curve over {title}: 0 a usual random grouping, 1 the best")
        rows = [[family, *(_cell(of.get(m), column) for m in methods)] for family, of in areas.items()]
        parts.append(_table(["", *methods], rows))
    parts.append("## Normalised regret, mean over cases and budgets")
    rows = [[family, *(f"{of[m]:.3f}" if m in of else "" for m in methods)] for family, of in regrets.items()]
    parts.append(_table(["", *methods], rows))
    parts.append(f"## Better than {OURS} by more than a standard error: {len(behind)}, largest first")
    rows = [
        [of.case, of.models, of.method, f"{of.more:+.4f}", f"{of.errors:.1f}" if np.isfinite(of.errors) else "sure"]
        for of in behind[:LISTED]
    ]
    parts.append(_table(["case", "models", "method", "more", "standard errors"], rows))
    return "\n\n".join(parts)


def as_json(cases: Sequence[CaseFigures], behind: Sequence[Lost], head: Mapping[str, Any]) -> str:
    """The same and every case, one per line; values are mean, error, regret."""
    found: dict[str, Any] = {
        **head,
        "efficiency": efficiencies(cases),
        "areas": mean_areas(cases),
        "regret": mean_regrets(cases),
    }
    start = json.dumps(found, indent=1)[:-2]
    lines = ",\n".join(json.dumps(_case(case)) for case in cases)
    worse = ",\n".join(json.dumps([of.case, of.models, of.method, _short(of.more), _short(of.errors)]) for of in behind)
    return f'{start},\n "cases": [\n{lines}\n],\n "behind": [\n{worse}\n]\n}}\n'


def _case(case: CaseFigures) -> dict[str, Any]:
    return {
        "case": case.case,
        "family": case.family,
        "size": case.size,
        "best": _short(case.best),
        "ceiling": _short(case.ceiling),
        "usual": _short(case.usual),
        "efficiency": {budget: _short(of) for budget, of in case.efficiency.items()},
        "values": {
            budget: {method: [_short(of.mean), _short(of.error), _short(of.regret)] for method, of in values.items()}
            for budget, values in case.values.items()
        },
    }


def _short(number: float | None) -> float | None:
    return None if number is None or not np.isfinite(number) else float(f"{number:.3g}")


def _cell(areas: Sequence[float] | None, column: int) -> str:
    return "" if areas is None else f"{areas[column]:.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
