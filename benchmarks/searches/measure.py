"""Runs of one method on one case."""

import hashlib
import statistics
import time
from collections.abc import Collection, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.searches.bounds import bounds
from benchmarks.searches.cases import Case
from benchmarks.searches.curves import MOST, points
from benchmarks.searches.lines import Lines
from benchmarks.searches.method import Method
from benchmarks.searches.methods import METHODS, OURS, RANDOM
from benchmarks.searches.oracle import Oracle

ROOT = Path(__file__).parents[2]
OUR_CODE = ("grouping/**/*.py", "affinity/predictors/*.py")
KEY = ("case", "method", "models", "seeds", "code")
DIGITS = 6


def measure_case(
    case: Case, lines: Lines, *, methods: Collection[str] = tuple(METHODS), seeds: int, random_seeds: int
) -> Iterator[dict[str, Any]]:
    """All lines of a case, measured now or before: its bounds and, for every method, runs of one or several budgets."""
    yield lines.measured(
        {"case": case.name, "method": "bounds", "models": 0, "seeds": len(case.tables), "code": ""},
        lambda: {"bounds": [asdict(bounds(case.problem(seed), seed=seed)) for seed in range(len(case.tables))]},
    )
    for name, method in METHODS.items():
        if name not in methods or not method.applies(case.problem(0)):
            continue
        asked = random_seeds if name == RANDOM else seeds if name == OURS else seeds * case.source.seeds * method.seeds
        number = runs(asked, tables=len(case.tables))
        for models in limits(case, name, method):
            fields = {"case": case.name, "method": name, "models": models, "seeds": number}
            yield lines.measured(
                fields | {"code": our_code() if name == OURS else ""},
                lambda method=method, models=models, number=number: measured_runs(case, method, models, number),  # type: ignore[misc]
            )


def limits(case: Case, name: str, method: Method) -> list[int]:
    """Most models of each run: of random groups as many as any efficiency needs, of others the budgets."""
    if name == RANDOM:
        return [min(case.size, int(MOST * case.budgets[-1]))]
    return list(case.budgets[-1:] if method.anytime else case.budgets)


def runs(asked: float, *, tables: int) -> int:
    """As many runs of each table of a case, so that tables weigh alike whatever the method."""
    return tables * max(1, round(asked / tables))


def our_code() -> str:
    """Changes when cotrain's search does: what was measured before does not count then."""
    found = hashlib.sha256()
    for path in sorted(path for pattern in OUR_CODE for path in ROOT.glob(pattern)):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def measured_runs(case: Case, method: Method, models: int, seeds: int) -> dict[str, Any]:
    """Curves of all seeds; of a method that needs a run per budget, the curve of the largest and the ends of others."""
    at = points(models, case.budgets) if method.anytime or models == case.budgets[-1] else [models]
    values, sizes, used, seconds = [], [], [], []
    for seed in range(seeds):
        problem = case.problem(seed)
        oracle = Oracle(problem, models)
        start = time.perf_counter()
        choice_after = method.search(oracle, seed=seed)
        seconds.append(time.perf_counter() - start)
        number = len(oracle.trained)
        found = {n: problem.table.value(choice_after(n)) for n in sorted({min(n, number) for n in at})}
        members = problem.table.rows.members[oracle.trained].sum(axis=1).cumsum()
        values.append([round(found[min(n, number)], DIGITS) for n in at])
        sizes.append([int(members[min(n, number) - 1]) for n in at])
        used.append(number)
    return {"at": at, "values": values, "sizes": sizes, "used": used, "seconds": statistics.median(seconds)}
